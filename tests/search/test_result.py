"""Pareto front, pick, explanation, rejections and the files of a search."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from search.candidate import Score
from search.hardware.estimate import Estimate
from search.limits import Bound
from search.result import (
    PICK_RULE,
    Evaluation,
    Rejection,
    SearchResult,
    dominated_points,
    explain,
    pareto_front,
    rejection,
    write_result,
)
from search.spaces import mobilenet

BOUNDS = (
    Bound("arena_bytes", "arena_bytes", 2000, "B", True),
    Bound("flash_bytes", "flash_bytes", 9000, "B", False),
    Bound("instructions", "count", 500, "instructions", True),
)


def evaluation(index: int, aggregate: float | None, count: int | None, arena: int, **scores: Score) -> Evaluation:
    arch = mobilenet.canonical((index, *[0] * (len(mobilenet.genes) - 1)))
    rejected = () if aggregate is not None else ("arena_bytes 3,000 > 2,000 B",)
    estimate = Estimate(arena, 4000, count, 99)
    shown = scores or {"synflow": Score(1.5), "zico": Score(2.0)}
    ranks = dict.fromkeys(shown, aggregate or 0.0)
    used = shown if aggregate is not None else {}
    return Evaluation(arch, mobilenet.arch_id(arch), 0, estimate, rejected, used, ranks if used else {}, aggregate)


@given(arrays(float, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.integers(0, 4).map(float)))
def test_a_point_is_dominated_if_another_is_nowhere_worse_and_somewhere_better(points: np.ndarray) -> None:
    expected = [any((q <= p).all() and (q < p).any() for q in points) for p in points]
    assert dominated_points(points).tolist() == expected


def test_the_front_stands_best_aggregate_first_and_holds_no_rejected_one() -> None:
    best, cheap, small = evaluation(0, 0.9, 400, 1000), evaluation(1, 0.7, 200, 1000), evaluation(2, 0.7, 300, 900)
    dominated, rejected = evaluation(3, 0.6, 300, 1000), evaluation(3, None, 1, 1)
    assert pareto_front([rejected, dominated, small, cheap, best]) == (best, cheap, small)


def test_without_a_count_two_objectives_are_left() -> None:
    best, other = evaluation(0, 0.9, None, 1000), evaluation(1, 0.7, None, 1000)
    assert best.objectives == (-0.9, 1000.0)
    assert pareto_front([other, best]) == (best,)


def test_the_explanation_gives_rule_figures_and_runner_up() -> None:
    pick, other = evaluation(0, 0.9, 400, 1000), evaluation(1, 0.75, 300, 1100)
    needs = (
        "arena_bytes 1,000 B of 2,000 (50%)",
        "flash_bytes 4,000 B of 9,000 (44%)",
        "instructions 400 of 500 (80%)",
    )
    lines = explain([pick, other], BOUNDS, reference=64).splitlines()
    assert lines == [
        f"{pick.arch_id} is the pick of 2 architectures on the Pareto front. Rule: {PICK_RULE}.",
        "Its aggregate is 0.9000: its ranks (1 is best) among 64 random ones are synflow 0.900, zico 0.900.",
        f"It needs {', '.join(needs)}.",
        f"The runner-up is {other.arch_id}: aggregate 0.7500, count -25.0%, arena +10.0% against the pick.",
    ]


def test_each_limit_tells_what_it_rejects_alone() -> None:
    estimates = [Estimate(arena, 100, count, 1) for arena, count in ((1000, 100), (3000, 100), (3000, 900), (10, 10))]
    found = rejection(estimates, BOUNDS)
    assert found.samples == 4
    assert found.shares == {"arena_bytes": 0.5, "flash_bytes": 0.0, "instructions": 0.25}
    assert found.together == 0.5
    assert (found.deciles["arena_bytes"][0], found.deciles["arena_bytes"][-1]) == (10, 3000)
    assert "count" not in rejection([Estimate(1, 1, None, 1)], BOUNDS[:1]).deciles


@pytest.fixture
def result() -> SearchResult:
    wild = {"synflow": Score(math.nan, "synflow is nan"), "zico": Score(None, "zico: RuntimeError: odd")}
    candidates = (evaluation(0, 0.5, 200, 1000, **wild), evaluation(1, None, 900, 3000), evaluation(2, 0.9, 400, 1000))
    front = pareto_front(candidates)
    reference = {"r": {"synflow": Score(0.5), "zico": Score(math.inf, "zico is inf")}}
    return SearchResult(candidates, front, reference, Rejection(4, {"arena_bytes": 0.5}, 0.5, {}), BOUNDS, "why")


def test_unusable_scores_are_counted(result: SearchResult) -> None:
    assert result.unusable_scores == {"synflow": 1, "zico": 2}


def test_files_hold_every_candidate_and_are_strict_json(result: SearchResult, tmp_path: Path) -> None:
    write_result(result, mobilenet, tmp_path)
    rows = list(csv.DictReader((tmp_path / "candidates.csv").open()))
    assert [row["accepted"] + row["front"] for row in rows] == ["11", "00", "11"]
    assert rows[1]["rejected"] == "arena_bytes 3,000 > 2,000 B"
    assert rows[1]["aggregate"] == rows[1]["synflow"] == ""
    assert rows[0]["unusable"] == "synflow is nan; zico: RuntimeError: odd"
    names = ("pick", "front", "limits", "reference")
    read = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in names}
    pick = read["pick"]
    assert mobilenet.parse(pick["arch"]) == result.pick.arch
    assert (pick["tried"], pick["scored"], pick["explanation"]) == (3, 2, "why")
    assert pick["choices"]["resolution"] == 20
    assert pick["runner_up"] == result.front[1].arch_id == read["front"][1]["arch"]
    assert read["front"][1]["scores"]["synflow"] == {"unusable": "synflow is nan"}
    assert read["reference"] == [{"arch": "r", "scores": {"synflow": 0.5, "zico": {"unusable": "zico is inf"}}}]
    assert read["limits"]["limits"]["instructions"] == {"at_most": 500, "unit": "instructions"}
    assert read["limits"]["random"]["shares"] == {"arena_bytes": 0.5}


def test_a_front_of_one_has_no_runner_up(tmp_path: Path) -> None:
    only = evaluation(0, 0.5, 200, 1000)
    write_result(SearchResult((only,), (only,), {}, Rejection(1, {}, 0, {}), BOUNDS, ""), mobilenet, tmp_path)
    assert json.loads((tmp_path / "pick.json").read_text())["runner_up"] is None
