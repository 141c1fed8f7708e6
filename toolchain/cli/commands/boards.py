"""`mcunas boards`: the registered boards."""

from __future__ import annotations

import click


@click.command()
@click.option("--min-ram", type=click.IntRange(0), default=0, metavar="BYTES", help="Only boards with this much RAM.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(min_ram: int, as_json: bool) -> None:
    """List the boards: core, memories, and what their timer counts.

    \b
    Example:
      mcunas boards --min-ram 143360
    """
    from device_profiles import board_names, load_board
    from toolchain.text import print_json, print_table

    boards = [board for board in map(load_board, board_names()) if board.memory.ram.bytes >= min_ram]
    if as_json:
        print_json(
            [
                {
                    "name": board.name,
                    "title": board.title,
                    "core": board.cpu.core,
                    "clock_hz": board.clock.hz,
                    "flash_bytes": board.memory.flash.bytes,
                    "ram_bytes": board.memory.ram.bytes,
                    "max_arena_bytes": board.arena_limit_bytes,
                    "timing_kind": board.timing.kind,
                    "emulated": board.emulated,
                }
                for board in boards
            ]
        )
        return
    rows = [
        (
            board.name,
            board.cpu.core,
            board.memory.flash.bytes,
            board.memory.ram.bytes,
            board.timing.kind or "none",
            "yes" if board.emulated else "no",
            board.title,
        )
        for board in boards
    ]
    print_table(("board", "core", "flash B", "RAM B", "counts", "emulated", "what it is"), rows)
