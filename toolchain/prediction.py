"""What a compiled program should cost on its board, before it has run: program and board in, predicted counts out."""

from __future__ import annotations

from dataclasses import dataclass

from device_profiles import Board, TimingKind
from search.hardware.lowering import Program
from search.hardware.prior import prior


@dataclass(frozen=True, slots=True)
class Prediction:
    """steps[k]: predicted count of step k; source: where the latency model comes from."""

    kind: TimingKind
    steps: tuple[int, ...]
    source: str

    @property
    def total(self) -> int:
        return sum(self.steps)


def predict(program: Program, board: Board) -> Prediction | None:
    """The prediction of the board's latency model; None if the board has no timing kind."""
    model = prior(board)
    if model is None or board.timing.kind is None:
        return None
    return Prediction(board.timing.kind, model.step_counts(program), model.source)
