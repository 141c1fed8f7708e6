"""Budgets: what a model may need on its board, from TOML or a run's limits, held against a report's figures."""

from __future__ import annotations

from math import inf
from pathlib import Path

from pydantic import Field

from device_profiles import Board
from search.limits import bounds
from search.settings import Limits
from toolchain.config import parse, read_toml
from toolchain.errors import BadInput
from toolchain.report.schema import Report


class Budget(Limits):
    """What `--budget` reads: the keys of [limits], and RAM and stack of the whole firmware."""

    ram_bytes: int | None = Field(None, gt=0)
    stack_bytes: int | None = Field(None, gt=0)


def read_budget(path: Path) -> Budget:
    """The budget in a TOML file. Raises BadInput naming every wrong key."""
    return parse(Budget, read_toml(path), path)


def check_budget(budget: Limits, board: Board) -> None:
    """Refuse, before anything is built, what could never be held against the board.

    Raises SearchError for a count of another timing kind, BadInput for a figure that the board does not have.
    """
    bounds(budget, board)
    given = [name for name in ("flash_bytes", "ram_bytes", "stack_bytes") if getattr(budget, name, None) is not None]
    if given and not board.firmware.linker_script:
        raise BadInput(f"{given[0]} cannot be held on {board.name}: a PC program has no such figure. Remove it.")


def over_budget(report: Report, budget: Limits, board: Board) -> list[str]:
    """A sentence for every figure of `report` above `budget`. Raises SearchError for a count of another timing kind."""
    memory = report.memory
    figures = {
        "arena_bytes": memory.arena_bytes,
        "flash_bytes": memory.flash_bytes,
        "count": report.counts.total if report.counts else None,
    }
    rows = [(b.name, figures[b.figure], b.at_most, b.unit) for b in bounds(budget, board) if b.given]
    if isinstance(budget, Budget):
        rows.append(("ram_bytes", memory.ram_bytes, budget.ram_bytes or inf, "B"))
        rows.append(("stack_bytes", memory.stack_bytes, budget.stack_bytes or inf, "B"))
    return [
        f"Over budget: {name}: {value:,} {unit}, allowed {limit:,.0f} {unit}."
        for name, value, limit, unit in rows
        if value is not None and value > limit
    ]
