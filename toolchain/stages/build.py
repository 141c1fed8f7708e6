"""Build: the .tflite in; model.c, the board's firmware image and what is known of it out (build/)."""

from __future__ import annotations

from toolchain.pipeline import Context
from toolchain.tflite.reader import read_model
from toolchain.workspace import compile_and_build


def run(context: Context) -> None:
    """Write model.c, firmware.elf and build.json."""
    context.progress(0, 1, f"compiling for {context.board.name}")
    model = read_model(context.folder.file("export/model.tflite"))
    compile_and_build(model, context.board, context.folder.file("build"))
    context.progress(1, 1, "")
