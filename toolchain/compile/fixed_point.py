"""The kernels' fixed-point arithmetic on the host: arrays of integers in, what TensorFlow Lite Micro computes out.

Values are int64 arrays that hold int32 (or, where said, int16) numbers, so that products do not overflow. Qm.n is an
integer that stands for itself / 2^n, with m + n = 31; multiplying Qa by Qb gives Q(a + b). The functions are those of
gemmlowp, rounding by rounding; the first three are also in firmware/include/mcunas/requantize.h.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.int64]

INT32_MAX = 2**31 - 1
_HALF = 1 << 30  # 1/2 in Q0.31, 1 in Q1.30
_ONE_Q2 = 1 << 29  # 1 in Q2.29


def high_multiply(a: Array | int, b: Array | int) -> Array:
    """a * b / 2^31, rounded to nearest, ties upwards."""
    return np.asarray((np.asarray(a, np.int64) * b + (1 << 30)) >> 31)


def rounding_shift(x: Array, exponent: int) -> Array:
    """x / 2^exponent, rounded to nearest, ties away from zero."""
    mask = (1 << exponent) - 1
    return np.asarray((x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0)))


def requantize(x: Array, multiplier: int, shift: int) -> Array:
    """x * multiplier / 2^31 * 2^shift; a shift to the left wraps at 32 bits."""
    shifted = (x << max(shift, 0)).astype(np.int32).astype(np.int64)
    return rounding_shift(high_multiply(shifted, multiplier), max(-shift, 0))


def saturating_shift(x: Array, exponent: int, bits: int = 32) -> Array:
    """x * 2^exponent, held within `bits` bits."""
    limit = 1 << (bits - 1)
    return np.asarray(np.clip(x << exponent, -limit, limit - 1))


def _exp_of_small(a: Array) -> Array:
    """exp(a) in Q0.31 for a in [-1/4, 0), Q0.31: Taylor's polynomial of degree 4 around -1/8."""
    exp_of_eighth, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = high_multiply(x, x)
    x3, x4 = high_multiply(x2, x), high_multiply(x2, x2)
    tail = rounding_shift(high_multiply(rounding_shift(x4, 2) + x3, third) + x2, 1)
    return exp_of_eighth + high_multiply(exp_of_eighth, x + tail)


def exp_of_negative(a: Array, integer_bits: int) -> Array:
    """exp(a) in Q0.31 for a <= 0: the last quarter by polynomial, each larger power of two by one factor."""
    factors = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)  # exp(-1/4), exp(-1/2), ...
    quarter = 1 << (29 - integer_bits)
    fraction = (a & (quarter - 1)) - quarter
    result = _exp_of_small(fraction << integer_bits)
    for power, factor in enumerate(factors[: 2 + integer_bits]):
        result = np.where((fraction - a) & (quarter << power), high_multiply(result, factor), result)
    return np.where(a == 0, INT32_MAX, result)


def _reciprocal(a: Array) -> Array:
    """2 / (1 + a) in Q2.29 for a in [0, 1], Q0.31: Newton and Raphson's iteration, from 48/17 - 32/17 d."""
    half = (a + INT32_MAX + 1) >> 1
    x = 1515870810 + high_multiply(half, -1010580540)
    for _ in range(3):
        x = x + saturating_shift(high_multiply(x, _ONE_Q2 - high_multiply(half, x)), 2)
    return x


def logistic(a: Array) -> Array:
    """1 / (1 + exp(-a)) in Q0.31 for a in Q4.27."""
    positive = saturating_shift(_reciprocal(exp_of_negative(-np.abs(a), 4)), 1)
    return np.where(a == 0, _HALF, np.where(a > 0, positive, INT32_MAX - positive))


def tanh(a: Array) -> Array:
    """tanh(a) in Q0.31 for a in Q4.27, as (1 - exp(-2a)) / (1 + exp(-2a))."""
    positive = saturating_shift(_reciprocal(exp_of_negative(-np.abs(a), 5)) - _ONE_Q2, 2)
    return np.sign(a) * positive


# Numbers of 16 bits, for HARD_SWISH.


def high_multiply_16(a: Array, b: int) -> Array:
    """a * b / 2^15, rounded to nearest, ties upwards; int16."""
    return np.asarray(np.minimum((a * b + (1 << 14)) >> 15, 2**15 - 1))


def truncated_high_multiply_16(a: Array, b: Array) -> Array:
    """a * b / 2^15, rounded towards zero; int16."""
    product = a * b
    return np.asarray(np.minimum(np.sign(product) * (np.abs(product) >> 15), 2**15 - 1))


def rounding_shift_16(x: Array, exponent: int) -> Array:
    """As `rounding_shift` of an int16. From 16 on the mask has no bit left to be positive: 1 from 0 up, -1 below."""
    if exponent >= 16:
        return np.where(x < 0, -1, 1)
    return rounding_shift(x, exponent)
