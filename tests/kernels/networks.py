"""Random small networks: a generator in, a .tflite with branches, folded padding and in-place operations out."""

from __future__ import annotations

import numpy as np

from tests.kernels.cases import Case, Rng, activation, chance, integer, pair, scale, values, zero_point
from tests.tflite_builder import Quantization, TfliteBuilder


def network(rng: Rng) -> Case:
    """Quantise (or not), blocks, global mean, fully connected, softmax, dequantise (or not)."""
    b = TfliteBuilder()
    shape = 1, integer(rng, 5, 12), integer(rng, 5, 12), integer(rng, 1, 4)
    source = scale(rng, -6, -2), zero_point(rng)
    real = chance(rng, 0.3)
    x = b.quantize(b.input(shape, None), source) if real else b.input(shape, source)
    for _ in range(integer(rng, 1, 4)):
        x = _block(b, rng, x)
    x = _head(b, rng, x)
    data = values(rng, shape)
    given = ((data - np.float32(source[1])) * np.float32(source[0])).astype(np.float32) if real else data
    return Case(b.build(b.dequantize(x) if chance(rng, 0.3) else x), (given,))


def _target(b: TfliteBuilder, rng: Rng, x: int, weight_scale: float, depth: int) -> Quantization:
    """An output quantisation that sums of `depth` products fill."""
    quantization = b.quantization(x)
    assert quantization is not None
    return float(np.float32(quantization[0] * weight_scale * 60 * depth**0.5 * rng.uniform(0.5, 3))), zero_point(rng)


def _conv(b: TfliteBuilder, rng: Rng, x: int, channels: int, kernel: int, stride: int) -> int:
    inner = b.shape(x)[3]
    scales = [scale(rng, -9, -7) for _ in range(channels)]
    weights = rng.integers(-127, 128, (channels, kernel, kernel, inner)).astype(np.int8)
    bias = rng.integers(-3000, 3000, channels).astype(np.int32) if chance(rng, 0.8) else None
    target = _target(b, rng, x, scales[0], kernel * kernel * inner)
    padded = kernel > 1 and chance(rng, 0.4)
    if padded:
        x = b.pad(x, [(0, 0), pair(rng, 0, 2), pair(rng, 0, 2), (0, 0)])
    fits = min(b.shape(x)[1:3]) >= kernel
    same = "valid" if padded and fits else "same"
    return b.conv_2d(x, weights, scales, target, bias, (stride, stride), (1, 1), same, activation(rng))


def _depthwise(b: TfliteBuilder, rng: Rng, x: int) -> int:
    channels, kernel = b.shape(x)[3] * (2 if chance(rng, 0.2) else 1), integer(rng, 1, 3)
    scales = [scale(rng, -9, -7) for _ in range(channels)]
    weights = rng.integers(-127, 128, (1, kernel, kernel, channels)).astype(np.int8)
    bias = rng.integers(-3000, 3000, channels).astype(np.int32)
    target = _target(b, rng, x, scales[0], kernel * kernel)
    return b.depthwise_conv_2d(x, weights, scales, target, bias, pair(rng, 1, 2), (1, 1), "same", activation(rng))


def _block(b: TfliteBuilder, rng: Rng, x: int) -> int:
    style = integer(rng, 0, 3)
    if style == 0:
        y = _conv(b, rng, x, b.shape(x)[3], 1, 1)
        z = _conv(b, rng, y, b.shape(x)[3], 1, 1)
        first, second = (x, z) if chance(rng, 0.5) else (z, y)
        return b.add(first, second, (scale(rng, -5, 0), zero_point(rng)), activation(rng))
    if style == 1:
        return _conv(b, rng, _depthwise(b, rng, x), integer(rng, 1, 12), 1, 1)
    if style == 2:
        kind = "AVERAGE_POOL_2D" if chance(rng, 0.5) else "MAX_POOL_2D"
        return b.pool(kind, x, (2, 2), pair(rng, 1, 2), "same", activation(rng))
    y = _conv(b, rng, x, integer(rng, 1, 12), integer(rng, 1, 3), integer(rng, 1, 2))
    return b.quantize(y, (scale(rng, -5, 0), zero_point(rng))) if chance(rng, 0.3) else y


def _head(b: TfliteBuilder, rng: Rng, x: int) -> int:
    keep = chance(rng, 0.5)
    x = b.mean(x, (scale(rng, -5, 0), zero_point(rng)), keep_dims=keep)
    channels = b.shape(x)[-1]
    if keep:
        x = b.reshape(x, (1, channels))
    classes = integer(rng, 2, 12)
    weights = rng.integers(-127, 128, (classes, channels)).astype(np.int8)
    scales = [scale(rng, -9, -7)] * (classes if chance(rng, 0.5) else 1)
    target = _target(b, rng, x, scales[0], channels)
    bias = rng.integers(-3000, 3000, classes).astype(np.int32) if chance(rng, 0.5) else None
    return b.softmax(b.fully_connected(x, weights, scales, target, bias, activation(rng)))
