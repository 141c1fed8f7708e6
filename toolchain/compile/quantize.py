"""Fixed-point preparation on the host: float scales in; multipliers, shifts and clamps for the kernels out.

All as TensorFlow Lite Micro prepares its operations, bit for bit: a scale is a float32, and each formula below is
carried out in double unless it says float32. The reader (toolchain.tflite) has refused what these cannot represent.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Activation

INT8_MIN, INT8_MAX = -128, 127
ADD_LEFT_SHIFT = 20  # bits of fraction that ADD gives its inputs; LEFT_SHIFT in kernels/ref/add.c
SOFTMAX_INTEGER_BITS = 5  # SOFTMAX scales differences to Q5.26


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(multiplier, shift) with real = multiplier / 2^31 * 2^shift, multiplier 0 or in [2^30, 2^31).

    Rounds to nearest, ties up. Below 2^-32 it is (0, 0). Raises ValueError from 2^31 and for what is no number.
    """
    if not 0.0 <= real < 2.0**31:
        raise ValueError(f"no multiplier and shift can stand for {real:g}, must be at least 0 and below 2^31")
    fraction, shift = math.frexp(real)
    multiplier = int(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31:
        return 0, 0
    return multiplier, shift


def activation_range(activation: Activation, scale: float, zero_point: int) -> tuple[int, int]:
    """(act_min, act_max) of a fused activation, in output units. 6 / scale is a float32, rounded away from zero."""
    if activation == "none":
        return INT8_MIN, INT8_MAX
    if activation == "relu":
        return max(INT8_MIN, zero_point), INT8_MAX
    six = math.floor(float(np.float32(6) / np.float32(scale)) + 0.5)
    return max(INT8_MIN, zero_point), min(INT8_MAX, zero_point + six)


def channel_multipliers(
    input_scale: float, weight_scales: npt.NDArray[np.float32], output_scale: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """(multiplier [O], shift [O]) of input scale * weight scale [O] / output scale.

    The same for all operations with weights, with one weight scale or one a channel. (Older releases of TensorFlow Lite
    Micro rounded the product to float32 in FULLY_CONNECTED with one scale; the one that we measure against does not.)
    """
    reals = input_scale * weight_scales.astype(np.float64) / output_scale
    pairs = [quantize_multiplier(real) for real in reals.tolist()]
    return np.array([m for m, _ in pairs], np.int32), np.array([s for _, s in pairs], np.int8)


class AddMultipliers(NamedTuple):
    """Of the two inputs and of the output; shifts are <= 0."""

    multiplier: tuple[int, int]
    shift: tuple[int, int]
    output_multiplier: int
    output_shift: int


def add_multipliers(first_scale: float, second_scale: float, output_scale: float) -> AddMultipliers:
    """ADD and SUB: inputs are brought to twice the larger input scale / 2^20, and that to the output scale."""
    twice_larger = 2 * max(first_scale, second_scale)
    first, second = (quantize_multiplier(scale / twice_larger) for scale in (first_scale, second_scale))
    output, output_shift = quantize_multiplier(twice_larger / (2**ADD_LEFT_SHIFT * output_scale))
    return AddMultipliers((first[0], second[0]), (first[1], second[1]), output, output_shift)


def mean_multiplier(input_scale: float, output_scale: float, count: int) -> tuple[int, int]:
    """(multiplier, shift) that turns a sum of `count` elements into their mean, in output units.

    1 / count is worked into the integer multiplier, with as many bits as the shift leaves room for, and truncated.
    """
    multiplier, shift = quantize_multiplier(input_scale / output_scale)
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << bits) // count, shift - bits


def softmax_parameters(beta: float, input_scale: float) -> tuple[int, int, int]:
    """(multiplier, shift, diff_min): beta * input scale in Q5.26, and the difference below which exp() counts as 0."""
    real = min(beta * input_scale * 2 ** (31 - SOFTMAX_INTEGER_BITS), 2.0**31 - 1)
    multiplier, shift = quantize_multiplier(real)
    radius = (2**SOFTMAX_INTEGER_BITS - 1) * 2 ** (31 - SOFTMAX_INTEGER_BITS) / 2**shift
    return multiplier, shift, -math.floor(radius)
