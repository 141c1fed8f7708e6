"""Geometry of the Pareto plots."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from tests.toolchain.report import sample
from toolchain.report.details import Candidate, Limit
from toolchain.report.plot import HEIGHT, WIDTH, nice_values, pareto_plots


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0.13, 0.87, [0.2, 0.4, 0.6, 0.8]),
        (310_000, 2_800_000, [500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]),
        (-3, 3, [-2, 0, 2]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert nice_values(low, high) == expected


def test_points_lie_within_the_drawing_and_better_is_higher() -> None:
    search = sample.search()
    for plot in pareto_plots(search):
        assert all(0 < point.x < WIDTH and 0 < point.y < HEIGHT for point in plot.points)
        assert plot.points[-1].role == "pick", "the pick is drawn over the others"
        best = max(search.candidates, key=lambda candidate: candidate.score)
        assert min(plot.points, key=lambda point: point.y).label.startswith(f"{best.name}, ")


def test_the_front_line_rises_to_the_right() -> None:
    for plot in pareto_plots(sample.search()):
        line = [tuple(map(float, pair.split(","))) for pair in plot.front.split()]
        assert len(line) > 3
        assert all(x0 < x1 and y0 > y1 for (x0, y0), (x1, y1) in itertools.pairwise(line))


def test_a_single_candidate_can_be_drawn() -> None:
    only = Candidate("one", 0.5, 1_000, 4_096)
    search = dataclasses.replace(sample.search(), candidates=(only,), front=("one",), pick="one", limits=())
    for plot in pareto_plots(search):
        assert [point.role for point in plot.points] == ["pick"]
        assert plot.limit is None


def test_a_limit_far_away_does_not_squeeze_the_candidates() -> None:
    search = dataclasses.replace(sample.search(), limits=(Limit("arena_bytes", 4_194_304, 0.0),))
    arena_plot = pareto_plots(search)[1]
    assert max(point.x for point in arena_plot.points) > 0.9 * WIDTH
    assert arena_plot.limit is not None
    assert arena_plot.limit.at > WIDTH


def test_a_limit_on_time_is_drawn_among_the_cycles() -> None:
    cycles = dataclasses.replace(
        sample.search(), kind="cycles", limits=(Limit("latency_us", 2_700_000.0, 0.4, "cycles"),)
    )
    assert pareto_plots(cycles)[0].limit.text == "limit 2.7 M"
