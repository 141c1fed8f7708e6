"""Export: trained weights in; ONNX, int8 TensorFlow Lite and the figures of every step out (export/)."""

from __future__ import annotations

from search.train import load_network
from toolchain.export import export
from toolchain.pipeline import Context
from toolchain.stages.picked import load_picked


def run(context: Context) -> None:
    """Write model.onnx, model.tflite and checks.json."""
    picked = load_picked(context)
    dataset = picked.dataset
    weights = context.folder.file("train/weights.npz")
    network = load_network(picked.space, picked.arch, dataset.classes, dataset.channels, weights)
    calibration, _ = picked.images("train")
    check, labels = picked.images("validation")
    samples = context.config.export.calibration_samples
    folder = context.folder.file("export")
    export(network, picked.input_shape, calibration[:samples], check, folder, context.progress, labels)
