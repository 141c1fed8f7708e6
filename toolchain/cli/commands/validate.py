"""`mcunas validate`: prove a .tflite, or a run's model, on a board."""

from __future__ import annotations

from pathlib import Path

import click

from toolchain.cli.options import board_option, json_option, port_option


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@board_option
@click.option("--inputs", type=click.Path(path_type=Path), help=".npy, or .npz by tensor name; int8 or float.")
@click.option("--labels", type=click.Path(path_type=Path), help=".npy with one class number a sample.")
@click.option("--samples", type=click.IntRange(1), help="Use only the first N samples.")
@click.option("--budget", type=click.Path(path_type=Path), help="TOML with arena_bytes, flash_bytes, instructions, ...")
@click.option("--repeats", type=click.IntRange(1), help="Timed inferences (default 3).")
@port_option
@click.option("--no-flash", is_flag=True, help="Leave the firmware on the board; it must be of this very model.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep model.c, the firmware and report.html here.")
@click.option("--junit", type=click.Path(path_type=Path), help="Also write a JUnit XML file.")
@json_option
def command(
    model: Path, board: str | None, inputs: Path | None, labels: Path | None, samples: int | None, budget: Path | None,
    repeats: int | None, port: str | None, no_flash: bool, out: Path | None, junit: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Compile, build, flash and run MODEL on a board, and compare it with TensorFlow Lite Micro bit by bit.

    MODEL is an int8 .tflite, or a run folder (then its test split is run). Without --inputs: 8 seeded random
    samples, all -128 and all 127. Exit codes: 0 passed, 1 failed, 2 bad input, 3 environment, 4 invalid measurement.

    \b
    Example:
      mcunas validate model.tflite --board qemu_mps2_an386
      mcunas validate model.tflite --board nucleo_f446re --port /dev/ttyACM0 --inputs x.npy --labels y.npy
    """
    if model.is_dir():
        from toolchain.cli.stage import run_stage
        from toolchain.errors import BadInput

        asked = {"--inputs": inputs, "--labels": labels, "--samples": samples, "--budget": budget, "--repeats": repeats}
        refused = [option for option, value in {**asked, "--out": out}.items() if value is not None]
        if refused:
            raise BadInput(f"{model} is a run folder: {refused[0]} follows from its configuration. Change it there.")
        return run_stage("validate", model, port=port, board=board, as_json=as_json, flash=not no_flash, junit=junit)
    from tempfile import TemporaryDirectory

    from toolchain.cli.validate_model import ModelJob, validate_model

    job = ModelJob(model, board, inputs, labels, samples, budget, repeats or 3, port, not no_flash)
    with TemporaryDirectory(prefix="mcunas-") as aside:
        return validate_model(job, out or Path(aside), keep=out is not None, junit=junit, as_json=as_json)
