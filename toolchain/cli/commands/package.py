"""`mcunas package`: a .tflite as a C library for the user's own firmware."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@board_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write, or package to replace.")
@click.option("--name", metavar="NAME", help="Prefix of all C names (default: the name of MODEL's file).")
def command(model: Path, board: str | None, out: Path, name: str | None) -> int:
    """Write MODEL, an int8 .tflite, as a folder of C that your own firmware can use, with kernels for a board's core.

    The folder has all that it needs but a compiler: network, engine, the kernels in use, a header, a CMakeLists.txt
    and a README.md.

    \b
    Example:
      mcunas package model.tflite --board qemu_mps2_an386 --out kws --name kws
    """
    from device_profiles import load_board
    from toolchain.cli.options import DEFAULT_BOARD
    from toolchain.package import default_name, write_package
    from toolchain.text import byte_text
    from toolchain.tflite.reader import read_model

    profile = load_board(board or DEFAULT_BOARD)
    name = name or default_name(model)
    image = write_package(read_model(model), profile, out, name)
    click.echo(f"{out}: network {name} for {profile.cpu.core}, {byte_text(image.arena_bytes)} of arena")
    click.echo(f"How to use it: {out / 'README.md'}")
    return 0
