"""`mcunas rank`: architectures of a table, scored by zero-cost proxies."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import json_option


@click.command()
@click.option("--space", required=True, metavar="NAME", help="Search space, see `mcunas spaces`.")
@click.option(
    "--archs",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV whose column arch names architectures (mnasnet_anb: expand, kernel, layers, se).",
)
@click.option("--proxies", metavar="NAMES", help="Columns to compute, separated by commas, see `mcunas proxies`.")
@click.option(
    "--aggregate",
    metavar="NAME",
    help="Combination in the column aggregate: default, or one of `mcunas proxies` (else: all of --proxies).",
)
@click.option(
    "--effort",
    type=click.Choice(["low", "normal"]),
    default="normal",
    show_default=True,
    help="low: thin networks, at a fraction of the time and some of the quality.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=".npz with x [N, H, W] or [N, H, W, C] and labels y [N] (default: scikit-learn's digits).",
)
@click.option("--batch", type=click.IntRange(2), default=16, show_default=True, help="Images of each of two batches.")
@click.option(
    "--reference", type=click.IntRange(2), default=64, show_default=True, help="Size of the reference sample."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of weights, images and reference.")
@click.option("--jobs", type=click.IntRange(1), help="Processes of one thread each (default: one a CPU).")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="CSV to write.")
@json_option
def command(space: str, archs: Path, proxies: str | None, aggregate: str | None, effort: str, data: Path | None,
            batch: int, reference: int, seed: int, jobs: int | None, out: Path, as_json: bool) -> None:  # fmt: skip
    """Score the architectures of a list without training them.

    Writes a table with the columns arch, one a proxy, aggregate; higher aggregates are better. The aggregate of an
    architecture is the geometric mean of its ranks in a random reference sample, so it depends on no other row. A score
    that is not finite or failed ranks last and is reported. Scores are kept beside the table (.sqlite): a call that was
    interrupted goes on where it was.

    \b
    Example:
      mcunas rank --space nasbench201 --archs archs.csv --proxies synflow,naswot --out scores.csv
      mcunas rank --space mobilenet --archs archs.csv --data images.npz --effort low --out scores.csv
    """
    from toolchain.ranking import Request, rank, show

    given = tuple(name.strip() for name in proxies.split(",")) if proxies else ()
    request = Request(space, archs, given, aggregate, effort == "low", data, batch, reference, seed, jobs, out)
    show(rank(request), request, as_json)
