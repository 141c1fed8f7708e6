"""`mcunas proxies`: the registered zero-cost proxies, and how well their scores rank."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import json_option


class _NameOrCommand(click.Group):
    """What is no subcommand is the name of a proxy."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        return "show", _show, args


@click.group(cls=_NameOrCommand, invoke_without_command=True, subcommand_metavar="[NAME | evaluate ...]")
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the zero-cost proxies, show the formula and source of the proxy NAME, or evaluate scores.

    \b
    Example:
      mcunas proxies
      mcunas proxies synflow
      mcunas proxies evaluate --space nasbench201 --scores scores.csv --table accuracies.csv --column cifar10_test
    """
    if ctx.invoked_subcommand is None:
        _list()


def _list() -> None:
    from search.aggregate import COMBINATIONS
    from search.proxies import get_proxy, proxy_names
    from toolchain.text import print_table

    proxies = [get_proxy(each) for each in proxy_names()]
    rows = [(proxy.name, proxy.direction, ", ".join(proxy.needs), proxy.summary) for proxy in proxies]
    print_table(("proxy", "better", "works on", "what it is"), rows)
    click.echo("\nCombinations of ranks (`mcunas rank --aggregate NAME`; default is the one that suits the space):")
    for name, parts in COMBINATIONS.items():
        click.echo(f"  {name}: {', '.join(parts)}")


@click.command()
@click.argument("name")
def _show(name: str) -> None:
    """Show the formula and source of the proxy NAME."""
    from inspect import getdoc

    from search.proxies import get_proxy

    proxy = get_proxy(name)
    click.echo(f"{getdoc(proxy.score)}\n")
    click.echo(f"Works on: {', '.join(proxy.needs)}. Better: {proxy.direction}.")


@command.command()
@click.option("--space", required=True, metavar="NAME", help="Search space, see `mcunas spaces`.")
@click.option(
    "--scores",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV that `mcunas rank` wrote.",
)
@click.option(
    "--table",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV with the accuracies; architectures are named as for `mcunas rank --archs`.",
)
@click.option("--column", required=True, metavar="NAME", help="Column of the accuracies, in percent.")
@click.option("--resamples", type=click.IntRange(1), default=1000, show_default=True, help="Bootstrap samples.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the bootstrap.")
@json_option
def evaluate(space: str, scores: Path, table: Path, column: str, resamples: int, seed: int, as_json: bool) -> None:
    """Tell how well scores rank accuracies.

    For every column of the scores: Kendall tau, Spearman's rho, Kendall tau of the tenth of highest accuracy, nDCG
    (gain 2 to the power of the accuracy), and the regret of the pick: the best accuracy minus that of the highest
    score. Scores that are missing or not finite rank last.

    \b
    Example:
      mcunas proxies evaluate --space nasbench201 --scores scores.csv --table accuracies.csv --column cifar10_test
    """
    from toolchain.ranking import evaluate as print_evaluation

    print_evaluation(space, scores, table, column, resamples, seed, as_json)
