"""Tables of operations that map one int8 to one int8: scales and zero points in, the output for each input out.

Each function works out what TensorFlow Lite Micro computes for the inputs -128..127, in the order of the C type uint8:
0..127, -128..-1. The reader (toolchain.tflite) has refused what they cannot represent.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from toolchain.compile import fixed_point as fixed
from toolchain.compile.quantize import INT8_MAX, INT8_MIN, activation_range, quantize_multiplier
from toolchain.tflite.model import Constants, Quantization

Table = npt.NDArray[np.int8]

INPUT_INTEGER_BITS = 4  # LOGISTIC and TANH take their inputs as Q4.27
_INPUTS = np.arange(256).astype(np.uint8).view(np.int8).astype(np.int64)


def table(kind: str, source: Quantization, target: Quantization, constants: Constants) -> Table:
    """int8 [256] of the operation `kind`."""
    centred = _INPUTS - source.zero_point
    if kind in ("LOGISTIC", "TANH"):
        return _sigmoid(kind, centred, source.scale)
    if kind == "HARD_SWISH":
        return _hard_swish(centred, source.scale, target)
    if kind == "RELU6":  # clamps without looking at the output's quantisation
        low, high = activation_range("relu6", source.scale, source.zero_point)
        return np.clip(_INPUTS, low, high).astype(np.int8)
    if kind == "RELU":
        scaled = fixed.requantize(centred, *quantize_multiplier(source.scale / target.scale))
        return np.clip(scaled + target.zero_point, target.zero_point, INT8_MAX).astype(np.int8)
    return _leaky_relu(centred, source.scale, target, constants.alpha)


def _int8(values: npt.NDArray[np.int64]) -> Table:
    return np.clip(values, INT8_MIN, INT8_MAX).astype(np.int8)


def _sigmoid(kind: str, centred: fixed.Array, scale: float) -> Table:
    """LOGISTIC (output scale 1/256, zero point -128) and TANH (1/128, 0)."""
    multiplier, shift = quantize_multiplier(min(scale * 2 ** (31 - INPUT_INTEGER_BITS), 2.0**31 - 1))
    radius = math.floor((2**INPUT_INTEGER_BITS - 1) * 2 ** (31 - INPUT_INTEGER_BITS) / 2**shift)
    within = np.abs(centred) < radius
    real = fixed.requantize(np.where(within, centred, 0), multiplier, shift)
    if kind == "LOGISTIC":
        inner = fixed.rounding_shift(fixed.logistic(real), 31 - 8) + INT8_MIN
    else:
        inner = fixed.rounding_shift(fixed.tanh(real), 31 - 7)
    return _int8(np.where(within, inner, np.where(centred <= -radius, INT8_MIN, INT8_MAX)))


def _leaky_relu(centred: fixed.Array, scale: float, target: Quantization, alpha: float) -> Table:
    """`alpha` may be more than 1, and negative: then a result of the positive one is negated after its rounding."""
    above = fixed.requantize(centred, *quantize_multiplier(scale / target.scale))
    below = fixed.requantize(centred, *quantize_multiplier(scale * abs(alpha) / target.scale))
    signed = -below if alpha < 0 else below
    return _int8(np.where(centred >= 0, above, signed) + target.zero_point)


def multiplier_16(real: float) -> tuple[int, int]:
    """As quantize_multiplier, with the multiplier rounded to 15 bits."""
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, 2**15 - 1), shift


def hard_swish_factors(scale: float, output_scale: float) -> tuple[float, float]:
    """(to the output scale, to a scale where 3 is 2^15) of inputs that have 7 more bits of fraction."""
    return scale / 128 / output_scale, scale / 128 / (3 / 32768)


def _hard_swish(centred: fixed.Array, scale: float, target: Quantization) -> Table:
    """x * relu6(x + 3) / 6 in 16 bits: relu6(x + 3) / 6 is x / 3, saturated to [-1, 1], brought to [0, 1]."""
    to_output, to_third = hard_swish_factors(scale, target.scale)
    (output, output_shift), (third, third_shift) = multiplier_16(to_output), multiplier_16(to_third)
    hires = centred << 7
    on_output_scale = fixed.high_multiply_16(hires, output)
    gate = fixed.saturating_shift(hires, third_shift - 1, 16) if third_shift > 0 else hires
    gate = fixed.high_multiply_16(gate, third)
    if third_shift > 0:
        gate = fixed.saturating_shift(gate, 1, 16)
    elif third_shift < 0:
        gate = fixed.rounding_shift_16(gate, -third_shift)
    product = fixed.truncated_high_multiply_16((gate + (1 << 15)) >> 1, on_output_scale)
    return _int8(fixed.rounding_shift_16(product, -output_shift) + target.zero_point)
