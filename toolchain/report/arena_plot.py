"""Geometry of the arena over time: the memory map of a program in, rectangles in an SVG view box out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolchain.compile.memory_map import Span
from toolchain.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, Axis, Tick
from toolchain.text import byte_text

WIDTH = 1040  # twice a Pareto plot


@dataclass(frozen=True, slots=True)
class Block:
    """A tensor or scratch: steps to the right, arena offset upwards. role: 'tensor' or 'scratch'."""

    x: float
    y: float
    width: float
    height: float
    role: str
    label: str


@dataclass(frozen=True, slots=True)
class ArenaPlot:
    """One drawing; blocks that overlap are an output written over its own input."""

    blocks: tuple[Block, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def arena_plot(spans: Sequence[Span], arena_bytes: int) -> ArenaPlot | None:
    """The drawing of `spans` in an arena of `arena_bytes`; None if there is nothing to draw."""
    if not spans or not arena_bytes:
        return None
    steps = max(span.last for span in spans) + 1
    x = Axis(0, steps, LEFT, WIDTH - RIGHT)
    y = Axis(0, arena_bytes, HEIGHT - BOTTOM, TOP)
    blocks = [
        Block(
            x(span.first),
            y(span.offset + span.bytes),
            round(x(span.last + 1) - x(span.first), 1),
            round(y(span.offset) - y(span.offset + span.bytes), 1),
            span.what,
            f"{span.name}, {span.what}: {byte_text(span.bytes)} at {span.offset:,}, steps {span.first} to {span.last}",
        )
        for span in spans
    ]
    middle = (x(1) - x(0)) / 2
    every = max(1, -(-steps // 26))
    x_ticks = tuple(Tick(round(x(step) + middle, 1), str(step)) for step in range(0, steps, every))
    return ArenaPlot(tuple(blocks), x_ticks, tuple(tick for tick in y.ticks() if tick.at >= TOP))
