"""The export chain torch -> ONNX -> int8 TensorFlow Lite, each step held against the one before.

A process of its own converts (see process.py); here the steps stand in order, their results are checked and written.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from search.files import write_atomic
from toolchain.errors import BadInput
from toolchain.export.checks import compare_floats, compare_int8
from toolchain.export.errors import NotExportable
from toolchain.export.process import require_packages, run_worker
from toolchain.oracle import run_oracle
from toolchain.runfolder import to_json
from toolchain.samples import quantised
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

if TYPE_CHECKING:
    import torch

Shape = tuple[int, int, int, int]
Array = npt.NDArray[np.float32]
#: progress(done, total, what is happening)
Progress = Callable[[int, int, str], None]

_STEPS = ("torch to ONNX", "ONNX to int8 TensorFlow Lite", "checks")


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files written, the .tflite parsed, and the figures of checks.json."""

    onnx: Path
    tflite: Path
    checks: Path
    model: Model
    figures: dict[str, Any]


def export(
    network: torch.nn.Module,
    input_shape: Shape,
    calibration: Array,
    check: Array,
    out: Path,
    progress: Progress = lambda done, total, text: None,
    labels: npt.NDArray[np.integer] | None = None,
) -> ExportResult:
    """Write model.onnx, model.tflite (int8 in and out) and checks.json into `out`, all or none of them.

    network: [1, C, H, W] in, [1, classes] out; neither changed nor moved. input_shape: [1, H, W, C].
    calibration, check: float32 images [n, H, W, C] as the network is fed; the first set the ranges of the activations,
    on the second the steps are compared. labels: [n] of `check`, for the accuracies in checks.json.
    The same arguments give the same bytes. Raises BadInput for images of another shape, NotExportable for a network
    with an operation that does not export or that the engine lacks, ProductFailure if a step changes the outputs.
    """
    require_packages()
    from toolchain.export.onnx import run_onnx, run_torch, write_onnx

    _refuse_images(input_shape, calibration, check, labels)
    with tempfile.TemporaryDirectory(prefix="mcunas-export-") as name:
        scratch = Path(name)
        progress(0, len(_STEPS), _STEPS[0])
        reference = run_torch(network, check)
        if reference.ndim != 2:
            raise NotExportable(f"The network's output has shape {list(reference.shape)}, must be [n, classes].")
        write_onnx(network, input_shape, scratch / "model.onnx")
        from_onnx = run_onnx(scratch / "model.onnx", check)
        onnx_figures = compare_floats(reference, from_onnx, ("torch", "ONNX"))
        progress(1, len(_STEPS), _STEPS[1])
        np.save(scratch / "calibration.npy", calibration)
        np.save(scratch / "check.npy", check)
        run_worker(scratch)
        progress(2, len(_STEPS), _STEPS[2])
        model = _read(scratch / "model.tflite")
        from_tensorflow = np.load(scratch / "float.npy")
        from_int8 = _run_int8((scratch / "model.tflite").read_bytes(), model, check)
        figures = {
            "samples": len(check),
            "calibration_samples": len(calibration),
            "onnx": onnx_figures,
            "tensorflow": compare_floats(from_onnx, from_tensorflow, ("ONNX", "TensorFlow")),
            "int8": compare_int8(from_tensorflow, from_int8, labels, len(calibration)),
            "ops": [op.kind for op in model.graph.ops],
            "tflite": {"bytes": model.file_bytes, "sha256": model.sha256},
        }
        return _write(scratch, out, model, figures)


def _refuse_images(shape: Shape, calibration: Array, check: Array, labels: npt.NDArray[np.integer] | None) -> None:
    for name, images in (("calibration", calibration), ("check", check)):
        if images.ndim != 4 or images.shape[1:] != shape[1:] or not len(images) or images.dtype != np.float32:
            raise BadInput(
                f"The {name} images have shape {list(images.shape)} and type {images.dtype}, must be at least one of "
                f"shape {list(shape[1:])} in float32."
            )
        if not np.all(np.isfinite(images)):
            raise BadInput(f"The {name} images hold values that are not finite. Clean the data set.")
    if labels is not None and labels.shape != (len(check),):
        raise BadInput(f"{labels.size} labels for {len(check)} check images. Give one an image.")


def _read(path: Path) -> Model:
    try:
        return read_model(path.read_bytes())
    except BadInput as error:
        raise NotExportable(f"The exported network cannot run on the engine: {error}") from None


def _run_int8(data: bytes, model: Model, images: Array) -> Array:
    """Outputs [n, classes] of the int8 file as real values, computed by TensorFlow Lite Micro."""
    (source,), (target,) = model.graph.inputs, model.graph.outputs
    quantizer, dequantizer = model.quantization[source], model.quantization[target]
    assert quantizer is not None, "the input is int8"
    assert dequantizer is not None, "the output is int8"
    run = run_oracle(data, [[quantised(image[None], quantizer)] for image in images])
    codes = np.concatenate([outputs[0] for outputs in run.outputs]).astype(np.float32)
    return (codes - dequantizer.zero_point) * np.float32(dequantizer.scale)


def _write(scratch: Path, out: Path, model: Model, figures: dict[str, Any]) -> ExportResult:
    """Move the results to `out`; checks.json last, so that it stands only beside whole files."""
    onnx_bytes = (scratch / "model.onnx").read_bytes()
    figures["onnx_file"] = {"bytes": len(onnx_bytes), "sha256": hashlib.sha256(onnx_bytes).hexdigest()}
    write_atomic(out / "model.onnx", onnx_bytes)
    write_atomic(out / "model.tflite", (scratch / "model.tflite").read_bytes())
    write_atomic(out / "checks.json", to_json(figures))
    return ExportResult(out / "model.onnx", out / "model.tflite", out / "checks.json", model, figures)
