"""`mcunas predict`: what a model will cost on a board, before anything is built or flashed."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option


@click.command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@board_option
@click.option("--latency", type=click.Path(path_type=Path), help="Latency file, see above for the default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--layers", type=click.Path(path_type=Path), help="Predict the rows of this CSV instead of a model.")
@click.option("--out", type=click.Path(path_type=Path), help="With --layers: the same rows with what is predicted.")
def command(
    model: Path | None, board: str | None, latency: Path | None, as_json: bool, layers: Path | None, out: Path | None
) -> int:
    """Predict counts, arena, stack and flash of MODEL, an int8 .tflite, on a board.

    Counts are predicted by the first of these that there is: --latency FILE; latency/BOARD.KIND.json below the current
    folder; the file that comes with the board's profile; a prior, which is rough. Which one it was is told. A file that
    was made for another board, clock, compiler or the like is refused.

    \b
    Example:
      mcunas predict model.tflite --board qemu_mps2_an386
      mcunas predict --layers layers.csv --latency latency.json --out predicted.csv
    """
    if layers is not None:
        return _layers(layers, latency, out, board)
    if model is None:
        raise click.UsageError("Name a MODEL, or a table with --layers.")
    from device_profiles import load_board
    from toolchain.cli.options import DEFAULT_BOARD
    from toolchain.forecast import forecast, print_forecast
    from toolchain.text import print_json

    facts = forecast(model, load_board(board or DEFAULT_BOARD), latency)
    if as_json:
        print_json(facts)
    else:
        print_forecast(facts)
    return 0


def _layers(layers: Path, latency: Path | None, out: Path | None, board: str | None) -> int:
    from toolchain.layers.model import predict_layers

    if latency is None or out is None:
        raise click.UsageError("--layers needs --latency, a file that calibrate --from has made, and --out.")
    for op, rows in predict_layers(layers, latency, out, board).items():
        click.echo(f"{op}: {rows} rows predicted by a fallback, since the calibration has no such rows.", err=True)
    return 0
