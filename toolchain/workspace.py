"""A parsed model compiled and built for a board in a folder: what validate, compile and the build stage start from."""

from __future__ import annotations

from pathlib import Path

from device_profiles import Board
from toolchain.build import Image, build
from toolchain.compile.compiler import Compiled, compile_model
from toolchain.tflite.model import Model


def compile_and_build(model: Model, board: Board, out: Path) -> tuple[Compiled, Image]:
    """Compile `model` for `board` and build its firmware below `out`."""
    compiled = compile_model(model, board)
    return compiled, build(board, compiled.source, compiled.kernel_sources, out)
