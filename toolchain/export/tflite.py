"""Second step of the export: an ONNX file in, a float TensorFlow network and an int8 .tflite out, and both run.

Imports TensorFlow, which is slow to start and talks much: only worker.py, a process of its own, calls this.
Images are float32 [n, H, W, C].
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolchain.tflite.model import Model

Array = npt.NDArray[np.float32]

#: onnx2tf compares layers on sample images that it would fetch from the network, unless this file lies where it runs.
SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"


def to_tensorflow(onnx_path: Path, scratch: Path) -> Any:
    """The float network in TensorFlow, [1, H, W, C] in. onnx2tf ends the process if it meets what it cannot convert."""
    import onnx2tf

    samples = np.random.default_rng(0).random((20, 128, 128, 3), np.float32)
    np.save(scratch / SAMPLES, samples)
    with contextlib.chdir(scratch):
        return onnx2tf.convert(
            input_onnx_file_path=str(onnx_path.resolve()),
            output_folder_path=str(scratch),
            disable_model_save=True,
            not_use_onnxsim=True,
            non_verbose=True,
        )


def to_int8(network: Any, calibration: Array) -> bytes:
    """The network with weights, activations, input and output in int8; ranges from `calibration`."""
    import tensorflow as tf

    def images() -> Iterator[list[Array]]:
        for image in calibration:
            yield [image[None]]

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = images
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def run_tensorflow(network: Any, images: Array) -> Array:
    """Outputs of the float network for `images`."""
    return np.concatenate([np.asarray(network(image[None])) for image in images])


def run_micro(data: bytes, model: Model, images: Array) -> Array:
    """Outputs of the int8 file for `images`, as real values, computed by TensorFlow Lite Micro."""
    from tflite_micro import runtime

    (source,), (target,) = model.graph.inputs, model.graph.outputs
    quantizer, dequantizer = model.quantization[source], model.quantization[target]
    assert quantizer is not None, "the input is int8"
    assert dequantizer is not None, "the output is int8"
    arena_bytes = 2 * sum(tensor.bytes for tensor in model.graph.tensors) + 4096 * len(model.graph.ops) + 2**20
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=arena_bytes)
    outputs = []
    for image in images:
        quantized = np.round(image[None] / quantizer.scale) + quantizer.zero_point
        interpreter.set_input(np.clip(quantized, -128, 127).astype(np.int8), 0)
        interpreter.invoke()
        outputs.append(np.array(interpreter.get_output(0)))
    codes = np.concatenate(outputs).astype(np.float32)
    return (codes - dequantizer.zero_point) * np.float32(dequantizer.scale)
