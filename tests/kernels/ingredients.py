"""What random cases are made of: scales, zero points, values, shapes and weights, drawn from a generator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Activation, Padding
from tests.tflite_builder import Quantization

Array = npt.NDArray[np.generic]
Rng = np.random.Generator

ZERO_POINTS = (-128, -127, -1, 0, 1, 126, 127)
SMALLEST_RELU6 = 3e-9  # output scale; below it 6 / scale is beyond int32 and TensorFlow Lite Micro refuses


@dataclass(frozen=True)
class Case:
    """A model of one operation, and values for its inputs."""

    model: bytes
    inputs: tuple[Array, ...]


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


def image(rng: Rng, most_channels: int = 67) -> tuple[int, int, int, int]:
    return 1, integer(rng, 1, 12), integer(rng, 1, 12), channels(rng, most_channels)


def window(rng: Rng, shape: tuple[int, ...], pad: Padding, most: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(kernel, dilation) that fit into the image if there is no padding."""
    kernel, dilation = pair(rng, 1, most), pair(rng, 1, 3) if chance(rng, 0.25) else (1, 1)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    if pad == "valid" and (spans[0] > shape[1] or spans[1] > shape[2]):
        return (min(kernel[0], shape[1]), min(kernel[1], shape[2])), (1, 1)
    return kernel, dilation
