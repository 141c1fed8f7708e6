"""`mcunas compile`: what a .tflite needs on a board, exactly, without the board."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@board_option
@click.option("--out", type=click.Path(path_type=Path), help="Keep model.c and the firmware here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(model: Path, board: str | None, out: Path | None, as_json: bool) -> int:
    """Compile MODEL, an int8 .tflite, for a board: memory, kernels and predicted counts, and the arena over time.

    Needs the board's compiler, not the board. Memory is read from the image that was built.

    \b
    Example:
      mcunas compile model.tflite --board qemu_mps2_an386
    """
    from tempfile import TemporaryDirectory

    from device_profiles import load_board
    from toolchain.cli.options import DEFAULT_BOARD
    from toolchain.compile.summary import print_summary, summary
    from toolchain.text import print_json
    from toolchain.tflite.reader import read_model
    from toolchain.workspace import compile_and_build

    profile = load_board(board or DEFAULT_BOARD)
    with TemporaryDirectory(prefix="mcunas-") as aside:
        compiled, image = compile_and_build(read_model(model), profile, out or Path(aside))
        facts = summary(compiled, image, profile)
    if as_json:
        print_json(facts)
    else:
        print_summary(facts)
    return 0
