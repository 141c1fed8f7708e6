"""`mcunas report`: the last stage of a run."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import json_option, run_argument


@click.command()
@run_argument
@json_option
def command(run: Path, as_json: bool) -> int:
    """Write report.html and report.json of run folder RUN, and print the report.

    \b
    Example:
      mcunas report runs/digits
    """
    from toolchain.cli.stage import run_stage

    return run_stage("report", run, as_json=as_json)
