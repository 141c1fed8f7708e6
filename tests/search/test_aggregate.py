"""Ranks against a reference sample, and their combination."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.aggregate import COMBINATIONS, aggregate_against, combination, default_name, rank
from search.candidate import Score
from search.errors import SearchError
from search.proxies import get_proxy

V = np.array([-np.inf, 1.0, 2.0, 2.0, 5.0])


def test_ranks_are_shares_of_the_sample() -> None:
    # (below + half of equal + 1/2) / (n + 1)
    assert rank(1.0, V) == pytest.approx((1 + 0.5 + 0.5) / 6)
    assert rank(2.0, V) == pytest.approx((2 + 1 + 0.5) / 6)
    assert rank(5.0, V) == pytest.approx((4 + 0.5 + 0.5) / 6)
    assert rank(1.5, V) == pytest.approx((2 + 3.5) / 12)  # half-way between two values


numbers = st.floats(-1e3, 1e3).map(lambda x: round(x, 3))


@given(v=st.lists(numbers, min_size=1, max_size=8), a=numbers, b=numbers)
def test_ranks_keep_the_order_and_stay_within_0_and_1(v: list[float], a: float, b: float) -> None:
    sample = np.sort(v)
    low, high = rank(min(a, b), sample), rank(max(a, b), sample)
    assert 0 < rank(-math.inf, sample) < low <= high <= 1


def test_better_than_the_whole_sample_still_differs() -> None:
    assert rank(5.0, V) < rank(5.5, V) < rank(6.0, V) < rank(9.0, V) < 1
    assert rank(1.0, V) > rank(0.5, V) > rank(-5.0, V) > rank(-math.inf, V) > 0


def test_a_sample_of_equal_values_ranks_both_sides() -> None:
    v = np.array([3.0, 3.0])
    assert rank(2.9, v) < rank(3.0, v) == 0.5 < rank(3.1, v)


def scores(**values: float | None) -> dict[str, Score]:
    return {name: Score(value) for name, value in values.items()}


SAMPLE = [scores(synflow=float(i), zico=float(-i)) for i in range(9)]


def test_the_aggregate_is_the_geometric_mean_of_ranks() -> None:
    aggregate = aggregate_against(SAMPLE)
    tried = scores(synflow=8.0, zico=-8.0)
    assert aggregate.ranks(tried) == pytest.approx({"synflow": 0.9, "zico": 0.1})
    assert aggregate(tried) == pytest.approx(math.sqrt(0.9 * 0.1))
    assert aggregate(scores(synflow=4.0, zico=-4.0)) > aggregate(tried)  # one bad rank is not made up for


def test_scores_that_are_not_usable_rank_last_and_are_not_dropped() -> None:
    aggregate = aggregate_against([*SAMPLE, scores(synflow=math.nan, zico=None)])
    assert len(aggregate.reference["synflow"]) == 10
    worst = aggregate(scores(synflow=0.0, zico=-8.0))
    assert aggregate(scores(synflow=math.nan, zico=-8.0)) < worst
    assert aggregate(scores(synflow=0.0, zico=math.inf)) < worst
    assert aggregate(scores(synflow=0.0, zico=None)) < worst


def test_lower_is_better_turns_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    from search import proxies

    monkeypatch.setitem(proxies._registered(), "cond", proxies.Proxy("cond", "lower", (), lambda: 0.0))
    aggregate = aggregate_against([scores(cond=float(i)) for i in range(5)])
    assert aggregate(scores(cond=0.0)) > aggregate(scores(cond=4.0))


def test_every_combination_is_of_proxies_and_default_is_one_of_them() -> None:
    assert {default_name(32, False), default_name(24, True), default_name(64, False)} == {"forward", "thin", "wide"}
    assert all(get_proxy(name) for parts in COMBINATIONS.values() for name in parts)
    with pytest.raises(SearchError, match=r"no aggregate 'az-nas'\. Did you mean az_nas\? Known: az_nas, default"):
        combination("az-nas")


def test_a_proxy_that_scores_nothing_is_reported() -> None:
    sample = [{"zico": Score(math.nan, "zico is nan")}] * 4
    with pytest.raises(
        SearchError, match=r"The proxy zico scored none of 4 architectures \(zico is nan\)\. Leave it out"
    ):
        aggregate_against(sample)
