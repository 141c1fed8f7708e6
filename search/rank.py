"""Ranking a list of architectures: a space, a list, images and proxies in; every score and an aggregate out.

The aggregate of an architecture depends on it alone: its ranks are taken against a reference sample of the space, drawn
from the seed (search.aggregate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.aggregate import aggregate_against
from search.candidate import BATCHES, Score
from search.data import Images, Labels
from search.errors import SearchError
from search.evaluate import Evaluator, Progress, Scores, Task
from search.files import write_csv
from search.find import distinct_sample
from search.proxies import get_proxy
from search.spaces import Arch, Space

#: Classes of the networks where no labels tell.
CLASSES = 10

_REFERENCE, _BATCH = range(2)


@dataclass(frozen=True)
class RankSettings:
    """proxies: columns to compute; combined: those of them that make the aggregate. reference: architectures drawn."""

    proxies: tuple[str, ...]
    combined: tuple[str, ...]
    thin: bool = False
    batch: int = 16
    reference: int = 64
    seed: int = 1
    jobs: int | None = None


@dataclass(frozen=True)
class Ranking:
    """scores and aggregate of every architecture, in the order given."""

    texts: tuple[str, ...]
    scores: tuple[Scores, ...]
    aggregates: tuple[float, ...]

    def unusable(self, proxy: str) -> list[tuple[str, Score]]:
        """Architectures whose score by `proxy` failed or is not finite; they rank last."""
        return [(text, s[proxy]) for text, s in zip(self.texts, self.scores, strict=True) if not s[proxy].usable]


def rank_architectures(
    space: Space,
    archs: Sequence[tuple[str, Arch]],
    data: tuple[Images, Labels | None],
    settings: RankSettings,
    cache: Path,
    progress: Progress = lambda done, total, what: None,
) -> Ranking:
    """Score `archs` (text, architecture) and a reference sample; `cache` keeps every score, so a killed call resumes.

    data: images [N, H, W, C] in [0, 1] and labels [N], or None without. Raises SearchError if there are too few
    images, or a proxy needs labels that are not there.
    """
    images, labels, classes = _batch(data, settings)
    task = Task(space.__name__, settings.proxies, images, labels, classes, settings.seed, None, thin=settings.thin)
    with Evaluator(task, cache, settings.jobs) as evaluator:
        sample = distinct_sample(space, np.random.default_rng([settings.seed, _REFERENCE]), settings.reference)
        reference = evaluator.scores(sample, progress, "scoring the reference sample")
        scores = evaluator.scores([arch for _, arch in archs], progress, "scoring architectures")
    combined = aggregate_against([_only(one, settings.combined) for one in reference])
    aggregates = tuple(combined(_only(one, settings.combined)) for one in scores)
    return Ranking(tuple(text for text, _ in archs), tuple(scores), aggregates)


def _only(scores: Scores, names: Sequence[str]) -> Scores:
    return {name: scores[name] for name in names}


def _batch(data: tuple[Images, Labels | None], settings: RankSettings) -> tuple[Images, Labels, int]:
    """BATCHES * batch images drawn from the seed, their labels (zeros without any), and the number of classes."""
    x, y = data
    if y is None and (needy := [name for name in settings.proxies if get_proxy(name).needs_labels]):
        raise SearchError(
            f"The data have no labels, which {', '.join(needy)} {'needs' if len(needy) == 1 else 'need'}. Add an array "
            f"y [N] to the file, or leave {'it' if len(needy) == 1 else 'them'} out."
        )
    size = BATCHES * settings.batch
    if len(x) < size:
        raise SearchError(
            f"The proxies need {BATCHES} batches of {settings.batch} images, but there are {len(x):,}. Lower --batch "
            f"to at most {len(x) // BATCHES}."
        )
    chosen = np.random.default_rng([settings.seed, _BATCH]).permutation(len(x))[:size]
    if y is None:
        return x[chosen], np.zeros(size, np.int64), CLASSES
    return x[chosen], y[chosen], int(y.max()) + 1


def write_ranking(ranking: Ranking, path: Path) -> None:
    """Write a table: arch, one column a proxy, aggregate. A score that failed is an empty cell."""
    names = list(ranking.scores[0])
    rows = zip(ranking.texts, ranking.scores, ranking.aggregates, strict=True)
    write_csv(path, ["arch", *names, "aggregate"], [(text, *(s[n].value for n in names), a) for text, s, a in rows])
