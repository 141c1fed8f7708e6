"""Random operations of two operands, one of which may be constant or repeated, and of one operand."""

from __future__ import annotations

import numpy as np

from tests.kernels.ingredients import (
    SMALLEST_RELU6,
    Array,
    Case,
    Rng,
    activation,
    chance,
    image,
    integer,
    quantization,
    scale,
    values,
    zero_point,
)
from tests.tflite_builder import Quantization, TfliteBuilder

Shape = tuple[int, ...]


def _shapes(rng: Rng) -> tuple[Shape, Shape]:
    """Shapes of two operands that fit each other, of 2 to 4 axes; the other one as it occurs in networks, or worse."""
    shape = image(rng) if chance(rng, 0.8) else (1, *(integer(rng, 1, 40) for _ in range(integer(rng, 1, 2))))
    style = integer(rng, 0, 5)
    if style == 0:
        return shape, shape
    if style == 1:
        return shape, (1,) * (len(shape) - 1) + shape[-1:]
    if style == 2:
        return shape, (1,) * len(shape)
    if style == 3:
        return shape, (*shape[:-1], 1)
    masks = rng.random((2, len(shape))) < 0.4
    first, second = (tuple(1 if gone else size for size, gone in zip(shape, mask, strict=True)) for mask in masks)
    return first, second


def _constant_shape(rng: Rng, shape: Shape) -> Shape:
    """The same, or without leading ones."""
    short = shape
    while short and short[0] == 1 and chance(rng, 0.7):
        short = short[1:]
    return short


def _pair(rng: Rng, b: TfliteBuilder, scalings: tuple[Quantization, Quantization]) -> tuple[list[int], list[Array]]:
    """Two operands (tensors), of which at most one is constant, and the values of those that are not."""
    shapes = list(_shapes(rng))
    if chance(rng, 0.5):
        shapes.reverse()
    constant = integer(rng, 0, 3)  # 0, 1: that one; else none
    tensors, given = [], []
    for position, (shape, scaling) in enumerate(zip(shapes, scalings, strict=True)):
        if position == constant:
            data = values(rng, _constant_shape(rng, shape))
            tensors.append(b.operand(np.asarray(data, np.int8), scaling))
        else:
            tensors.append(b.input(shape, scaling))
            given.append(values(rng, shape))
    return tensors, given


def _sum_or_difference(kind: str, rng: Rng) -> Case:
    apart = 12 if chance(rng, 0.3) else 2
    first = quantization(rng, -8, 0)
    second = scale(rng, np.log2(first[0]) - apart, np.log2(first[0]) + apart), zero_point(rng)
    larger = np.log2(max(first[0], second[0]))
    target = scale(rng, larger - (18 if chance(rng, 0.1) else 2), larger + (20 if chance(rng, 0.1) else 2))
    b = TfliteBuilder()
    (x, y), given = _pair(rng, b, (first, second))
    return Case(b.build(b.binary(kind, x, y, (target, zero_point(rng)), activation(rng))), tuple(given))


def add_broadcast(rng: Rng) -> Case:
    return _sum_or_difference("ADD", rng)


def sub(rng: Rng) -> Case:
    return _sum_or_difference("SUB", rng)


def mul(rng: Rng) -> Case:
    first, second = quantization(rng), quantization(rng)
    typical = np.log2(first[0] * second[0]) + 6
    apart = 23 if chance(rng, 0.15) else 4
    b = TfliteBuilder()
    (x, y), given = _pair(rng, b, (first, second))
    target = max(scale(rng, typical - apart, typical + apart), SMALLEST_RELU6), zero_point(rng)
    return Case(b.build(b.binary("MUL", x, y, target, activation(rng))), tuple(given))


def prelu(rng: Rng) -> Case:
    shape, slope_shape = _shapes(rng)
    while np.broadcast_shapes(shape, slope_shape) != shape:
        shape, slope_shape = _shapes(rng)
    source, slopes = quantization(rng), quantization(rng, -20 if chance(rng, 0.2) else -9, 0)
    apart = 22 if chance(rng, 0.1) else 3
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    b = TfliteBuilder()
    alpha = b.operand(np.asarray(values(rng, _constant_shape(rng, slope_shape)), np.int8), slopes)
    return Case(b.build(b.prelu(b.input(shape, source), alpha, target)), (values(rng, shape),))


#: All values of int8, so that each case compares a whole table.
EVERY_INT8 = np.arange(-128, 128, dtype=np.int8)[None]


def _unary(kind: str, source: Quantization, target: Quantization | None = None) -> Case:
    b = TfliteBuilder()
    return Case(b.build(b.unary(kind, b.input(EVERY_INT8.shape, source), target)), (EVERY_INT8,))


def _sigmoid_source(rng: Rng) -> Quantization:
    return quantization(rng, -27.9, 34.9) if chance(rng, 0.3) else quantization(rng, -9, 1)


def logistic(rng: Rng) -> Case:
    return _unary("LOGISTIC", _sigmoid_source(rng))


def tanh(rng: Rng) -> Case:
    return _unary("TANH", _sigmoid_source(rng))


def hard_swish(rng: Rng) -> Case:
    source = quantization(rng, -40, 20) if chance(rng, 0.2) else quantization(rng, -9, 1)
    apart = 35 if chance(rng, 0.2) else 4
    target = max(scale(rng, np.log2(source[0]) - 6.99, np.log2(source[0]) + apart), source[0] / 127)
    return _unary("HARD_SWISH", source, (target, zero_point(rng)))


def relu(rng: Rng) -> Case:
    source = quantization(rng)
    apart = 29.9 if chance(rng, 0.3) else 3
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    return _unary("RELU", source, source if chance(rng, 0.3) else target)


def relu6(rng: Rng) -> Case:
    return _unary("RELU6", quantization(rng, -28, 20) if chance(rng, 0.3) else quantization(rng, -7, 0))


def leaky_relu(rng: Rng) -> Case:
    source = quantization(rng)
    apart = 29.9 if chance(rng, 0.2) else 3
    target = scale(rng, np.log2(source[0]) - apart, np.log2(source[0]) + apart), zero_point(rng)
    slopes = (0.01, 0.1, 0.2, 0.3, 1.0, 0.0, -0.5, 1.5)
    alpha = float(rng.choice(slopes)) if chance(rng, 0.7) else scale(rng, -30, 0)
    b = TfliteBuilder()
    if source[0] * abs(alpha) / target[0] >= 2.0**30:
        alpha = 0.01
    return Case(b.build(b.leaky_relu(b.input(EVERY_INT8.shape, source), alpha, target)), (EVERY_INT8,))


MAKERS = (add_broadcast, sub, mul, prelu, logistic, tanh, hard_swish, relu, relu6, leaky_relu)
