"""How well scores rank: scores and accuracies in, rank correlations and the regret of the pick out, with intervals.

| symbol | meaning | shape |
|---|---|---|
| s | scores, higher is better; what is not finite ranks last | [n] |
| a | accuracies in percent | [n] |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from search.errors import SearchError

Values = npt.NDArray[np.float64]

#: Fewer rows leave a top tenth of less than two.
LEAST_ROWS = 20
_TOP = 0.1


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure and the interval that holds it in 95 % of bootstrap samples; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


def kendall(s: Values, a: Values) -> float:
    """Kendall's tau-b; NaN if all scores are equal."""
    return float(stats.kendalltau(s, a).statistic)


def spearman(s: Values, a: Values) -> float:
    """Spearman's rho; NaN if all scores are equal."""
    return float(np.corrcoef(stats.rankdata(s), stats.rankdata(a))[0, 1]) if np.ptp(s) and np.ptp(a) else float("nan")


def top_kendall(s: Values, a: Values) -> float:
    """Kendall's tau-b over the tenth of highest accuracy."""
    top = np.argsort(-a, kind="stable")[: int(np.ceil(_TOP * len(a)))]
    return kendall(s[top], a[top])


def ndcg(s: Values, a: Values) -> float:
    """Normalised discounted cumulative gain with gain 2^a: 1 if s sorts as a does.

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with the gain of Burges
    et al. (2005).
    """
    gain, discount = np.exp2(a - a.max()), 1 / np.log2(np.arange(2, len(a) + 2))
    return float((gain[np.argsort(-s, kind="stable")] @ discount) / (np.sort(gain)[::-1] @ discount))


def regret(s: Values, a: Values) -> float:
    """Best accuracy minus that of the arg-max of s, the mean over equal ones."""
    return float(a.max() - a[s == s.max()].mean())


STATISTICS: dict[str, Callable[[Values, Values], float]] = {
    "kendall": kendall,
    "spearman": spearman,
    "top10_kendall": top_kendall,
    "ndcg": ndcg,
    "regret": regret,
}


def evaluate(s: Values, a: Values, resamples: int, rng: np.random.Generator) -> dict[str, Statistic]:
    """Every one of STATISTICS, with percentile bootstrap intervals over architectures.

    Raises SearchError if there are too few architectures.
    """
    if len(a) < LEAST_ROWS:
        raise SearchError(
            f"{len(a)} architectures are too few: the Kendall tau of the best tenth needs at least {LEAST_ROWS}."
        )
    s = np.where(np.isfinite(s), s, -np.inf)
    s = stats.rankdata(s)
    samples = rng.integers(len(a), size=(resamples, len(a)))
    return {name: _with_interval(statistic, s, a, samples) for name, statistic in STATISTICS.items()}


def _with_interval(
    statistic: Callable[[Values, Values], float], s: Values, a: Values, samples: npt.NDArray[np.int64]
) -> Statistic:
    with np.errstate(invalid="ignore", divide="ignore"):
        value = statistic(s, a)
        drawn = np.array([statistic(s[sample], a[sample]) for sample in samples])
    if not np.isfinite(value):
        return Statistic(None, None, None)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Statistic(value, None, None)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Statistic(value, float(low), float(high))
