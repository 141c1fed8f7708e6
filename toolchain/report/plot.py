"""Geometry of the Pareto plots: a search's candidates in, positions in an SVG view box out; the template draws them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolchain.report.details import Candidate, Search
from toolchain.report.words import kind_text
from toolchain.text import byte_text, short_number

WIDTH, HEIGHT = 520, 360
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 16, 52
#: Colours from the smallest to the largest value, readable on light and dark ground.
SCALE = ((42, 157, 143), (233, 185, 73), (209, 73, 91))


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate. role: 'candidate', 'front' or 'pick', drawn in this order."""

    x: float
    y: float
    colour: str
    role: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing: score upwards against `x_name`, coloured by `colour_name`.

    front: SVG points of the line through the best score so far, from left to right. limit: x of the limit's line,
    beyond the right edge if the limit is far from every candidate.
    """

    x_name: str
    colour_name: str
    points: tuple[Point, ...]
    front: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    limit: Tick | None
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` to positions from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    def ticks(self) -> tuple[Tick, ...]:
        return tuple(Tick(self(value), short_number(value)) for value in nice_values(self.low, self.high))


def nice_values(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` multiples of 1, 2 or 5 times a power of ten within low..high, low < high."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if math.floor(high / (factor * power)) -
                math.ceil(low / (factor * power)) < most)  # fmt: skip
    return [round(i * step, 12) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def pareto_plots(search: Search) -> list[Plot]:
    """Score against the predicted count, coloured by arena, and score against the arena, coloured by count.

    Without a timing kind there is only the second, in one colour.
    """

    def arena(candidate: Candidate) -> float:
        return candidate.arena_bytes

    def count(candidate: Candidate) -> float:
        return candidate.count or 0

    arena_plot = _plot(search, "arena (bytes)", arena, ("arena_bytes",), "", lambda _: 0.0)
    if search.kind is None:
        return [arena_plot]
    counted = f"predicted {kind_text(search.kind)}"
    return [
        _plot(search, counted, count, (search.kind, "latency_us"), "arena", arena),
        _plot(search, "arena (bytes)", arena, ("arena_bytes",), counted, count),
    ]


def _plot(
    search: Search,
    x_name: str,
    x_of: Callable[[Candidate], float],
    limit_names: tuple[str, ...],
    colour_name: str,
    colour_of: Callable[[Candidate], float],
) -> Plot:
    limit = next((limit.value for limit in search.limits if limit.name in limit_names), None)
    xs = [x_of(candidate) for candidate in search.candidates]
    near = [limit] if limit is not None and limit < max(xs) + (max(xs) - min(xs)) / 2 else []
    x_axis = _axis([*xs, *near], LEFT, WIDTH - RIGHT)
    y_axis = _axis([candidate.score for candidate in search.candidates], HEIGHT - BOTTOM, TOP)
    colours = [colour_of(candidate) for candidate in search.candidates]
    low, high = min(colours), max(colours)
    points = [
        Point(x_axis(x_of(c)), y_axis(c.score), _colour(colour_of(c), low, high), _role(search, c), _label(search, c))
        for c in search.candidates
    ]
    order = ("candidate", "front", "pick")
    return Plot(
        x_name,
        colour_name,
        tuple(sorted(points, key=lambda p: order.index(p.role))),
        " ".join(f"{p.x},{p.y}" for p in _best_so_far(points)),
        x_axis.ticks(),
        y_axis.ticks(),
        None if limit is None else Tick(x_axis(limit), f"limit {short_number(limit)}"),
        short_number(low),
        short_number(high),
    )


def _axis(values: Sequence[float], start: float, end: float) -> Axis:
    low, high = min(values), max(values)
    margin = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return Axis(low - margin, high + margin, start, end)


def _best_so_far(points: Sequence[Point]) -> list[Point]:
    """What no point further left beats in this projection; y grows downwards."""
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (p.x, p.y)):
        if not best or point.y < best[-1].y:
            best.append(point)
    return best


def _role(search: Search, candidate: Candidate) -> str:
    if candidate.name == search.pick:
        return "pick"
    return "front" if candidate.name in search.front else "candidate"


def _label(search: Search, candidate: Candidate) -> str:
    parts = [candidate.name, f"score {candidate.score:.3f}"]
    if search.kind is not None and candidate.count is not None:
        parts.append(f"{candidate.count:,} {kind_text(search.kind)}")
    parts.append(f"arena {byte_text(candidate.arena_bytes)}")
    return ", ".join(parts)


def _colour(value: float, low: float, high: float) -> str:
    position = (value - low) / (high - low) * (len(SCALE) - 1) if high > low else 0.0
    below = min(int(position), len(SCALE) - 2)
    mixed = (a + (b - a) * (position - below) for a, b in zip(SCALE[below], SCALE[below + 1], strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)
