"""`mcunas flash`: the fifth stage of a run."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import port_option, run_argument


@click.command()
@run_argument
@port_option
def command(run: Path, port: str | None) -> int:
    """Put the firmware of run folder RUN on its board, and see that it answers.

    \b
    Example:
      mcunas flash runs/digits --port /dev/ttyACM0
    """
    from toolchain.cli.stage import run_stage

    return run_stage("flash", run, port=port)
