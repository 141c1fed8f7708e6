"""What a network will need on a board, before it exists: graph in; arena, flash and predicted count out."""

from __future__ import annotations

from dataclasses import dataclass

from device_profiles import Board
from search.hardware.latency import LatencyModel
from search.hardware.lowering import lower
from search.hardware.ops import Graph
from search.hardware.sizes import SizeTable


@dataclass(frozen=True, slots=True)
class Estimate:
    """count: predicted total in the board's timing kind, None if the board has none.

    flash_bytes: None if the board has no size table (the host port). MACs count padded taps.
    """

    arena_bytes: int
    flash_bytes: int | None
    count: int | None
    macs: int


@dataclass(frozen=True)
class Estimator:
    """Estimates for one board; a plain value, so it can be sent to worker processes."""

    board: Board
    sizes: SizeTable | None
    latency: LatencyModel | None

    def __call__(self, graph: Graph) -> Estimate:
        program = lower(graph, self.board.cpu.kernels)
        return Estimate(
            arena_bytes=program.arena_bytes,
            flash_bytes=self.sizes.flash_bytes(program) if self.sizes else None,
            count=self.latency.total(program) if self.latency else None,
            macs=sum(step.record.macs for step in program.steps),
        )
