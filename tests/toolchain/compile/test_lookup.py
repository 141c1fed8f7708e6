"""Tables of operations on one operand; tests/kernels holds them to TensorFlow Lite Micro for hundreds of scales."""

from __future__ import annotations

import numpy as np
import pytest

from toolchain.compile.lookup import table
from toolchain.tflite.model import Constants, Quantization

EVERY_INT8 = np.arange(-128, 128)


def outputs(kind: str, source: Quantization, target: Quantization, alpha: float = 0.0) -> np.ndarray:
    """For inputs -128 .. 127."""
    values = table(kind, source, target, Constants(alpha=alpha))
    assert (values.dtype, values.shape) == (np.int8, (256,))
    return values[EVERY_INT8 % 256].astype(int)


def real(source: Quantization) -> np.ndarray:
    return source.scale * (EVERY_INT8 - source.zero_point)


SOURCE = Quantization(0.0625, -9)


@pytest.mark.parametrize(
    ("kind", "target", "function"),
    [
        ("LOGISTIC", Quantization(1 / 256, -128), lambda x: 1 / (1 + np.exp(-x))),
        ("TANH", Quantization(1 / 128, 0), np.tanh),
        ("HARD_SWISH", Quantization(0.05, -100), lambda x: x * np.clip(x + 3, 0, 6) / 6),
        ("RELU", Quantization(0.05, -100), lambda x: np.maximum(x, 0)),
        ("RELU6", SOURCE, lambda x: np.clip(x, 0, 6)),
        ("LEAKY_RELU", Quantization(0.05, 3), lambda x: np.where(x < 0, 0.25 * x, x)),
    ],
)
def test_tables_are_the_functions_to_one_unit(kind, target, function) -> None:
    wanted = function(real(SOURCE)) / target.scale + target.zero_point
    got = outputs(kind, SOURCE, target, alpha=0.25)
    assert np.abs(got - np.clip(wanted, -128, 127)).max() <= 1


@pytest.mark.parametrize(("kind", "target"), [("LOGISTIC", (1 / 256, -128)), ("TANH", (1 / 128, 0))])
def test_coarse_steps_saturate(kind: str, target: tuple[float, int]) -> None:
    """From 8 up every step is beyond what is computed, 0 itself included; TensorFlow Lite Micro does so."""
    got = outputs(kind, Quantization(100.0, 0), Quantization(*target))
    assert set(got[:129]) == {-128}
    assert set(got[129:]) == {127}


def test_a_negative_slope_turns_around() -> None:
    got = outputs("LEAKY_RELU", Quantization(1.0, 0), Quantization(1.0, 0), alpha=-0.5)
    assert got[0] == 64
    assert got[127] == 0  # -1 * 0.5 rounds up to 0
    assert got[128:].tolist() == list(range(128))
