"""The process that runs TensorFlow: a folder with model.onnx, calibration.npy, check.npy in, results beside them out.

Writes model.tflite and float.npy (outputs [n, classes]). process.py tells why this is a process of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from toolchain.export.process import STEP
from toolchain.export.tflite import run_tensorflow, to_int8, to_tensorflow


def work(folder: Path) -> None:
    """Convert, and run the float network on check.npy."""
    _say("ONNX to TensorFlow")
    network = to_tensorflow(folder / "model.onnx", folder)
    np.save(folder / "float.npy", run_tensorflow(network, np.load(folder / "check.npy")))
    _say("TensorFlow to int8")
    (folder / "model.tflite").write_bytes(to_int8(network, np.load(folder / "calibration.npy")))


def _say(step: str) -> None:
    print(f"{STEP}{step}", flush=True)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        work(Path(argument))
