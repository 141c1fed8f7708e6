"""Random operations that only move elements."""

from __future__ import annotations

from tests.kernels.ingredients import Case, Rng, chance, image, integer, quantization, values
from tests.tflite_builder import TfliteBuilder


def _shape(rng: Rng) -> tuple[int, ...]:
    """2 to 4 axes, batch first."""
    return image(rng, 20) if chance(rng, 0.6) else (1, *(integer(rng, 1, 15) for _ in range(integer(rng, 1, 3))))


def _axis(rng: Rng, rank: int) -> int:
    """Any but the batch, counted from the front or from the back."""
    axis = integer(rng, 1, rank - 1)
    return axis - rank if chance(rng, 0.4) else axis


def concatenation(rng: Rng) -> Case:
    shape, given = list(_shape(rng)), quantization(rng)
    axis = _axis(rng, len(shape))
    b, data = TfliteBuilder(), []
    tensors = []
    for _ in range(integer(rng, 1, 10) if chance(rng, 0.3) else 2):
        shape[axis] = integer(rng, 1, 9)
        tensors.append(b.input(shape, given))
        data.append(values(rng, tuple(shape)))
    return Case(b.build(b.concatenation(tensors, axis)), tuple(data))


def split(rng: Rng) -> Case:
    shape, parts = list(_shape(rng)), integer(rng, 1, 5)
    axis = _axis(rng, len(shape))
    shape[axis] = parts * integer(rng, 1, 6)
    b = TfliteBuilder()
    return Case(b.build(*b.split(b.input(shape, quantization(rng)), axis, parts)), (values(rng, tuple(shape)),))


def _ends(rng: Rng, size: int) -> tuple[int, int, int, bool, bool]:
    """(begin, end, stride, begin masked, end masked) that take at least one of `size` elements."""
    while True:
        begin, end = (integer(rng, -size - 2, size + 2) for _ in range(2))
        stride = integer(rng, 1, 3) if chance(rng, 0.7) else -integer(rng, 1, 3)
        masks = chance(rng, 0.3), chance(rng, 0.3)
        if range(size)[None if masks[0] else begin : None if masks[1] else end : stride]:
            return begin, end, stride, *masks


def strided_slice(rng: Rng) -> Case:
    shape = _shape(rng)
    rows, shrunk = [_ends(rng, size) for size in shape], 0
    for axis in range(1, len(shape)):
        if chance(rng, 0.15):
            shrunk |= 1 << axis
            rows[axis] = integer(rng, -shape[axis], shape[axis] - 1), integer(rng, -3, 3), 1, chance(rng, 0.2), False
    masks = [sum(1 << axis for axis, row in enumerate(rows) if row[which]) for which in (3, 4)]
    begins, ends, strides = ([row[which] for row in rows] for which in (0, 1, 2))
    b = TfliteBuilder()
    y = b.strided_slice(b.input(shape, quantization(rng)), begins, ends, strides, *masks, shrunk)
    return Case(b.build(y), (values(rng, shape),))


def resize_nearest_neighbor(rng: Rng) -> Case:
    shape = image(rng, 20)
    size = tuple(
        axis * integer(rng, 1, 3) if chance(rng, 0.4) else integer(rng, 1, 60 if chance(rng, 0.1) else 25)
        for axis in shape[1:3]
    )
    b = TfliteBuilder()
    x = b.input(shape, quantization(rng))
    y = b.resize_nearest_neighbor(x, size, chance(rng, 0.4), chance(rng, 0.4))
    return Case(b.build(y), (values(rng, shape),))


MAKERS = (concatenation, split, strided_slice, resize_nearest_neighbor)
