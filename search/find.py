"""The search from beginning to end: a space, a data set, limits and a hardware estimate in, a `SearchResult` out.

1. A reference sample is drawn and scored; 2. random architectures show what each limit rejects; 3. NSGA-II starts from
those that meet all limits; only what meets them is scored; 4. the Pareto front over all that was scored, and the pick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from search.aggregate import Aggregate, aggregate_against
from search.candidate import BATCHES
from search.data import Dataset, Images, Labels
from search.errors import SearchError
from search.evaluate import Evaluator, Progress, Scores, Task
from search.hardware.estimate import Estimate
from search.hardware.ops import Graph
from search.limits import Bound
from search.result import Evaluation, SearchResult, explain, pareto_front, rejection, write_result
from search.settings import SearchSettings
from search.spaces import Arch, Space, load_deployable
from search.strategies.nsga2 import Outcome, nsga2

#: Architectures that may be tried for each one to be scored, before the search gives up filling its quota.
TRIES = 10

# Independent streams of random numbers below the seed of a run.
_REFERENCE, _RANDOM, _BATCH = range(3)


def find_architecture(
    dataset: Dataset,
    estimate: Callable[[Graph], Estimate],
    bounds: tuple[Bound, ...],
    settings: SearchSettings,
    seed: int,
    folder: Path,
    progress: Progress = lambda done, total, what: None,
) -> SearchResult:
    """Search, and write the files of search.result and scores.sqlite into `folder`.

    estimate must be picklable if more than one job is used. The result, and every byte of the files, depends on the
    arguments but for settings.jobs and folder. Raises SearchError if no architecture meets the limits.
    """
    space = load_deployable(settings.space)
    images, labels = proxy_batches(dataset, settings.batch, seed)
    task = Task(space.__name__, settings.proxies, images, labels, dataset.classes, seed, estimate, settings.device)
    with Evaluator(task, folder / "scores.sqlite", settings.jobs) as evaluator:
        rng = np.random.default_rng([seed, _RANDOM])
        random = [space.sample(rng) for _ in range(settings.random)]
        estimates = evaluator.estimates(random, progress, "estimating random architectures")
        sample = distinct_sample(space, np.random.default_rng([seed, _REFERENCE]), settings.reference)
        reference = evaluator.scores(sample, progress, "scoring the reference sample")
        trials = _Trials(evaluator, aggregate_against(reference), space, bounds, settings.candidates, progress)
        population = first_population(random, estimates, bounds, settings.population)
        objectives = 2 if estimates[0].count is None else 3
        nsga2(space, population, objectives, trials.evaluate, seed)
        trials.check()
        evaluator.compact()
    front = pareto_front(trials.evaluations)
    result = SearchResult(
        candidates=tuple(trials.evaluations),
        front=front,
        reference={space.arch_id(arch): scores for arch, scores in zip(sample, reference, strict=True)},
        rejection=rejection(estimates, bounds),
        bounds=bounds,
        explanation=explain(front, bounds, len(sample)),
    )
    write_result(result, space, folder)
    return result


@dataclass
class _Trials:
    """Evaluates what the strategy proposes, until enough was scored, and remembers it."""

    evaluator: Evaluator
    aggregate: Aggregate
    space: Space
    bounds: Sequence[Bound]
    candidates: int
    progress: Progress
    evaluations: list[Evaluation] = field(default_factory=list)
    generation: int = 0

    @property
    def scored(self) -> int:
        return sum(evaluation.aggregate is not None for evaluation in self.evaluations)

    def evaluate(self, archs: list[Arch]) -> Outcome | None:
        """Estimate one generation and score those within the limits; None once enough was scored or tried."""
        before = self.scored
        if before >= self.candidates or len(self.evaluations) >= TRIES * self.candidates:
            return None
        estimates = self.evaluator.estimates(archs, _silent, "")
        excess = [sum(bound.excess(estimate) for bound in self.bounds) for estimate in estimates]
        accepted = [arch for arch, over in zip(archs, excess, strict=True) if over == 0]
        scores = self.evaluator.scores(
            accepted,
            lambda done, _, what: self.progress(min(before + done, self.candidates), self.candidates, what),
            "scoring candidates",
        )
        known = dict(zip(accepted, scores, strict=True))
        generation = [self._evaluation(a, e, known.get(a, {})) for a, e in zip(archs, estimates, strict=True)]
        self.evaluations += generation
        self.generation += 1
        return [evaluation.objectives for evaluation in generation], excess

    def _evaluation(self, arch: Arch, estimate: Estimate, scores: Scores) -> Evaluation:
        return Evaluation(
            arch=arch,
            arch_id=self.space.arch_id(arch),
            generation=self.generation,
            estimate=estimate,
            rejected=tuple(bound.explain(estimate) for bound in self.bounds if bound.excess(estimate) > 0),
            scores=scores,
            ranks=self.aggregate.ranks(scores) if scores else {},
            aggregate=self.aggregate(scores) if scores else None,
        )

    def check(self) -> None:
        """Raise SearchError if no architecture met the limits."""
        if self.scored:
            return
        nearest = min(self.evaluations, key=lambda e: sum(bound.excess(e.estimate) for bound in self.bounds))
        raise SearchError(
            f"None of {len(self.evaluations):,} architectures meets the limits. The nearest, {nearest.arch_id}, has "
            f"{'; '.join(nearest.rejected)}. Raise [limits] or choose a larger board."
        )


def _silent(done: int, total: int, what: str) -> None:
    pass


def proxy_batches(dataset: Dataset, batch: int, seed: int) -> tuple[Images, Labels]:
    """The training images that every proxy sees: BATCHES * batch of them, drawn once from the seed."""
    x, y = dataset.split("train")
    size = BATCHES * batch
    if len(x) < size:
        raise SearchError(
            f"The proxies need {BATCHES} batches of {batch} training images, but {dataset.name} has {len(x):,}. Lower "
            f"batch in [search] to at most {len(x) // BATCHES}."
        )
    chosen = np.random.default_rng([seed, _BATCH]).permutation(len(x))[:size]
    return x[chosen], y[chosen]


def distinct_sample(space: Space, rng: np.random.Generator, size: int) -> list[Arch]:
    """`size` different random architectures, fewer if the space has hardly more."""
    drawn: dict[Arch, None] = {}
    for _ in range(100 * size):
        drawn.setdefault(space.sample(rng))
        if len(drawn) == size:
            break
    return list(drawn)


def first_population(
    archs: Sequence[Arch], estimates: Sequence[Estimate], bounds: Sequence[Bound], size: int
) -> list[Arch]:
    """The first `size` different ones that meet all bounds; those that exceed them least if there are too few."""
    excess = {a: sum(bound.excess(e) for bound in bounds) for a, e in zip(archs, estimates, strict=True)}
    return sorted(excess, key=lambda arch: excess[arch])[:size]
