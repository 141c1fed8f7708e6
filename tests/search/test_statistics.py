"""Rank statistics against cases worked out by hand, and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from search.errors import SearchError
from search.statistics import evaluate, kendall, ndcg, regret, spearman, top_kendall


def test_rank_correlations_by_hand() -> None:
    a = np.array([1.0, 2.0, 3.0, 4.0])
    s = np.array([1.0, 3.0, 2.0, 4.0])
    assert kendall(s, a) == pytest.approx((5 - 1) / 6)
    assert spearman(s, a) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert kendall(-a, a) == spearman(-a, a) == -1
    assert math.isnan(spearman(np.ones(4), a))


def test_the_top_tenth_is_that_of_accuracies() -> None:
    a = np.arange(40.0)
    s = a.copy()
    s[36:] = s[36:][::-1]  # only the best four are turned round
    assert top_kendall(s, a) == -1
    assert kendall(s, a) > 0.98


def test_ndcg_discounts_by_the_logarithm_of_the_place() -> None:
    a = np.array([10.0, 9.0, 8.0])
    assert ndcg(a, a) == 1
    gains, discounts = np.array([4, 2, 1]), 1 / np.log2([2, 3, 4])
    assert ndcg(-a, a) == pytest.approx(gains[::-1] @ discounts / (gains @ discounts))


def test_regret_is_what_the_pick_misses() -> None:
    a = np.array([90.0, 94.0, 92.0])
    assert regret(np.array([1.0, 2.0, 3.0]), a) == 2
    assert regret(np.array([3.0, 2.0, 3.0]), a) == 94 - 91  # the mean over equal ones


def test_intervals_hold_the_figure_and_narrow_with_rows() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for n in (40, 400):
        a = rng.normal(size=n)
        found = evaluate(a + rng.normal(size=n), a, 200, np.random.default_rng(1))
        for figure in (found["kendall"], found["spearman"]):
            assert figure.low is not None
            assert figure.low < figure.value < figure.high
        widths.append(found["kendall"].high - found["kendall"].low)
    assert widths[1] < widths[0] / 2


def test_what_is_not_finite_ranks_last_and_is_not_dropped() -> None:
    a = np.arange(30.0)
    s = a.copy()
    s[-1] = np.nan  # of the best
    dropped = evaluate(s[:-1], a[:-1], 10, np.random.default_rng(0))["kendall"].value
    kept = evaluate(s, a, 10, np.random.default_rng(0))["kendall"].value
    assert dropped == pytest.approx(1)
    assert kept == pytest.approx(1 - 2 * 29 / (30 * 29 / 2))


def test_equal_scores_have_no_correlation() -> None:
    found = evaluate(np.ones(30), np.arange(30.0), 10, np.random.default_rng(0))
    assert found["kendall"].value is None
    assert found["regret"].value == pytest.approx(29 - 14.5)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(SearchError, match=r"19 architectures are too few: .* best tenth needs at least 20"):
        evaluate(np.arange(19.0), np.arange(19.0), 10, np.random.default_rng(0))
