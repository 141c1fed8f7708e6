"""Operations that only move elements, as tests.fuzz.layers has them."""

from __future__ import annotations

from math import prod

from tests.fuzz.sketch import MOST_ELEMENTS, Sketch
from tests.kernels.ingredients import chance, integer, pair


def reshape(g: Sketch, x: int) -> list[int]:
    elements, shape = prod(g.shape(x)), [1]
    for _ in range(integer(g.rng, 0, 2)):
        shape.append(int(g.rng.choice([n for n in range(1, elements + 1) if elements % n == 0])))
        elements //= shape[-1]
    return [g.b.reshape(x, (*shape, elements))]


def pad(g: Sketch, x: int) -> list[int]:
    shape = g.shape(x)
    if len(shape) < 2 or prod(size + 2 for size in shape[1:]) > MOST_ELEMENTS:
        return []
    return [g.b.pad(x, [(0, 0), *(pair(g.rng, 0, 1) for _ in shape[1:])])]


def concatenation(g: Sketch, x: int) -> list[int]:
    shape, want = g.shape(x), g.quantization(x)
    if len(shape) < 2:
        return []
    axis = integer(g.rng, 1, len(shape) - 1)

    def fits(t: int) -> bool:
        other = list(g.shape(t))
        return len(other) == len(shape) and other[:axis] + other[axis + 1 :] == [*shape[:axis], *shape[axis + 1 :]]

    parts = [x]
    for _ in range(integer(g.rng, 0, 3)):
        y = g.one_of([t for t in g.tensors if fits(t)])
        if sum(prod(g.shape(t)) for t in (*parts, y)) <= MOST_ELEMENTS:
            parts.append(y if g.quantization(y) == want else g.b.quantize(y, want))
    order = [parts[i] for i in g.rng.permutation(len(parts))]
    return [g.b.concatenation(order, axis - len(shape) if chance(g.rng, 0.5) else axis)]


def split(g: Sketch, x: int) -> list[int]:
    shape = g.shape(x)
    if not 2 <= len(shape) <= 4:
        return []
    axis = integer(g.rng, 1, len(shape) - 1)
    parts = int(g.rng.choice([n for n in range(1, 5) if shape[axis] % n == 0]))
    return g.b.split(x, axis - len(shape) if chance(g.rng, 0.5) else axis, parts)


def strided_slice(g: Sketch, x: int) -> list[int]:
    shape = g.shape(x)
    if len(shape) > 4:
        return []
    rows, shrunk = [(0, 1, 1)], 0
    for axis, size in enumerate(shape[1:], 1):
        if axis < len(shape) - 1 and chance(g.rng, 0.15):
            first = integer(g.rng, -size, size - 1)
            rows.append((first, first + 1, 1))
            shrunk |= 1 << axis
            continue
        low = integer(g.rng, 0, size - 1)
        high, step = integer(g.rng, low + 1, size), integer(g.rng, 1, 3) if chance(g.rng, 0.4) else 1
        backwards = chance(g.rng, 0.2)
        rows.append((high - 1, low - 1 if low else -size - 1, -step) if backwards else (low, high, step))
    begin, end, steps = zip(*rows, strict=True)
    masks = [integer(g.rng, 0, 2 ** len(shape) - 1) & ~shrunk if chance(g.rng, 0.3) else 0 for _ in range(2)]
    return [g.b.strided_slice(x, begin, end, steps, *masks, shrunk)]


def resize_nearest_neighbor(g: Sketch, x: int) -> list[int]:
    shape = g.shape(x)
    if len(shape) != 4:
        return []
    size = integer(g.rng, 1, 2 * shape[1] + 1), integer(g.rng, 1, 2 * shape[2] + 1)
    if prod(size) * shape[3] > MOST_ELEMENTS:
        return []
    return [g.b.resize_nearest_neighbor(x, size, *[(False, False), (True, False), (False, True)][integer(g.rng, 0, 2)])]
