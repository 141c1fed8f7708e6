"""Second step of the export: an ONNX file in, a float TensorFlow network, its outputs and an int8 .tflite out.

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
