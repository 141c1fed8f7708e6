"""A user's .tflite compiled and built for a board in a folder: what validate and compile start from."""

from __future__ import annotations

from pathlib import Path

from device_profiles import Board
from toolchain.build import Image, build
from toolchain.compile.compiler import Compiled, compile_model
from toolchain.errors import BadInput
from toolchain.tflite.reader import read_model


def read_file(path: Path) -> bytes:
    """The bytes of a .tflite. Raises BadInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"Cannot read {path}: {error.strerror}. Give the path of an int8 .tflite file.") from None


def compile_and_build(tflite: bytes, board: Board, out: Path) -> tuple[Compiled, Image]:
    """Parse, compile and build `tflite` (its bytes) for `board` below `out`."""
    compiled = compile_model(read_model(tflite), board)
    return compiled, build(board, compiled.source, compiled.kernel_sources, out)
