"""`mcunas latency`: what a latency file says."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="latency")
def command() -> None:
    """Look at latency files.

    \b
    Example:
      mcunas latency show latency/qemu_mps2_an386.instructions.json
    """


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def show(file: Path) -> None:
    """Show what FILE was measured for, the error to expect, and what each kernel costs.

    \b
    Example:
      mcunas latency show latency/qemu_mps2_an386.instructions.json
    """
    from toolchain.cli.calibration_text import print_file
    from toolchain.latency_file import read

    print_file(read(file))
