"""What a search found: evaluated architectures in, the Pareto front, the pick with its reasons, and files out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.evaluate import Scores
from search.files import write_csv, write_json
from search.hardware.estimate import Estimate
from search.limits import Bound
from search.spaces import Arch, Space

PICK_RULE = (
    "the highest aggregate on the Pareto front; of equal ones the lowest predicted count, then the smallest arena"
)


@dataclass(frozen=True)
class Evaluation:
    """One architecture that the search tried. scores, ranks and aggregate are missing if a limit rejects it.

    rejected: for every limit exceeded the figure beside the limit; empty if all are met.
    """

    arch: Arch
    arch_id: str
    generation: int
    estimate: Estimate
    rejected: tuple[str, ...]
    scores: Scores
    ranks: Mapping[str, float]
    aggregate: float | None

    @property
    def objectives(self) -> tuple[float, ...]:
        """What is minimised: minus the aggregate, the predicted count unless the board has none, the arena."""
        aggregate = 0.0 if self.aggregate is None else self.aggregate
        counts = () if self.estimate.count is None else (float(self.estimate.count),)
        return (-aggregate, *counts, float(self.estimate.arena_bytes))


@dataclass(frozen=True)
class Rejection:
    """What the limits reject of `samples` random architectures: the share that each rejects alone, and all together.

    deciles: of each figure over these architectures, the smallest and the largest included, to choose limits by.
    """

    samples: int
    shares: Mapping[str, float]
    together: float
    deciles: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class SearchResult:
    """candidates in the order tried; front: members of the Pareto front, best aggregate first, the pick before all."""

    candidates: tuple[Evaluation, ...]
    front: tuple[Evaluation, ...]
    reference: Mapping[str, Scores]
    rejection: Rejection
    bounds: tuple[Bound, ...]
    explanation: str

    @property
    def pick(self) -> Evaluation:
        return self.front[0]

    @property
    def runner_up(self) -> Evaluation | None:
        return self.front[1] if len(self.front) > 1 else None

    @property
    def unusable_scores(self) -> dict[str, int]:
        """For every proxy how many candidates and reference architectures it gave no usable score."""
        scored = [*(c.scores for c in self.candidates if c.scores), *self.reference.values()]
        return {name: sum(not scores[name].usable for scores in scored) for name in self.pick.scores}


def pareto_front(evaluations: Sequence[Evaluation]) -> tuple[Evaluation, ...]:
    """The accepted architectures that none beats in one objective without being worse in another, the pick first."""
    accepted = [e for e in evaluations if e.aggregate is not None]
    points = np.array([e.objectives for e in accepted])
    front = [e for e, dominated in zip(accepted, dominated_points(points), strict=True) if not dominated]
    return tuple(sorted(front, key=lambda e: (*e.objectives, e.arch_id)))


def dominated_points(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """For each row of [n, objectives] whether another row is nowhere larger and somewhere smaller."""
    no_worse = np.all(points[:, None, :] <= points[None, :, :], axis=2)
    better = np.any(points[:, None, :] < points[None, :, :], axis=2)
    return np.asarray((no_worse & better).any(axis=0))


def rejection(estimates: Sequence[Estimate], bounds: Sequence[Bound]) -> Rejection:
    """What `bounds` reject of a random sample of which `estimates` are given."""
    exceeded = np.array([[bound.excess(estimate) > 0 for bound in bounds] for estimate in estimates])
    deciles = {}
    for figure in ("arena_bytes", "flash_bytes", "count"):
        values = [getattr(estimate, figure) for estimate in estimates]
        if None not in values:
            deciles[figure] = [float(q) for q in np.quantile(values, np.linspace(0, 1, 11), method="nearest")]
    shares = {bound.name: float(share) for bound, share in zip(bounds, exceeded.mean(axis=0), strict=True)}
    return Rejection(len(estimates), shares, float(exceeded.any(axis=1).mean()), deciles)


def explain(front: Sequence[Evaluation], bounds: Sequence[Bound], reference: int) -> str:
    """Why the first of `front` is the pick, in words and figures, and what its runner-up would have been."""
    pick = front[0]
    ranks = ", ".join(f"{name} {rank:.3f}" for name, rank in pick.ranks.items())
    lines = [
        f"{pick.arch_id} is the pick of {len(front)} architectures on the Pareto front. Rule: {PICK_RULE}.",
        f"Its aggregate is {pick.aggregate:.4f}: its ranks (1 is best) among {reference} random ones are {ranks}.",
        f"It needs {', '.join(_against(pick.estimate, bound) for bound in bounds)}.",
    ]
    if len(front) > 1:
        lines.append(_compare(pick, front[1]))
    return "\n".join(lines)


def _against(estimate: Estimate, bound: Bound) -> str:
    value = getattr(estimate, bound.figure)
    if value is None:
        return f"{bound.name} unknown"
    unit = f" {bound.unit}" if bound.unit != bound.name else ""
    return f"{bound.name} {value:,}{unit} of {bound.at_most:,.0f} ({value / bound.at_most:.0%})"


def _compare(pick: Evaluation, other: Evaluation) -> str:
    parts = [f"aggregate {other.aggregate:.4f}"]
    if pick.estimate.count and other.estimate.count is not None:
        parts.append(f"count {other.estimate.count / pick.estimate.count - 1:+.1%}")
    parts.append(f"arena {other.estimate.arena_bytes / pick.estimate.arena_bytes - 1:+.1%}")
    return f"The runner-up is {other.arch_id}: {', '.join(parts)} against the pick."


def write_result(result: SearchResult, space: Space, folder: Path) -> None:
    """Write candidates.csv, front.json, reference.json, limits.json and, last, pick.json into `folder`."""
    _write_candidates(result, folder / "candidates.csv")
    write_json(folder / "front.json", [_summary(evaluation) for evaluation in result.front])
    write_json(
        folder / "reference.json",
        [{"arch": arch_id, "scores": _scores(scores)} for arch_id, scores in result.reference.items()],
    )
    limits = {bound.name: {"at_most": bound.at_most, "unit": bound.unit} for bound in result.bounds}
    write_json(folder / "limits.json", {"limits": limits, "random": asdict(result.rejection)})
    pick = {
        **_summary(result.pick),
        "choices": dict(zip((gene.name for gene in space.genes), _values(space, result.pick.arch), strict=True)),
        "description": space.describe(result.pick.arch),
        "explanation": result.explanation,
        "rule": PICK_RULE,
        "runner_up": result.runner_up.arch_id if result.runner_up else None,
        "tried": len(result.candidates),
        "scored": sum(candidate.aggregate is not None for candidate in result.candidates),
        "unusable_scores": result.unusable_scores,
    }
    write_json(folder / "pick.json", pick)


def _values(space: Space, arch: Arch) -> list[int]:
    return [gene.choices[choice] for gene, choice in zip(space.genes, arch, strict=True)]


def _summary(evaluation: Evaluation) -> dict[str, object]:
    return {
        "arch": evaluation.arch_id,
        "aggregate": evaluation.aggregate,
        "scores": _scores(evaluation.scores),
        "ranks": dict(evaluation.ranks),
        **asdict(evaluation.estimate),
    }


def _scores(scores: Scores) -> dict[str, object]:
    """JSON has no NaN: a score that is not usable becomes its reason, in an object."""
    return {name: score.value if score.usable else {"unusable": score.reason} for name, score in scores.items()}


def _write_candidates(result: SearchResult, path: Path) -> None:
    proxies = list(result.pick.scores)
    header = ["arch", "generation", "accepted", "front", "aggregate", *proxies]
    header += ["count", "arena_bytes", "flash_bytes", "macs", "rejected", "unusable"]
    front = {evaluation.arch for evaluation in result.front}
    rows = []
    for e in result.candidates:
        values = [e.scores[name].value if e.scores else None for name in proxies]
        unusable = "; ".join(score.reason for score in e.scores.values() if not score.usable)
        known = (e.estimate.count, e.estimate.arena_bytes, e.estimate.flash_bytes, e.estimate.macs)
        verdict = (e.arch_id, e.generation, not e.rejected, e.arch in front, e.aggregate)
        rows.append((*verdict, *values, *known, "; ".join(e.rejected), unusable))
    write_csv(path, header, rows)
