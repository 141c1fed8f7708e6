"""Hard limits: a configuration's [limits] and a board in, bounds that an estimate meets or exceeds out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from device_profiles.schema import Board
from search.errors import SearchError
from search.hardware.estimate import Estimate
from search.settings import Limits

Figure = Literal["arena_bytes", "flash_bytes", "count"]


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit: `figure` of an estimate must be at most `at_most`, in `unit`.

    given: by the user, not by the board.
    """

    name: str
    figure: Figure
    at_most: float
    unit: str
    given: bool

    def excess(self, estimate: Estimate) -> float:
        """By what share the estimate lies above the bound (0.5: half more than allowed); 0 if it does not.

        Raises SearchError if a limit was given for a figure that cannot be estimated.
        """
        value = getattr(estimate, self.figure)
        if value is None:
            if self.given:
                raise SearchError(f"limits.{self.name} cannot be held: nothing predicts it for this board. Remove it.")
            return 0.0
        return max(float(value) / self.at_most - 1, 0.0)

    def explain(self, estimate: Estimate) -> str:
        """The figure beside the bound that it exceeds."""
        return f"{self.name} {getattr(estimate, self.figure):,} > {self.at_most:,.0f} {self.unit}"


def bounds(limits: Limits, board: Board) -> tuple[Bound, ...]:
    """The bounds of a search for `board`: its memories, lowered to `limits`, and the limit on the count, if any.

    Raises SearchError if that limit is not of the board's own timing kind.
    """
    arena = min(limits.arena_bytes or board.arena_limit_bytes, board.arena_limit_bytes)
    flash = min(limits.flash_bytes or board.memory.flash.bytes, board.memory.flash.bytes)
    return (
        Bound("arena_bytes", "arena_bytes", arena, "B", limits.arena_bytes is not None),
        Bound("flash_bytes", "flash_bytes", flash, "B", limits.flash_bytes is not None),
        *_count_bound(limits, board),
    )


def _count_bound(limits: Limits, board: Board) -> tuple[Bound, ...]:
    """The bound on an inference in the board's own counts; latency_us becomes cycles at its clock."""
    if limits.timing is None:
        return ()
    name, value = limits.timing
    kind = board.timing.kind
    own = "latency_us" if kind == "cycles" else kind
    if kind is None or name != own:
        counts = f"counts {kind.replace('_', ' ')}" if kind else "measures no time"
        advice = f"Give limits.{own} instead." if own else "Remove it."
        raise SearchError(f"limits.{name} = {value:,} means nothing on {board.name}: it {counts}. {advice}")
    at_most = value * board.clock.hz / 1e6 if name == "latency_us" else value
    return (Bound(name, "count", at_most, kind.replace("_", " "), True),)
