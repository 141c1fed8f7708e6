"""`mcunas export`: the third stage of a run."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import run_argument


@click.command()
@run_argument
def command(run: Path) -> int:
    """Export the trained network of run folder RUN to ONNX and int8 TensorFlow Lite, every step checked.

    \b
    Example:
      mcunas export runs/digits
    """
    from toolchain.cli.stage import run_stage

    return run_stage("export", run)
