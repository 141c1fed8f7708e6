"""What a compiled program should cost on its board, before it has run: program and board in, predicted counts out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device_profiles import Board, TimingKind
from search.hardware.latency import Interval
from search.hardware.lowering import Program
from toolchain.latency_file import latency_model
from toolchain.report.schema import Predicted, PredictedOp


@dataclass(frozen=True, slots=True)
class Prediction:
    """steps[k]: of step k; measurements[k]: of the family of its kernel, 0 for none.

    source: where the latency model comes from; calibrated: whether it was measured on the board.
    """

    kind: TimingKind
    interval: Interval
    steps: tuple[Interval, ...]
    measurements: tuple[int, ...]
    source: str
    calibrated: bool

    @property
    def total(self) -> int:
        return self.interval.count


def predict(program: Program, board: Board, latency: Path | None = None) -> Prediction | None:
    """The prediction of the board's latency model; None if the board has no timing kind.

    latency: the user's own file. Raises BadInput if that is made for another key.
    """
    model = latency_model(board, latency)
    if model is None or board.timing.kind is None:
        return None
    found = model.predict(program)
    return Prediction(board.timing.kind, found.total, found.steps, found.measurements, model.source, model.calibrated)


def predicted(prediction: Prediction, program: Program) -> Predicted:
    """The prediction as a report has it."""
    ops = tuple(
        PredictedOp(
            index=index,
            op=step.record.kind,
            variant=step.variant.name,
            count=found.count,
            low=found.low,
            high=found.high,
            measurements=prediction.measurements[index],
        )
        for index, (step, found) in enumerate(zip(program.steps, prediction.steps, strict=True))
    )
    whole = prediction.interval
    return Predicted(
        kind=prediction.kind,
        total=whole.count,
        low=whole.low,
        high=whole.high,
        source=prediction.source,
        calibrated=prediction.calibrated,
        ops=ops,
    )


def prediction_missed(predicted: Predicted | None, measured: int | None) -> str | None:
    """The warning if a calibrated prediction missed the measured count; None if it did not."""
    if predicted is None or measured is None or not predicted.calibrated:
        return None
    if predicted.low <= measured <= predicted.high:
        return None
    error = predicted.total / measured - 1
    return (
        f"prediction_missed: {measured:,} {predicted.kind.replace('_', ' ')} were measured, {predicted.low:,} to "
        f"{predicted.high:,} predicted ({error:+.1%}). This is a warning, not a failure: kernels or compiler may have "
        "changed since the calibration. Bring it up to date: mcunas calibrate --update"
    )
