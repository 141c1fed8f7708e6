"""`mcunas rank` and `mcunas proxies evaluate`: files and options in, tables and figures out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolchain.errors import BadInput
from toolchain.progress import stages_progress
from toolchain.text import print_json, print_table

if TYPE_CHECKING:
    from search.rank import Ranking
    from search.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Request:
    """What `mcunas rank` was asked for; the fields are its options."""

    space: str
    archs: Path
    proxies: tuple[str, ...]
    aggregate: str | None
    thin: bool
    data: Path | None
    batch: int
    reference: int
    seed: int
    jobs: int | None
    out: Path

    def columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The proxies to compute, and those of them that make the aggregate. Raises SearchError for unknown names."""
        from search.aggregate import COMBINATIONS, combination
        from search.proxies import get_proxy

        named = [part for name in self.proxies for part in COMBINATIONS.get(name, (name,))]
        aggregate = self.aggregate or (None if named else "default")
        if aggregate == "default":
            aggregate = self._default()
        combined = combination(aggregate) if aggregate else tuple(dict.fromkeys(named))
        return tuple(get_proxy(name).name for name in dict.fromkeys((*named, *combined))), combined

    def _default(self) -> str:
        """The name of the combination that suits the space and the effort."""
        from search.aggregate import default_name
        from search.spaces import load_space

        space = load_space(self.space)
        smallest = space.canonical(tuple(0 for _ in space.genes))
        return default_name(space.input_shape(smallest)[1], self.thin)


def rank(request: Request) -> Ranking:
    """Score the list and write the table."""
    from search.data import read_digits, read_images
    from search.rank import RankSettings, rank_architectures, write_ranking
    from search.spaces import load_space
    from search.tables import read_archs

    space = load_space(request.space)
    proxies, combined = request.columns()
    archs = read_archs(request.archs, space)
    data = read_images(request.data) if request.data else read_digits()
    settings = RankSettings(
        proxies, combined, request.thin, request.batch, request.reference, request.seed, request.jobs
    )
    if request.out.suffix != ".csv":
        raise BadInput(f"--out {request.out} must end in .csv.")
    with stages_progress() as stages, stages.task("rank", len(archs)) as progress:
        ranking = rank_architectures(space, archs, data, settings, request.out.with_suffix(".sqlite"), progress)
    write_ranking(ranking, request.out)
    return ranking


def show(ranking: Ranking, request: Request, as_json: bool) -> None:
    """Print what was written, the best architecture, and how many scores could not be used and why."""
    best = ranking.texts[max(range(len(ranking.texts)), key=ranking.aggregates.__getitem__)]
    unusable = {name: ranking.unusable(name) for name in ranking.scores[0]}
    if as_json:
        faults = {
            name: {"count": len(found), "first": {"arch": found[0][0], "reason": found[0][1].reason} if found else None}
            for name, found in unusable.items()
        }
        value = {"space": request.space, "architectures": len(ranking.texts), "out": str(request.out), "best": best}
        print_json(value | {"proxies": list(unusable), "combined": list(request.columns()[1]), "not_usable": faults})
        return
    click.echo(f"{request.out}: {len(ranking.texts):,} architectures. Highest aggregate: {best}")
    for name, found in unusable.items():
        if found:
            text, score = found[0]
            click.echo(f"{name}: {len(found):,} not usable, ranked last; first {text}: {score.reason}")


def evaluate(space_name: str, scores: Path, table: Path, column: str, resamples: int, seed: int, as_json: bool) -> None:
    """Print how well every column of a table that `mcunas rank` wrote ranks the accuracies of another table."""
    import numpy as np

    from search.proxies import get_proxy
    from search.spaces import load_space
    from search.statistics import evaluate as statistics_of
    from search.tables import joined, read_column, read_scores

    space = load_space(space_name)
    archs, columns = read_scores(scores, space)
    accuracies = np.array(joined(archs, read_column(table, space, column), space, table))
    figures: dict[str, dict[str, Statistic]] = {}
    for name, values in columns.items():
        sign = 1 if name == "aggregate" or get_proxy(name).direction == "higher" else -1
        rng = np.random.default_rng(seed)
        figures[name] = statistics_of(sign * np.array(values), accuracies, resamples, rng)
    if as_json:
        found = {name: {key: asdict(value) for key, value in of.items()} for name, of in figures.items()}
        print_json({"space": space_name, "column": column, "architectures": len(archs), "scores": found})
        return
    headers = ("score", "Kendall tau", "Spearman", "top 10 % tau", "nDCG", "regret of the pick")
    print_table(headers, [(name, *map(_with_interval, of.values())) for name, of in figures.items()])
    click.echo(f"{len(archs):,} architectures; in brackets 95 % of {resamples:,} bootstrap samples.")


def _with_interval(figure: Statistic) -> str:
    if figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
