"""What flash and validate share: the run's model and image as a `Subject` that can be put on its board."""

from __future__ import annotations

from toolchain.build import load_image
from toolchain.compile.compiler import compile_model
from toolchain.pipeline import Context
from toolchain.tflite.reader import read_model
from toolchain.validation import Subject


def load_subject(context: Context, flash: bool) -> Subject:
    """The subject of the run folder. flash: whether the image is to be put on the board when it is started."""
    tflite = context.folder.file("export/model.tflite").read_bytes()
    compiled = compile_model(read_model(tflite), context.board)
    image = load_image(context.folder.file("build"))
    return Subject(tflite, compiled, image, context.board, context.port, flash)
