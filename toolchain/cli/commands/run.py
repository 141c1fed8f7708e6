"""`mcunas run`: from a data set to a verdict, all stages."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option, json_option, out_option, port_option, run_argument


@click.command()
@run_argument
@board_option
@out_option
@port_option
@json_option
def command(run: Path, board: str | None, out: Path | None, port: str | None, as_json: bool) -> int:
    """Search, train, export, build, flash, validate and report RUN, a configuration (.toml) or a run folder.

    Stages whose inputs have not changed are not run again, so an interrupted run goes on where it was. Exit codes:
    0 passed, 1 failed, 2 bad input, 3 environment, 4 invalid measurement, 130 interrupted.

    \b
    Example:
      mcunas run examples/digits.toml
      mcunas run examples/digits_nucleo.toml --port /dev/ttyACM0
    """
    from toolchain.cli.stage import run_all

    return run_all(run, out, board, port, as_json)
