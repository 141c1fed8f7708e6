"""Fixed-point preparation by hand-made numbers; tests/kernels holds it to TensorFlow Lite Micro."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.hardware.ops import Activation
from toolchain.compile.quantize import (
    activation_range,
    add_multipliers,
    channel_multipliers,
    mean_multiplier,
    quantize_multiplier,
    softmax_parameters,
)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, (0, 0)),
        (1.0, (2**30, 1)),
        (0.5, (2**30, 0)),
        (0.75, (3 * 2**29, 0)),
        (6.0, (3 * 2**29, 3)),
        (2.0**-32, (2**30, -31)),
        (2.0**-33, (0, 0)),
        (1 - 2.0**-40, (2**30, 1)),  # rounds up to 2^31, which is halved
        (0.5 + 2.0**-32, (2**30 + 1, 0)),  # a tie goes up
        (2.0**31 - 1, (2**31 - 1, 31)),
    ],
)
def test_quantize_multiplier(real: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(real) == expected


@given(st.floats(2.0**-31, 2.0**30))
def test_quantize_multiplier_is_within_half_a_unit(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    assert -31 <= shift <= 31
    assert abs(math.ldexp(multiplier, shift - 31) - real) <= math.ldexp(0.5, shift - 31)


@pytest.mark.parametrize("real", [-0.1, 2.0**31, math.inf, math.nan])
def test_quantize_multiplier_refuses_what_it_cannot_represent(real: float) -> None:
    with pytest.raises(ValueError, match=r"no multiplier and shift can stand for .*, must be at least 0 and below"):
        quantize_multiplier(real)


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        ("none", 0.1, 5, (-128, 127)),
        ("relu", 0.1, 5, (5, 127)),
        ("relu", 0.1, -128, (-128, 127)),
        ("relu6", 0.1, 5, (5, 65)),
        ("relu6", 0.01, -128, (-128, 127)),
        ("relu6", 6 / 2.5, -128, (-128, -125)),  # 2.5 steps round away from zero
        ("relu6", 1e-9, -128, (-128, 127)),
        ("relu6", 1e6, 127, (127, 127)),
    ],
)
def test_activation_range(activation: Activation, scale: float, zero_point: int, expected: tuple[int, int]) -> None:
    assert activation_range(activation, float(np.float32(scale)), zero_point) == expected


def test_channel_multipliers() -> None:
    multiplier, shift = channel_multipliers(0.5, np.array([0.25, 0.5, 3.0], np.float32), 1.0)
    assert multiplier.dtype == np.int32
    assert shift.dtype == np.int8
    assert multiplier.tolist() == [2**30, 2**30, 3 * 2**29]
    assert shift.tolist() == [-2, -1, 1]


def test_add_multipliers() -> None:
    scaling = add_multipliers(0.25, 1.0, 2.0)
    assert scaling.multiplier == (2**30, 2**30)
    assert scaling.shift == (-2, 0)  # 0.25 / 2 and 1 / 2
    assert (scaling.output_multiplier, scaling.output_shift) == (2**30, -19)  # 2 / (2^20 * 2)


def test_mean_multiplier_truncates_its_reciprocal() -> None:
    assert mean_multiplier(1.0, 1.0, 1) == (2**30, 1)
    assert mean_multiplier(1.0, 1.0, 4) == (2**30, -1)
    assert mean_multiplier(1.0, 1.0, 49) == ((2**30 << 5) // 49, -4)
    assert mean_multiplier(1.0, 2.0**30, 1024) == (2**30 >> 8, -31)  # the shift has room for 2 bits of 10


def test_softmax_parameters() -> None:
    multiplier, shift, diff_min = softmax_parameters(1.0, 0.125)
    assert (multiplier, shift) == (2**30, 24)
    assert diff_min == -(31 * 2**26 >> 24)
    assert softmax_parameters(1.0, 1e6) == (2**31 - 1, 31, 0)
