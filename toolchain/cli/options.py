"""Options that several commands share, so that they are spelt and explained the same everywhere."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_BOARD = "qemu_mps2_an386"

board_option = click.option("--board", metavar="NAME", help=f"Board, see `mcunas boards` (default {DEFAULT_BOARD}).")
port_option = click.option("--port", metavar="PORT", help="Serial port of a real board, e.g. /dev/ttyACM0.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
out_option = click.option(
    "--out", type=click.Path(path_type=Path), help="Run folder (default runs/<name of the configuration>)."
)
run_argument = click.argument("run", type=click.Path(path_type=Path))
