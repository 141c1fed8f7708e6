"""`mcunas build`: the fourth stage of a run."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option, run_argument


@click.command()
@run_argument
@board_option
def command(run: Path, board: str | None) -> int:
    """Compile the model of run folder RUN to C and build the firmware for its board.

    \b
    Example:
      mcunas build runs/digits
    """
    from toolchain.cli.stage import run_stage

    return run_stage("build", run, board=board)
