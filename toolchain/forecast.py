"""What `mcunas predict` tells: a .tflite and a board in; predicted counts and exact memory out, nothing built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from device_profiles import Board
from search.hardware.sizes import NoSizeTable, load_size_table
from toolchain.compile.compiler import Compiled, compile_model
from toolchain.errors import EnvironmentFailure
from toolchain.oracle import run_oracle
from toolchain.prediction import predict, predicted
from toolchain.report.schema import FlashSections, Memory
from toolchain.text import byte_text, print_table
from toolchain.tflite.reader import read_model


def forecast(path: Path, board: Board, latency: Path | None = None) -> dict[str, Any]:
    """The keys of `mcunas predict --json`; `predicted` and `memory` as in report.json.

    tflm: the arena of TensorFlow Lite Micro for the same model on this x86-64 computer, where pointers take twice the
    room, so more than on a 32-bit device. Raises BadInput for a latency file of another key.
    """
    model = read_model(path)
    compiled = compile_model(model, board)
    prediction = predict(compiled.program, board, latency)
    return {
        "board": board.name,
        "model_sha256": model.sha256,
        "macs": sum(step.record.macs for step in compiled.program.steps),
        "predicted": prediction and predicted(prediction, compiled.program).model_dump(mode="json"),
        "memory": _memory(compiled, board).model_dump(mode="json"),
        "tflm": {"arena_bytes": _tflm_arena_bytes(path.read_bytes(), compiled), "host": "x86-64"},
    }


def _memory(compiled: Compiled, board: Board) -> Memory:
    """What the image will take, from the board's size table; without one, the arena alone."""
    program = compiled.program
    try:
        table = load_size_table(board.name)
    except NoSizeTable:
        return Memory(arena_bytes=program.arena_bytes)
    sections = table.flash_sections(program)
    return Memory(
        arena_bytes=program.arena_bytes,
        ram_bytes=table.firmware_ram_bytes(program),
        stack_bound_bytes=table.stack_bound_bytes(program),
        flash_bytes=sum(sections.values()),
        flash_sections=FlashSections(**sections),
    )


def _tflm_arena_bytes(tflite: bytes, compiled: Compiled) -> int | None:
    """None if TensorFlow Lite Micro does not run the model."""
    graph = compiled.model.graph
    tensors = [graph.tensors[index] for index in graph.inputs]
    sample = [np.zeros(tensor.shape, tensor.dtype) for tensor in tensors]
    try:
        return run_oracle(tflite, [sample]).arena_bytes
    except EnvironmentFailure:
        return None


def _basis(op: dict[str, Any]) -> str:
    """What an operation's figure rests on."""
    return f"{op['measurements']} like it" if op["measurements"] else "prior"


def print_forecast(facts: dict[str, Any]) -> None:
    """The same for people."""
    found, memory, tflm = facts["predicted"], facts["memory"], facts["tflm"]
    if found:
        kind = found["kind"].replace("_", " ")
        rows = [
            (op["index"], op["op"], op["variant"], op["count"], f"{op['low']:,} to {op['high']:,}", _basis(op))
            for op in found["ops"]
        ]
        print_table(("#", "operation", "variant", kind, "90 % interval", "measured"), rows)
        click.echo(f"\n  {kind}  {found['total']:,} ({found['low']:,} to {found['high']:,})")
        click.echo(f"  by  {found['source']}")
    else:
        click.echo(f"  {facts['board']} measures no time")
    click.echo(f"  arena  {byte_text(memory['arena_bytes'])}")
    if tflm["arena_bytes"] is not None:
        click.echo(f"  TensorFlow Lite Micro's arena  {byte_text(tflm['arena_bytes'])} ({tflm['host']})")
    if memory["flash_bytes"] is not None:
        click.echo(f"  RAM  {byte_text(memory['ram_bytes'])}, stack at most {memory['stack_bound_bytes']:,} B")
        click.echo(f"  flash  {byte_text(memory['flash_bytes'])}")
