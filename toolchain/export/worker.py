"""The process that runs TensorFlow: a folder with model.onnx, calibration.npy, check.npy in, results beside them out.

Writes model.tflite, float.npy and int8.npy (outputs [n, classes]). process.py tells why this is a process of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from toolchain.errors import BadInput
from toolchain.export.process import STEP
from toolchain.export.tflite import run_micro, run_tensorflow, to_int8, to_tensorflow
from toolchain.tflite.reader import read_model


def work(folder: Path) -> None:
    """Convert, then run the float and the int8 network on check.npy, unless the engine lacks an operation."""
    check = np.load(folder / "check.npy")
    _say("ONNX to TensorFlow")
    network = to_tensorflow(folder / "model.onnx", folder)
    np.save(folder / "float.npy", run_tensorflow(network, check))
    _say("TensorFlow to int8")
    data = to_int8(network, np.load(folder / "calibration.npy"))
    (folder / "model.tflite").write_bytes(data)
    try:
        model = read_model(data)
    except BadInput:
        return  # the caller reads the file too, and tells
    _say("TensorFlow Lite Micro")
    np.save(folder / "int8.npy", run_micro(data, model, check))


def _say(step: str) -> None:
    print(f"{STEP}{step}", flush=True)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        work(Path(argument))
