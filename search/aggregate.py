"""One figure from several proxies: a candidate's scores and those of a reference sample in, a rank in (0, 1) out.

Every proxy gives the share of the reference sample that the candidate beats; the aggregate is the geometric mean of
these ranks, the sum of log-ranks of Lee and Ham, "AZ-NAS" (arXiv 2403.19232), on a readable scale: one bad rank cannot
be made up for by good ones. The sample is drawn once from the seed, so an aggregate depends on its architecture alone.

| symbol | meaning | shape |
|---|---|---|
| v | oriented scores (higher is better) of the reference sample, sorted; -inf: no usable score | [n] |
| s | oriented score of the candidate | scalar |
| r | rank of s in v | scalar in (0, 1) |
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from search.errors import SearchError, unknown_name
from search.proxies import get_proxy

if TYPE_CHECKING:
    from search.candidate import Score

Values = npt.NDArray[np.float64]

#: Proxies combined under a name of their own; docs/proxies.md tells how they were chosen and what they reach.
COMBINATIONS: Mapping[str, tuple[str, ...]] = {
    "forward": ("meco_block8", "meco_block16", "meco_relu", "expressivity", "effective_rank", "shortcut"),
    "thin": ("meco_block8", "meco_relu", "expressivity", "progressivity", "synflow"),
    "wide": ("meco_block16_wide", "channels"),
    "az_nas": ("az_expressivity", "az_progressivity", "az_trainability", "az_complexity"),
}

#: Pixels a side from which width decides, as large images come with many classes.
LARGE_SIDE = 48


def default_name(side: int, thin: bool) -> str:
    """The combination that `default` stands for, by the side of the space's input and whether networks are thin."""
    if side >= LARGE_SIDE:
        return "wide"
    return "thin" if thin else "forward"


def combination(name: str) -> tuple[str, ...]:
    """The proxies that make the aggregate `name`; raises SearchError with the near and the valid names."""
    if name not in COMBINATIONS:
        raise unknown_name("aggregate", name, ("default", *COMBINATIONS))
    return COMBINATIONS[name]


def rank(s: float, v: Values) -> float:
    """Rank of s in v: (values below + half of those equal + 1/2) / (n + 1), linear between two values of v.

    Beyond the largest and the smallest value it goes on, ever more slowly, towards 1 and 0, so that two candidates
    better than the whole sample still differ. A score that is not usable (-inf) ranks below every one that is.
    """
    n, finite = len(v), v[np.isfinite(v)]
    if not math.isfinite(s):
        return 0.25 / (n + 1)
    if not len(finite):
        return n / (n + 1)
    knots, counts = np.unique(finite, return_counts=True)
    below = n - len(finite) + np.cumsum(counts) - counts
    ranks = (below + counts / 2 + 0.5) / (n + 1)
    scale = float(finite.std()) or 1.0
    if s > knots[-1]:
        return float(1 - (1 - ranks[-1]) * math.exp((knots[-1] - s) / scale))
    if s < knots[0]:
        return float(ranks[0] * (0.5 + 0.5 * math.exp((s - knots[0]) / scale)))
    return float(np.interp(s, knots, ranks))


@dataclass(frozen=True)
class Aggregate:
    """The reference sample's oriented scores, sorted, for every proxy that is combined."""

    reference: Mapping[str, Values]

    def ranks(self, scores: Mapping[str, Score]) -> dict[str, float]:
        """The rank of each proxy's score."""
        return {name: rank(_oriented(name, scores[name]), v) for name, v in self.reference.items()}

    def __call__(self, scores: Mapping[str, Score]) -> float:
        """The geometric mean of the ranks, in (0, 1)."""
        return math.exp(sum(math.log(r) for r in self.ranks(scores).values()) / len(self.reference))


def aggregate_against(sample: Sequence[Mapping[str, Score]]) -> Aggregate:
    """The aggregate whose reference is `sample`. Raises SearchError if a proxy scored none of it."""
    reference = {}
    for name in sample[0]:
        v = np.sort([_oriented(name, scores[name]) for scores in sample])
        if not np.isfinite(v).any():
            reason = sample[0][name].reason
            raise SearchError(
                f"The proxy {name} scored none of {len(v)} architectures ({reason}). Leave it out of proxies."
            )
        reference[name] = v
    return Aggregate(reference)


def _oriented(name: str, score: Score) -> float:
    if score.value is None or not score.usable:
        return -math.inf
    return score.value if get_proxy(name).direction == "higher" else -score.value
