"""`mcunas train`: the second stage of a run."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import run_argument


@click.command()
@run_argument
def command(run: Path) -> int:
    """Train the architecture that the search picked, in run folder RUN.

    \b
    Example:
      mcunas train runs/digits
    """
    from toolchain.cli.stage import run_stage

    return run_stage("train", run)
