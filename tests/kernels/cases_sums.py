"""Random operations with weights, and means, as tests.kernels.cases has them: the less usual kinds."""

from __future__ import annotations

import itertools

import numpy as np

from tests.kernels.ingredients import (
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


def conv_2d_grouped(rng: Rng) -> Case:
    groups, depth = integer(rng, 2, 8), integer(rng, 1, 9)
    shape, pad = (*image(rng)[:3], groups * depth), padding(rng)
    kernel, dilation = window(rng, shape, pad, 4)
    w = weighted(rng, (groups * integer(rng, 1, 4), *kernel, depth), 0, kernel[0] * kernel[1] * depth)
    b = TfliteBuilder()
    x = b.input(shape, w.source)
    y = b.conv_2d(x, w.weights, w.scales, w.target, w.bias, pair(rng, 1, 3), dilation, pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def _line(rng: Rng, most_channels: int) -> tuple[tuple[int, int, int, int], int]:
    """An image of height or width 1, and which of its axes it extends along."""
    axis, length = integer(rng, 1, 2), integer(rng, 1, 40)
    height, width = (length, 1) if axis == 1 else (1, length)
    return (1, height, width, channels(rng, most_channels)), axis


def _along(axis: int, size: int) -> tuple[int, int]:
    return (size, 1) if axis == 1 else (1, size)


def _convolve_line(rng: Rng, depthwise: bool, groups: int = 1) -> Case:
    shape, axis = _line(rng, 24)
    shape = (*shape[:3], shape[3] * groups)
    pad = padding(rng)
    size, dilation = integer(rng, 1, 9), integer(rng, 1, 3)
    if pad == "valid" and (size - 1) * dilation >= shape[axis]:
        size, dilation = 1, 1
    kernel, stride = _along(axis, size), _along(axis, integer(rng, 1, 4))
    out = shape[3] * integer(rng, 1, 2) if depthwise else groups * integer(rng, 1, 16)
    weights = (1, *kernel, out) if depthwise else (out, *kernel, shape[3] // groups)
    w = weighted(rng, weights, 3 if depthwise else 0, size if depthwise else size * weights[3])
    b = TfliteBuilder()
    add = b.depthwise_conv_2d if depthwise else b.conv_2d
    x = b.input(shape, w.source)
    y = add(x, w.weights, w.scales, w.target, w.bias, stride, _along(axis, dilation), pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def conv_1d(rng: Rng) -> Case:
    return _convolve_line(rng, depthwise=False)


def conv_1d_grouped(rng: Rng) -> Case:
    return _convolve_line(rng, depthwise=False, groups=integer(rng, 2, 5))


def depthwise_conv_1d(rng: Rng) -> Case:
    return _convolve_line(rng, depthwise=True)


def transpose_conv(rng: Rng) -> Case:
    height, width, pad = integer(rng, 1, 7), integer(rng, 1, 7), padding(rng)
    kernel, stride = pair(rng, 1, 5), pair(rng, 1, 4)
    ends = kernel if pad == "valid" else (1, 1)
    size = tuple(
        (n - 1) * s + end + integer(rng, 0, s - 1) for n, s, end in zip((height, width), stride, ends, strict=True)
    )
    shape = (1, height, width, channels(rng, 20))
    depth = max(kernel[0] * kernel[1] * shape[3] // (stride[0] * stride[1]), 1)
    w = weighted(rng, (channels(rng, 9), *kernel, shape[3]), 0, depth)
    b = TfliteBuilder()
    x = b.input(shape, w.source)
    y = b.transpose_conv(x, w.weights, w.scales, w.target, size, w.bias, stride, pad, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def mean_over_axes(rng: Rng) -> Case:
    """Tensors of 2 to 4 axes, any of them reduced, all ways of writing the axes."""
    shape = (1, *(integer(rng, 1, 12) for _ in range(integer(rng, 1, 3))))
    rank = len(shape)
    subsets = [axes for n in range(1, rank + 1) for axes in itertools.combinations(range(rank), n)]
    axes = subsets[integer(rng, 0, len(subsets) - 1)]
    repeated = axes[:1] if chance(rng, 0.1) and len(axes) < 4 else ()
    written = [axis - rank if chance(rng, 0.3) else axis for axis in rng.permutation([*axes, *repeated]).tolist()]
    source = quantization(rng)
    apart = 29.9 if chance(rng, 0.1) else 4
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    b = TfliteBuilder()
    y = b.mean(b.input(shape, source), source if chance(rng, 0.2) else target, written, 0 in axes or chance(rng, 0.5))
    return Case(b.build(y), (values(rng, shape),))


MAKERS = (conv_2d_grouped, conv_1d, conv_1d_grouped, depthwise_conv_1d, transpose_conv, mean_over_axes)
