"""Random one-operation models: a generator in, a .tflite and its input values out.

Shapes are odd and small, quantisation often at its limits: what trained networks hold, and what they never would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Activation, Padding
from tests.tflite_builder import Quantization, TfliteBuilder

Array = npt.NDArray[np.generic]
Rng = np.random.Generator

ZERO_POINTS = (-128, -127, -1, 0, 1, 126, 127)
SMALLEST_RELU6 = 3e-9  # output scale; below it 6 / scale is beyond int32 and TensorFlow Lite Micro refuses


@dataclass(frozen=True)
class Case:
    """A model of one operation, and values for its inputs."""

    model: bytes
    inputs: tuple[Array, ...]


# Ingredients.


def integer(rng: Rng, low: int, high: int) -> int:
    """low..high, both included."""
    return int(rng.integers(low, high + 1))


def chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def zero_point(rng: Rng) -> int:
    return int(rng.choice(ZERO_POINTS)) if chance(rng, 0.5) else integer(rng, -128, 127)


def scale(rng: Rng, low: float = -10, high: float = 4) -> float:
    """2^low..2^high, even over the exponents; a float32 that is a power of two now and then."""
    exponent = rng.uniform(low, high)
    return float(np.float32(2.0 ** (np.trunc(exponent) if chance(rng, 0.1) else exponent)))


def quantization(rng: Rng, low: float = -10, high: float = 4) -> Quantization:
    return scale(rng, low, high), zero_point(rng)


def values(rng: Rng, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """int8 activations: evenly spread, only the limits, all the same, or close to one value."""
    style = integer(rng, 0, 5)
    if style == 0:
        return rng.choice(np.array([-128, 127], np.int8), shape)
    if style == 1:
        return np.full(shape, integer(rng, -128, 127), np.int8)
    if style == 2:
        return np.clip(integer(rng, -128, 127) + rng.integers(-3, 4, shape), -128, 127).astype(np.int8)
    return rng.integers(-128, 128, shape).astype(np.int8)


def activation(rng: Rng) -> Activation:
    return ("none", "none", "relu", "relu6")[integer(rng, 0, 3)]  # type: ignore[return-value]


def padding(rng: Rng) -> Padding:
    return "same" if chance(rng, 0.5) else "valid"


def pair(rng: Rng, low: int, high: int) -> tuple[int, int]:
    first = integer(rng, low, high)
    return (first, first) if chance(rng, 0.5) else (first, integer(rng, low, high))


def channels(rng: Rng, most: int = 67) -> int:
    return integer(rng, 1, 8) if chance(rng, 0.4) else integer(rng, 1, most)


@dataclass(frozen=True)
class Weighted:
    """Weights with all that goes with them."""

    source: Quantization
    weights: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    bias: npt.NDArray[np.int32] | None
    target: Quantization


def weighted(rng: Rng, shape: tuple[int, ...], axis: int, depth: int, most_left: float = 29.9) -> Weighted:
    """`depth` products a sum. Output scales fit the sums, mostly; the rest overflows, vanishes or shifts to the left.

    most_left: bits to the left that TensorFlow Lite Micro accepts.
    """
    weights = rng.integers(-128 if chance(rng, 0.1) else -127, 128, shape).astype(np.int8)
    source = quantization(rng)
    count = shape[axis] if chance(rng, 0.7) else 1
    scales = np.array([scale(rng, -12, -2) for _ in range(count)], np.float32)
    typical = float(source[0] * np.median(scales) * 60 * 60 * depth**0.5)
    stretch = rng.uniform(-40, 40) if chance(rng, 0.15) else rng.uniform(-8, 3)
    least = max(source[0] * scales.max() * 2.0**-most_left, SMALLEST_RELU6)
    target = float(np.float32(max(typical * 2.0**stretch, least)))
    return Weighted(source, weights, scales, _bias(rng, shape[axis]), (target, zero_point(rng)))


def _bias(rng: Rng, count: int) -> npt.NDArray[np.int32] | None:
    style = integer(rng, 0, 9)
    if style == 0:
        return None
    limit = 2**31 - 1 if style == 1 else 20000
    return rng.integers(-limit, limit, count, endpoint=True).astype(np.int32)


def _image(rng: Rng, most_channels: int = 67) -> tuple[int, int, int, int]:
    return 1, integer(rng, 1, 12), integer(rng, 1, 12), channels(rng, most_channels)


def _window(rng: Rng, shape: tuple[int, ...], pad: Padding, most: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(kernel, dilation) that fit into the image if there is no padding."""
    kernel, dilation = pair(rng, 1, most), pair(rng, 1, 3) if chance(rng, 0.25) else (1, 1)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    if pad == "valid" and (spans[0] > shape[1] or spans[1] > shape[2]):
        return (min(kernel[0], shape[1]), min(kernel[1], shape[2])), (1, 1)
    return kernel, dilation


