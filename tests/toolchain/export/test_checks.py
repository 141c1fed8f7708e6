"""Figures and limits of the export's checks, on outputs made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from toolchain.errors import ProductFailure
from toolchain.export.checks import argmax_agreement, compare_floats, compare_int8, rounded, sqnr_db

OUTPUTS = np.array([[1.0, 2.0, -4.0], [3.0, 0.5, 0.25]], np.float32)


def test_argmax_agreement_is_a_part_of_the_samples() -> None:
    other = OUTPUTS.copy()
    other[1] = (0, 0, 1)
    assert argmax_agreement(OUTPUTS, OUTPUTS) == 1.0
    assert argmax_agreement(OUTPUTS, other) == 0.5


def test_sqnr_of_noise_a_tenth_of_the_signal_is_20_db() -> None:
    assert sqnr_db(OUTPUTS, OUTPUTS * 1.1) == pytest.approx(20, abs=1e-3)
    assert sqnr_db(OUTPUTS, OUTPUTS) == 120
    assert sqnr_db(OUTPUTS * 0, OUTPUTS * 0) == 120


def test_figures_keep_four_digits() -> None:
    assert rounded(1.23456e-7) == 1.235e-7
    assert rounded(0.0) == 0.0


def test_rounding_between_floats_passes() -> None:
    figures = compare_floats(OUTPUTS, OUTPUTS + np.float32(1e-6), ("torch", "ONNX"))
    assert figures["reference"] == "torch"
    assert figures["max_abs_diff"] == pytest.approx(1e-6, rel=0.1)
    assert figures["max_abs_diff_limit"] == pytest.approx(4e-4)
    assert figures["argmax_agreement"] == 1.0


@pytest.mark.parametrize("wrong", [OUTPUTS + np.float32(0.01), OUTPUTS * np.float32(np.nan)])
def test_more_than_rounding_fails_and_names_the_step(wrong: np.ndarray) -> None:
    with pytest.raises(ProductFailure, match="The ONNX network's outputs differ from the torch network's by up to"):
        compare_floats(OUTPUTS, wrong, ("torch", "ONNX"))


def test_int8_accuracies_need_labels() -> None:
    labels = np.array([1, 2])
    assert compare_int8(OUTPUTS, OUTPUTS, None, 8)["accuracy"] is None
    assert compare_int8(OUTPUTS, OUTPUTS, labels, 8)["accuracy"] == {"float": 0.5, "int8": 0.5}


def test_too_much_quantisation_noise_fails_and_says_what_helps() -> None:
    with pytest.raises(ProductFailure) as caught:
        compare_int8(OUTPUTS, OUTPUTS * 0.5, None, 8)
    assert "stand 6.0 dB above their quantisation noise, must be 10 dB" in str(caught.value)
    assert "8 images: give more of them" in str(caught.value)
    assert caught.value.exit_code == 1
