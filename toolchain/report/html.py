"""report.html: a `Report`, its board and details in, one self-contained page out; the same bytes for the same input."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2

from device_profiles import Board
from toolchain.report import plot
from toolchain.report.arena_plot import WIDTH as ARENA_WIDTH
from toolchain.report.arena_plot import arena_plot
from toolchain.report.details import Details
from toolchain.report.schema import Counts, Report
from toolchain.report.words import KIND_NOTES, kind_text, outputs_text, prediction_text, stack_text
from toolchain.text import byte_text, cell_text, percent_text

HEADLINES = {
    "passed": "The board does what the model says.",
    "failed": "The product is wrong.",
    "environment": "The board or a tool was not there.",
    "invalid": "The measurement must not be believed.",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: what it is, its value, and a remark."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stacked bar; share is of the bar, 0 to 1."""

    name: str
    size: int
    share: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A memory: its parts against one another, and all of them against the board's."""

    name: str
    parts: tuple[Part, ...]
    used: int
    available: int

    @property
    def share(self) -> float:
        return min(self.used / self.available, 1.0)


def render_html(report: Report, board: Board, details: Details | None = None) -> str:
    """The page as text. Everything in it is escaped."""
    details = details or Details(title=f"Model on {board.name}")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("toolchain.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": cell_text, "bytes": byte_text, "percent": percent_text, "kind": kind_text}
    return environment.get_template("report.html.j2").render(
        report=report,
        board=board,
        details=details,
        headline=HEADLINES[report.verdict],
        outputs=outputs_text(report),
        prediction=prediction_text(report),
        tiles=_tiles(report, board),
        plots=plot.pareto_plots(details.search) if details.search and details.search.candidates else [],
        plot=plot,
        arena=arena_plot(details.arena, report.memory.arena_bytes or 0),
        arena_width=ARENA_WIDTH,
        colours=["#" + "".join(f"{channel:02x}" for channel in colour) for colour in plot.SCALE],
        memories=_memories(report, board),
        stack=stack_text(report),
        all_counts=[counts for counts in (report.counts, *report.other_counts) if counts is not None],
        longest=_longest,
        kind_notes=KIND_NOTES,
    )


def _tiles(report: Report, board: Board) -> list[Tile]:
    memory, tiles = report.memory, []
    if report.accuracy.device is not None:
        tiles.append(Tile("accuracy on the device", percent_text(report.accuracy.device)))
    if report.counts is not None:
        remark = prediction_text(report)
        tiles.append(Tile(f"{kind_text(report.counts.kind)} per inference", f"{report.counts.total:,}", remark))
    if report.latency_us is not None and report.clock_hz:
        tiles.append(Tile("latency", f"{report.latency_us:,.0f} µs", f"at {report.clock_hz / 1e6:g} MHz"))
    for name, size, available in (
        ("RAM", memory.ram_bytes, board.memory.ram.bytes),
        ("flash", memory.flash_bytes, board.memory.flash.bytes),
    ):
        if size is not None:
            tiles.append(Tile(name, byte_text(size), f"{percent_text(size / available)} of the board's"))
    if memory.arena_bytes is not None:
        tiles.append(Tile("arena", byte_text(memory.arena_bytes), "all tensors and scratch"))
    return tiles


def _memories(report: Report, board: Board) -> list[Bar]:
    memory, bars = report.memory, []
    if memory.flash_bytes:
        sections = {name: size for name, size in memory.flash_sections if size}
        bars.append(_bar("Flash", sections, memory.flash_bytes, board.memory.flash.bytes))
    if memory.ram_bytes and memory.arena_bytes is not None:
        rest = memory.ram_bytes - memory.arena_bytes
        sizes = {"arena": memory.arena_bytes, "stack, buffers, variables": rest}
        bars.append(_bar("RAM", sizes, memory.ram_bytes, board.memory.ram.bytes))
    return bars


def _bar(name: str, sizes: dict[str, int], used: int, available: int) -> Bar:
    ordered = sorted(sizes.items(), key=lambda item: -item[1])
    return Bar(name, tuple(Part(part, size, size / used) for part, size in ordered), used, available)


def _longest(counts: Counts) -> int:
    return max((op.count or 0 for op in counts.ops), default=0) or 1
