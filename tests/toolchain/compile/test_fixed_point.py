"""Fixed-point functions against the real ones, and their rounding by hand-made numbers."""

from __future__ import annotations

import numpy as np
import pytest

from toolchain.compile import fixed_point as fixed


def array(*values: int) -> fixed.Array:
    return np.array(values, np.int64)


def test_high_multiply_rounds_ties_upwards() -> None:
    assert fixed.high_multiply(array(1, -1, 3, -3), 1 << 30).tolist() == [1, 0, 2, -1]


def test_rounding_shift_rounds_ties_away_from_zero() -> None:
    assert fixed.rounding_shift(array(2, -2, 6, -6, 5, -5), 2).tolist() == [1, -1, 2, -2, 1, -1]
    assert fixed.rounding_shift(array(7, -7), 0).tolist() == [7, -7]


def test_requantize_with_shifts_either_way() -> None:
    assert fixed.requantize(array(100, -100), 1 << 30, 1).tolist() == [100, -100]
    assert fixed.requantize(array(100, -100), 1 << 30, -2).tolist() == [13, -13]  # 12.5


def test_a_shift_to_the_left_wraps_at_32_bits() -> None:
    assert fixed.requantize(array(3), 1 << 30, 31).tolist() == [-(1 << 30)]


@pytest.mark.parametrize("integer_bits", [4, 5])
def test_exp_of_negative(integer_bits: int) -> None:
    a = -np.unique(np.geomspace(1, 2**31 - 1, 2000).astype(np.int64))
    got = fixed.exp_of_negative(a, integer_bits) / 2**31
    np.testing.assert_allclose(got, np.exp(a / 2.0 ** (31 - integer_bits)), atol=3e-7)
    assert fixed.exp_of_negative(array(0), integer_bits).tolist() == [fixed.INT32_MAX]


def test_logistic_and_tanh() -> None:
    a = np.linspace(-(2**31) + 1, 2**31 - 1, 3001).astype(np.int64)
    real = a / 2.0**27
    np.testing.assert_allclose(fixed.logistic(a) / 2**31, 1 / (1 + np.exp(-real)), atol=1e-6)
    np.testing.assert_allclose(fixed.tanh(a) / 2**31, np.tanh(real), atol=1e-6)
    assert fixed.logistic(array(0)).tolist() == [1 << 30]
    assert fixed.tanh(array(0)).tolist() == [0]


def test_numbers_of_16_bits() -> None:
    assert fixed.high_multiply_16(array(1, -1, -32768), 1 << 14).tolist() == [1, 0, -16384]
    assert fixed.truncated_high_multiply_16(array(-3, 3), array(1 << 14, 1 << 14)).tolist() == [-1, 1]
    assert fixed.saturating_shift(array(300, -300, 5), 7, 16).tolist() == [32767, -32768, 640]
    assert fixed.rounding_shift_16(array(5, -5), 1).tolist() == [3, -3]
    assert fixed.rounding_shift_16(array(5, 0, -5), 16).tolist() == [1, 1, -1]