# Operations.


def conv_2d(rng: Rng) -> Case:
    shape, pad = _image(rng), padding(rng)
    kernel, dilation = _window(rng, shape, pad, 4)
    out = channels(rng) if shape[3] * kernel[0] * kernel[1] < 200 else channels(rng, 9)
    w = weighted(rng, (out, *kernel, shape[3]), 0, kernel[0] * kernel[1] * shape[3])
    b = TfliteBuilder()
    x = b.input(shape, w.source)
    y = b.conv_2d(x, w.weights, w.scales, w.target, w.bias, pair(rng, 1, 3), dilation, pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def depthwise_conv_2d(rng: Rng) -> Case:
    shape, pad = _image(rng), padding(rng)
    kernel, dilation = _window(rng, shape, pad, 5)
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
    shape = (1, integer(rng, 1, 600)) if chance(rng, 0.3) else _image(rng)
    apart = 12 if chance(rng, 0.3) else 2
    first = quantization(rng, -8, 0)
    second = scale(rng, np.log2(first[0]) - apart, np.log2(first[0]) + apart), zero_point(rng)
    larger = np.log2(max(first[0], second[0]))
    target = scale(rng, larger - (18 if chance(rng, 0.1) else 2), larger + (20 if chance(rng, 0.1) else 2))
    b = TfliteBuilder()
    y = b.add(b.input(shape, first), b.input(shape, second), (target, zero_point(rng)), activation(rng))
    return Case(b.build(y), (values(rng, shape), values(rng, shape)))


def _pool(kind: str, rng: Rng) -> Case:
    shape, pad = _image(rng), padding(rng)
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
    shape = _image(rng)
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
    shape = _image(rng)
    pads = [(0, 0), *(pair(rng, 0, 3) for _ in range(2)), pair(rng, 0, 3) if chance(rng, 0.3) else (0, 0)]
    if chance(rng, 0.3):
        pads[1] = pads[2] = (0, 1)
    b = TfliteBuilder()
    y = b.pad(b.input(shape, quantization(rng)), pads)
    return Case(b.build(y), (values(rng, shape),))


def quantize(rng: Rng) -> Case:
    shape = _image(rng)
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
    shape = _image(rng)
    b = TfliteBuilder()
    y = b.dequantize(b.input(shape, quantization(rng, -140 if chance(rng, 0.1) else -30, 100)))
    return Case(b.build(y), (values(rng, shape),))


def requantize(rng: Rng) -> Case:
    shape = _image(rng)
    apart = 29.9 if chance(rng, 0.3) else 3
    source = quantization(rng)
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    b = TfliteBuilder()
    y = b.quantize(b.input(shape, source), target)
    return Case(b.build(y), (values(rng, shape),))


#: By the name of the kernel's source file.
CASES: dict[str, Callable[[Rng], Case]] = {
    make.__name__: make
    for make in (
        conv_2d, depthwise_conv_2d, fully_connected, add, average_pool_2d, max_pool_2d, mean, softmax, pad, quantize,
        dequantize, requantize,
    )
}  # fmt: skip
