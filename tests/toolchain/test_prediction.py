"""Predictions in reports: counts with intervals, and a warning where a calibrated one has missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles import load_board
from search.hardware.common_models import ds_cnn
from search.hardware.lowering import lower
from toolchain.prediction import predict, predicted, prediction_missed
from toolchain.report.schema import Predicted

BOARD = load_board("qemu_mps2_an386")
PROGRAM = lower(ds_cnn(), BOARD.cpu.kernels)


def made(calibrated: bool = True) -> Predicted:
    return Predicted(kind="instructions", total=1000, low=900, high=1100, source="a test", calibrated=calibrated)


def test_a_report_has_the_total_and_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prediction = predict(PROGRAM, BOARD)
    report = predicted(prediction, PROGRAM)
    assert (report.total, report.kind, report.calibrated) == (prediction.total, "instructions", False)
    assert [op.count for op in report.ops] == [step.count for step in prediction.steps]
    assert report.low < report.total < report.high
    assert predict(PROGRAM, load_board("host")) is None


@pytest.mark.parametrize("measured", [900, 1000, 1100, None])
def test_a_count_within_the_interval_is_no_warning(measured: int | None) -> None:
    assert prediction_missed(made(), measured) is None


def test_a_count_outside_is_a_warning_of_calibrated_predictions_alone() -> None:
    warning = prediction_missed(made(), 1250)
    assert warning.startswith("prediction_missed: 1,250 instructions were measured, 900 to 1,100 predicted (-20.0%).")
    assert prediction_missed(made(calibrated=False), 1250) is None
    assert prediction_missed(None, 1250) is None
