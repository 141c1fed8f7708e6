"""The builder's files are what TensorFlow Lite itself reads them as."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.tflite_builder import TfliteBuilder


def test_litert_reads_shapes_types_and_quantisation() -> None:
    b = TfliteBuilder()
    x = b.input((1, 5, 4, 2), (0.5, -3))
    weights = np.ones((3, 2, 2, 2), np.int8)
    y = b.conv_2d(x, weights, [0.5, 0.25, 0.125], (0.25, 7), np.array([1, 2, 3], np.int32), stride=(2, 1))
    z = b.dequantize(b.mean(y, (0.125, 0)))
    interpreter = Interpreter(model_content=b.build(y, z))
    (source,) = interpreter.get_input_details()
    conv, real = interpreter.get_output_details()
    assert (source["shape"].tolist(), source["dtype"], source["quantization"]) == ([1, 5, 4, 2], np.int8, (0.5, -3))
    assert (conv["shape"].tolist(), conv["dtype"], conv["quantization"]) == ([1, 2, 3, 3], np.int8, (0.25, 7))
    assert (real["shape"].tolist(), real["dtype"]) == ([1, 3], np.float32)


def test_a_misspelt_option_is_an_error() -> None:
    b = TfliteBuilder()
    x = b.input((1, 4), (0.5, 0))
    with pytest.raises(AttributeError, match="betta"):
        b.op("SOFTMAX", [x], (1, 4), (1 / 256, -128), "SoftmaxOptions", betta=1.0)
