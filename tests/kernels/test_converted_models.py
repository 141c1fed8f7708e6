"""Models as TensorFlow's own converter makes them of usual Keras layers, step by step against TensorFlow Lite Micro."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.kernels.compare import compare_network
from tests.kernels.harness import Runner
from tests.kernels.ingredients import Case
from toolchain.tflite.reader import read_model

Build = Callable[[Any, Any], Any]  # of Keras and one of its tensors


def converted(shape: tuple[int, ...], build: Build) -> bytes:
    """`build` from a Keras tensor of `shape` to one, quantised to int8 throughout."""
    tf = pytest.importorskip("tensorflow")  # seconds, so not for those who only collect this file
    source = tf.keras.Input(shape, batch_size=1)
    tf.keras.utils.set_random_seed(1)
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(source, build(tf.keras, source)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    noise = np.random.default_rng(0).normal(size=(8, 1, *shape)).astype(np.float32)
    converter.representative_dataset = lambda: ([sample] for sample in noise)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def conv(k: Any, x: Any, channels: int, kernel: int = 1, **more: Any) -> Any:
    return k.layers.Conv2D(channels, kernel, padding="same", **more)(x)


def squeeze_and_excite(k: Any, x: Any) -> Any:
    gate = conv(k, k.layers.GlobalAveragePooling2D(keepdims=True)(x), 4, activation="relu")
    return k.layers.Multiply()([x, conv(k, gate, x.shape[-1], activation="sigmoid")])


def mobile_block(k: Any, x: Any) -> Any:
    """As in MobileNetV3."""
    x = k.layers.Activation("hard_swish")(conv(k, x, 8, 3, strides=2))
    x = squeeze_and_excite(k, k.layers.Activation("hard_swish")(k.layers.DepthwiseConv2D(3, padding="same")(x)))
    return k.layers.Dense(5, activation="softmax")(k.layers.GlobalAveragePooling2D()(x))


def u_net(k: Any, x: Any) -> Any:
    """With an upper path by TRANSPOSE_CONV, and dilated and grouped convolutions below."""
    first = conv(k, x, 8, 3, activation="relu")
    low = conv(k, conv(k, first, 12, 3, strides=2, activation="relu"), 12, 3, dilation_rate=2)
    low = conv(k, k.layers.LeakyReLU()(low), 12, 3, groups=3)
    up = k.layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(low)
    return 1.0 - conv(k, k.layers.Concatenate()([first, up]), 2, activation="sigmoid")


def sequence(k: Any, x: Any) -> Any:
    x = k.layers.Conv1D(16, 5, dilation_rate=2, padding="causal", activation="tanh")(x)
    x = k.layers.SeparableConv1D(12, 3, padding="same")(x)
    return k.layers.Dense(3)(k.layers.GlobalAveragePooling1D()(k.layers.PReLU(alpha_initializer="random_uniform")(x)))


def two_ways(k: Any, x: Any) -> Any:
    left, right = k.ops.split(conv(k, x, 8, 3), 2, axis=-1)
    x = k.layers.Concatenate()([left[:, 1:, ::2], k.layers.BatchNormalization()(right)[:, 1:, ::2]])
    return k.ops.mean(x, axis=3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "build", "kinds"),
    [
        ((16, 16, 3), mobile_block, {"HARD_SWISH", "LOGISTIC", "MUL", "MEAN"}),
        ((16, 16, 3), u_net, {"TRANSPOSE_CONV", "CONCATENATION", "LEAKY_RELU", "SUB"}),
        ((40, 10), sequence, {"TANH", "PAD", "PRELU", "MEAN"}),
        ((9, 9, 4), two_ways, {"SPLIT", "STRIDED_SLICE", "MEAN"}),
    ],
)
def test_converted_models_are_exact(shape: tuple[int, ...], build: Build, kinds: set[str], runner: Runner):
    model = converted(shape, build)
    assert kinds <= {op.kind for op in read_model(model).graph.ops}
    values = np.random.default_rng(1).integers(-128, 128, (1, *shape)).astype(np.int8)
    assert compare_network(Case(model, (values,)), ("ref",), runner) == []
