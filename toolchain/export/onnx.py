"""First step of the export: a torch network in, a clean ONNX file out, and both run on the same images.

Images are float32 [n, H, W, C], as everywhere outside torch; the ONNX file's input is [1, C, H, W], as torch's.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from toolchain.export.errors import NotExportable

OPSET = 17
Array = npt.NDArray[np.float32]
_QUIET = 3


def run_torch(network: torch.nn.Module, images: Array) -> Array:
    """Outputs of `network` in evaluation mode for `images`, one at a time as the device does; its own mode stays."""
    network = _frozen(network)
    with torch.no_grad():
        outputs = [network(torch.from_numpy(_nchw(image))) for image in images]
    return np.concatenate([output.numpy() for output in outputs])


def write_onnx(network: torch.nn.Module, input_shape: tuple[int, int, int, int], path: Path) -> None:
    """Write `network` with its constants folded; `input_shape` is [1, H, W, C]. Raises NotExportable."""
    _, height, width, channels = input_shape
    with warnings.catch_warnings(), _silence(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                _frozen(network), (torch.zeros(1, channels, height, width),), path, dynamo=False,
                opset_version=OPSET, input_names=["input"], output_names=["output"],
            )  # fmt: skip
        except RuntimeError as error:  # what torch.onnx raises for all that it cannot write
            reason = str(error).strip().splitlines()[0].rstrip(".")
            raise NotExportable(
                f"The network cannot be written as ONNX: {reason}. "
                "Use layers that ONNX has (convolutions, pools, ReLU, additions, linear layers)."
            ) from None
    _fold(path)


def run_onnx(path: Path, images: Array) -> Array:
    """Outputs of the ONNX file for `images`, computed by onnxruntime without optimisations."""
    options = _options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"input": _nchw(image)})[0] for image in images])


def _frozen(network: torch.nn.Module) -> torch.nn.Module:
    return copy.deepcopy(network).cpu().eval()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Drop what C++ code prints: torch prints the whole graph when it cannot export an operation."""
    flush = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _nchw(image: Array) -> Array:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def _fold(path: Path) -> None:
    """Take the arithmetic on constants out of the file, which torch writes e.g. for every padding.

    onnx2tf would take its layout for that of an image. onnxruntime folds it at its lowest level of optimisation.
    """
    options = _options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path.with_suffix(".folded"))
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    model = onnx.load(path.with_suffix(".folded"), format="protobuf")
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # sums in one order, whatever the machine
    options.log_severity_level = _QUIET
    return options
