"""Random networks of today's building blocks: squeeze and excite, U-shapes, channel splits, attention by masks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.kernels.ingredients import Case, Rng, chance, integer, scale, values, zero_point
from tests.tflite_builder import Pair, Quantization, TfliteBuilder


class _Network:
    """A network in the making; every method takes a tensor and returns the one that it makes."""

    def __init__(self, rng: Rng) -> None:
        self.rng, self.b = rng, TfliteBuilder()

    def quantization(self) -> Quantization:
        return scale(self.rng, -5, -2), zero_point(self.rng)

    def weights(self, x: int, shape: tuple[int, ...], axis: int) -> tuple[np.ndarray, list[float], Quantization]:
        """Random weights, a scale a channel, and an output quantisation that their sums fill."""
        source = self.b.quantization(x)
        assert source is not None
        scales = [scale(self.rng, -9, -7) for _ in range(shape[axis])]
        depth = np.prod(shape) / shape[axis]
        target = float(np.float32(source[0] * scales[0] * 60 * depth**0.5 * self.rng.uniform(0.5, 3)))
        return self.rng.integers(-127, 128, shape).astype(np.int8), scales, (target, zero_point(self.rng))

    def bias(self, channels: int) -> np.ndarray | None:
        return self.rng.integers(-3000, 3000, channels).astype(np.int32) if chance(self.rng, 0.7) else None

    def conv(self, x: int, channels: int, kernel: int = 1, stride: int = 1, dilation: int = 1, groups: int = 1) -> int:
        shape = (channels, kernel, kernel, self.b.shape(x)[3] // groups)
        weights, scales, target = self.weights(x, shape, 0)
        pairs: tuple[Pair, Pair] = (stride, stride), (dilation, dilation)
        return self.b.conv_2d(x, weights, scales, target, self.bias(channels), *pairs, padding="same")

    def up(self, x: int) -> int:
        """Twice as high and wide."""
        _, height, width, channels = self.b.shape(x)
        if chance(self.rng, 0.5):
            return self.b.resize_nearest_neighbor(x, (2 * height, 2 * width), half_pixel_centers=chance(self.rng, 0.5))
        out = integer(self.rng, 1, 8)
        weights, scales, target = self.weights(x, (out, 3, 3, channels), 0)
        size = 2 * height, 2 * width
        return self.b.transpose_conv(x, weights, scales, target, size, self.bias(out), (2, 2), padding="same")

    def concatenated(self, tensors: list[int], axis: int = 3) -> int:
        """Tensors of any quantisation, brought to one."""
        common = self.quantization()
        same = [x if self.b.quantization(x) == common else self.b.quantize(x, common) for x in tensors]
        return self.b.concatenation(same, axis)

    def activated(self, x: int) -> int:
        """One of the activations that stand alone."""
        style, channels = integer(self.rng, 0, 4), self.b.shape(x)[-1]
        source = self.b.quantization(x)
        assert source is not None
        target = float(np.float32(source[0] * self.rng.uniform(0.5, 1.5))), zero_point(self.rng)
        if style == 0:
            return self.b.unary("HARD_SWISH", x, target)
        if style == 1:
            return self.b.leaky_relu(x, 0.1, target)
        if style == 2:
            slopes = self.rng.integers(-128, 128, (1, 1, channels)).astype(np.int8)
            return self.b.prelu(x, self.b.operand(slopes, (0.003, 5)), target)
        return self.b.unary(("RELU", "RELU6")[style - 3], x)


def squeeze_and_excite(n: _Network, x: int) -> int:
    """Channels of x weighted by what the network sees in them."""
    channels = n.b.shape(x)[3]
    gate = n.b.mean(x, n.quantization(), (1, 2), keep_dims=True)
    gate = n.activated(n.conv(gate, integer(n.rng, 1, 6)))
    gate = n.b.unary("LOGISTIC", n.conv(gate, channels))
    pair = (gate, x) if chance(n.rng, 0.3) else (x, gate)
    return n.b.binary("MUL", *pair, n.quantization())


def u_shape(n: _Network, x: int) -> int:
    """Down by 2, up by 2, and the skipped tensor beside it; odd edges of what came up are cut off."""
    _, height, width, _ = n.b.shape(x)
    y = n.up(n.activated(n.conv(x, integer(n.rng, 1, 8), 3, 2)))
    if (height % 2, width % 2) != (0, 0):
        _, *size, channels = n.b.shape(y)
        y = n.b.strided_slice(y, (0, 0, 0, 0), (1, height, width, channels), (1, 1, 1, 1), 0b1111, 0b1001)
        assert size != [height, width]
    return n.concatenated([x, y])


def split_and_shuffle(n: _Network, x: int) -> int:
    """Parts of the channels go different ways; one of them none at all."""
    parts = integer(n.rng, 2, 4)
    first, *rest = n.b.split(n.conv(x, parts * integer(n.rng, 1, 3)), 3, parts)
    ways = [n.conv(part, integer(n.rng, 1, 5), 3, 1, integer(n.rng, 1, 2)) for part in rest]
    return n.concatenated([first, *ways])


def grouped(n: _Network, x: int) -> int:
    groups = integer(n.rng, 2, 3)
    wide = n.activated(n.conv(x, groups * integer(n.rng, 1, 4)))
    return n.conv(wide, groups * integer(n.rng, 1, 3), 3, 1, integer(n.rng, 1, 2), groups)


def mask(n: _Network, x: int) -> int:
    """x and 1 - x, weighted by place: means over one axis, repeated along it."""
    one = n.b.operand(np.array(127, np.int8), (1 / 127, 0))
    places = n.b.unary("TANH", n.b.mean(x, n.quantization(), (integer(n.rng, 1, 3),), keep_dims=True))
    rest = n.b.binary("SUB", one, places, (1 / 64, -20))
    return n.b.binary(("ADD", "MUL", "SUB")[integer(n.rng, 0, 2)], x, rest, n.quantization(), "relu")


def offset(n: _Network, x: int) -> int:
    """A constant a channel on each side of an activation."""
    channels = n.b.shape(x)[3]
    constants = [n.b.operand(n.rng.integers(-128, 128, channels).astype(np.int8), n.quantization()) for _ in range(2)]
    y = n.activated(n.b.binary("ADD", x, constants[0], n.quantization()))
    return n.b.binary("MUL", y, constants[1], n.quantization())


BLOCKS: tuple[Callable[[_Network, int], int], ...] = (
    squeeze_and_excite, u_shape, split_and_shuffle, grouped, mask, offset,
)  # fmt: skip


def branching_network(rng: Rng) -> Case:
    """Two to five blocks, and a head; now and then the tensor between two blocks is an output, too."""
    n = _Network(rng)
    shape = 1, integer(rng, 2, 9), integer(rng, 2, 9), integer(rng, 1, 6)
    x, outputs = n.b.input(shape, n.quantization()), []
    for _ in range(integer(rng, 2, 5)):
        x = BLOCKS[integer(rng, 0, len(BLOCKS) - 1)](n, x)
        if chance(rng, 0.2):
            outputs.append(x)
    flat = n.b.mean(x, n.quantization(), ((1, 2), (2, 3), (1,))[integer(rng, 0, 2)])
    return Case(n.b.build(n.b.softmax(flat), *outputs), (values(rng, shape),))
