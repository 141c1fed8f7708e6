"""`mcunas calibrate`: measure operations on a board and fit its latency model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolchain.cli.options import port_option

if TYPE_CHECKING:
    from device_profiles import Board


@click.command()
@click.option("--board", required=True, metavar="NAME", help="Board to be measured, see `mcunas boards`.")
@port_option
@click.option(
    "--budget", default=60, show_default=True, type=click.IntRange(3, 2000), help="Operations to be measured."
)
@click.option("--update", is_flag=True, help="Measure again only what has changed since the file was made.")
@click.option("--no-flash", is_flag=True, help="The bench firmware is on the board already.")
@click.option(
    "--transfer-from",
    "transfer",
    type=click.Path(path_type=Path),
    help="Latency file of another board with the same core, to start from: --budget 8 is then enough.",
)
@click.option(
    "--from", "layers", type=click.Path(path_type=Path), help="Fit layers measured elsewhere: CSV, see docs/latency.md."
)
@click.option("--engine", type=click.Choice(["tflm-cmsis-nn"]), help="With --from: what the layers ran on.")
@click.option("--clock-hz", type=click.IntRange(1), help="With --from: the core clock, if not the profile's.")
@click.option("--out", type=click.Path(path_type=Path), help="File (default latency/BOARD.KIND.json).")
def command(
    board: str, port: str | None, budget: int, update: bool, no_flash: bool, transfer: Path | None,
    layers: Path | None, engine: str | None, clock_hz: int | None, out: Path | None,
) -> int:  # fmt: skip
    """Measure single operations on a board, and fit the model that predicts the latency of networks on it.

    The board is flashed once, with firmware that holds every kernel and runs any operation that it is told. Which
    operations are measured follows from those that search spaces and common models use. An interrupted calibration
    goes on when the same command is given again. One file is written for each timing kind of the board.

    \b
    Example:
      mcunas calibrate --board nucleo_f446re --port /dev/ttyACM0
      mcunas calibrate --board qemu_mps2_an386 --update
      mcunas calibrate --board nucleo_f446re --from layers.csv --engine tflm-cmsis-nn --out latency.json
    """
    from device_profiles import load_board
    from toolchain.calibrate.calibration import Request, calibrate
    from toolchain.cli.calibration_text import print_outcome
    from toolchain.latency_file import default_path
    from toolchain.progress import stages_progress

    chosen = load_board(board)
    if layers is not None:
        return _from_layers(layers, chosen, engine or "tflm-cmsis-nn", clock_hz, out)
    if engine or clock_hz:
        raise click.UsageError("--engine and --clock-hz go with --from: a board tells its own.")
    path = out or default_path(chosen, chosen.timing.kind or "none")
    request = Request(chosen, budget, path, port, not no_flash, update, transfer)
    with stages_progress() as stages, stages.task("calibrate", budget) as progress:
        outcome = calibrate(request, progress)
    print_outcome(outcome)
    return 0


def _from_layers(layers: Path, board: Board, engine: str, clock_hz: int | None, out: Path | None) -> int:
    from toolchain.cli.calibration_text import expected_text
    from toolchain.latency_file import FOLDER
    from toolchain.layers.model import calibrate_layers

    path = out or FOLDER / f"{board.name}.{engine}.json"
    file = calibrate_layers(layers, board, engine, path, clock_hz)
    click.echo(f"{path}: cycles at {file.key['clock_hz'] / 1e6:g} MHz, {file.model.source}")
    click.echo(f"  {expected_text(file.expected)}")
    return 0
