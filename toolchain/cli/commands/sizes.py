"""`mcunas sizes`: make the size tables from which flash is predicted."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--board", "boards", multiple=True, metavar="NAME", help="Board; may be given again. Default: all.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the tables (default: mcunas's own).")
def command(boards: tuple[str, ...], out: Path | None) -> int:
    """Measure what every kernel adds to a board's image, so that flash can be predicted without building.

    To be run after a change of the firmware, a kernel or the compiler; needs the board's compiler, not the board.

    \b
    Example:
      mcunas sizes --board qemu_mps2_an386
    """
    from device_profiles import board_names, load_board
    from search.files import write_json
    from search.hardware.sizes import TABLES
    from toolchain.progress import stages_progress
    from toolchain.sizes import measure_sizes

    chosen = [load_board(name) for name in boards or board_names()]
    with stages_progress() as stages:
        for board in chosen:
            if not board.firmware.linker_script and not boards:
                continue
            with stages.task(board.name) as progress:
                table = measure_sizes(board, progress)
            write_json((out or TABLES) / f"{board.name}.json", table)
    return 0
