"""`mcunas search`: the first stage of a run."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option, out_option, run_argument


@click.command()
@run_argument
@out_option
@board_option
def command(run: Path, out: Path | None, board: str | None) -> int:
    """Search an architecture for RUN, a configuration (.toml) or a run folder.

    Scores candidates without training under the limits of the configuration and writes the Pareto front and the pick.

    \b
    Example:
      mcunas search examples/digits.toml
    """
    from toolchain.cli.stage import run_stage

    return run_stage("search", run, out=out, board=board)
