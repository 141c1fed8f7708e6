"""Random one-operation models: a generator in, a .tflite and its input values out.

Shapes are odd and small, quantisation often at its limits: what trained networks hold, and what they never would.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.kernels import cases_elementwise, cases_moves, cases_sums
from tests.kernels.ingredients import (
    Array,
    Case,
    Rng,
    activation,
    chance,
    channels,
    image,
    integer,
    padding,
    pair,
    quantization,
    scale,
    values,
    weighted,
    window,
    zero_point,
)
from tests.tflite_builder import TfliteBuilder

__all__ = [
    "CASES", "Array", "Case", "Rng", "activation", "chance", "channels", "integer", "padding", "pair", "quantization",
    "scale", "values", "weighted", "zero_point",
]  # fmt: skip


def conv_2d(rng: Rng) -> Case:
    shape, pad = image(rng), padding(rng)
    kernel, dilation = window(rng, shape, pad, 4)
    out = channels(rng) if shape[3] * kernel[0] * kernel[1] < 200 else channels(rng, 9)
    w = weighted(rng, (out, *kernel, shape[3]), 0, kernel[0] * kernel[1] * shape[3])
    b = TfliteBuilder()
    x = b.input(shape, w.source)
    y = b.conv_2d(x, w.weights, w.scales, w.target, w.bias, pair(rng, 1, 3), dilation, pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def depthwise_conv_2d(rng: Rng) -> Case:
    shape, pad = image(rng), padding(rng)
    kernel, dilation = window(rng, shape, pad, 5)
    out = shape[3] * (integer(rng, 2, 4) if chance(rng, 0.3) else 1)
    w = weighted(rng, (1, *kernel, out), 3, kernel[0] * kernel[1])
    b = TfliteBuilder()
    x = b.input(shape, w.source)
    y = b.depthwise_conv_2d(x, w.weights, w.scales, w.target, w.bias, pair(rng, 1, 3), dilation, pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def fully_connected(rng: Rng) -> Case:
    inner, out = channels(rng, 200), channels(rng)
    keep = chance(rng, 0.3)
    shape = ((1, integer(rng, 1, 5), inner) if keep else (1, inner)) if chance(rng, 0.8) else (1, 1, 1, inner)
    w = weighted(rng, (out, inner), 0, inner, most_left=17)  # beyond, bias and product scales seem to differ
    b = TfliteBuilder()
    x = b.input(shape, w.source)
    y = b.fully_connected(x, w.weights, w.scales, w.target, w.bias, activation(rng), keep)
    return Case(b.build(y), (values(rng, shape),))


def add(rng: Rng) -> Case:
    shape = (1, integer(rng, 1, 600)) if chance(rng, 0.3) else image(rng)
    apart = 12 if chance(rng, 0.3) else 2
    first = quantization(rng, -8, 0)
    second = scale(rng, np.log2(first[0]) - apart, np.log2(first[0]) + apart), zero_point(rng)
    larger = np.log2(max(first[0], second[0]))
    target = scale(rng, larger - (18 if chance(rng, 0.1) else 2), larger + (20 if chance(rng, 0.1) else 2))
    b = TfliteBuilder()
    y = b.add(b.input(shape, first), b.input(shape, second), (target, zero_point(rng)), activation(rng))
    return Case(b.build(y), (values(rng, shape), values(rng, shape)))


def _pool(kind: str, rng: Rng) -> Case:
    shape, pad = image(rng), padding(rng)
    kernel = pair(rng, 1, 12)
    if pad == "valid":
        kernel = min(kernel[0], shape[1]), min(kernel[1], shape[2])
    b = TfliteBuilder()
    y = b.pool(kind, b.input(shape, quantization(rng)), kernel, pair(rng, 1, 3), pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def average_pool_2d(rng: Rng) -> Case:
    return _pool("AVERAGE_POOL_2D", rng)


def max_pool_2d(rng: Rng) -> Case:
    return _pool("MAX_POOL_2D", rng)


def mean(rng: Rng) -> Case:
    shape = image(rng)
    if chance(rng, 0.2):
        shape = 1, integer(rng, 1, 70), integer(rng, 1, 70), integer(rng, 1, 3)
    source = quantization(rng)
    apart = 29.9 if chance(rng, 0.1) else 4
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    axes = ((1, 2), (2, 1), (-3, -2))[integer(rng, 0, 2)]
    b = TfliteBuilder()
    y = b.mean(b.input(shape, source), source if chance(rng, 0.2) else target, axes, chance(rng, 0.5))
    return Case(b.build(y), (values(rng, shape),))


def softmax(rng: Rng) -> Case:
    depth = integer(rng, 1, 511) if chance(rng, 0.1) else integer(rng, 1, 100)  # it aborts when 512 are equal
    shape = (1, depth) if chance(rng, 0.7) else (1, integer(rng, 1, 5), integer(rng, 1, 5), depth)
    source = quantization(rng, -25 if chance(rng, 0.2) else -7, 12 if chance(rng, 0.2) else 1)
    beta = 1.0 if chance(rng, 0.8) else scale(rng, -1, 3)
    b = TfliteBuilder()
    y = b.softmax(b.input(shape, source), beta)
    return Case(b.build(y), (values(rng, shape),))


def pad(rng: Rng) -> Case:
    shape = image(rng)
    pads = [(0, 0), *(pair(rng, 0, 3) for _ in range(2)), pair(rng, 0, 3) if chance(rng, 0.3) else (0, 0)]
    if chance(rng, 0.3):
        pads[1] = pads[2] = (0, 1)
    if chance(rng, 0.3):  # a sequence, or a vector
        rank = integer(rng, 2, 3)
        shape, pads = (1, *shape[1:rank]), pads[:rank]
    b = TfliteBuilder()
    y = b.pad(b.input(shape, quantization(rng)), pads)
    return Case(b.build(y), (values(rng, shape),))


def quantize(rng: Rng) -> Case:
    shape = image(rng)
    target = quantization(rng, -20, 20)
    steps = rng.uniform(-400, 400, shape) if chance(rng, 0.5) else rng.integers(-800, 800, shape) / 2
    if chance(rng, 0.2):
        steps = np.sign(steps) * 2.0 ** rng.uniform(-30, 30, shape)  # 2^31 steps are undefined
    exact = (steps * target[0]).astype(np.float32)
    nudged = np.nextafter(exact, np.where(rng.random(shape) < 0.5, np.inf, -np.inf).astype(np.float32))
    b = TfliteBuilder()
    y = b.quantize(b.input(shape, None), target)
    return Case(b.build(y), (np.where(rng.random(shape) < 0.3, nudged, exact).astype(np.float32),))


def dequantize(rng: Rng) -> Case:
    shape = image(rng)
    b = TfliteBuilder()
    y = b.dequantize(b.input(shape, quantization(rng, -140 if chance(rng, 0.1) else -30, 100)))
    return Case(b.build(y), (values(rng, shape),))


def requantize(rng: Rng) -> Case:
    shape = image(rng)
    apart = 29.9 if chance(rng, 0.3) else 3
    source = quantization(rng)
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    b = TfliteBuilder()
    y = b.quantize(b.input(shape, source), target)
    return Case(b.build(y), (values(rng, shape),))


#: By the name of the kernel's source file, or of the operation where several share a kernel.
CASES: dict[str, Callable[[Rng], Case]] = {
    make.__name__: make
    for make in (
        conv_2d, depthwise_conv_2d, fully_connected, add, average_pool_2d, max_pool_2d, mean, softmax, pad, quantize,
        dequantize, requantize, *cases_sums.MAKERS, *cases_elementwise.MAKERS, *cases_moves.MAKERS,
    )
}  # fmt: skip
