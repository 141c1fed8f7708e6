"""A small network that has been built by hand, and the error that a file ends in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tflite_builder import TfliteBuilder
from toolchain.errors import BadInput
from toolchain.tflite.reader import read_model

QUANTIZATION = (0.05, -3)
OUTPUT = (0.1, 4)
SCALES = (0.01, 0.02, 0.03, 0.04)


def weights(*shape: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    return (np.arange(np.prod(shape)) % 251 - 125).astype(np.int8).reshape(shape)


def small_network() -> tuple[TfliteBuilder, int]:
    """conv - depthwise - add - mean - fully connected - softmax, as the spaces make them."""
    b = TfliteBuilder()
    x = b.input((1, 8, 8, 3), QUANTIZATION)
    bias = np.arange(4, dtype=np.int32)
    x = b.conv_2d(x, weights(4, 3, 3, 3), SCALES, OUTPUT, bias, stride=(2, 2), padding="same", activation="relu")
    y = b.depthwise_conv_2d(x, weights(1, 3, 3, 4), SCALES, OUTPUT, bias, padding="same", activation="relu6")
    y = b.add(x, y, (0.2, 1))
    y = b.mean(y, (0.2, 0), axes=(-2, 1))
    y = b.fully_connected(y, weights(4, 4), [0.01], OUTPUT, bias)
    return b, b.softmax(y)


def network_of_the_other_operations() -> tuple[TfliteBuilder, int]:
    """Every operation that small_network does not have, but for the changes of quantisation."""
    b = TfliteBuilder()
    x = b.unary("RELU6", b.input((1, 6, 4, 4), QUANTIZATION))
    parts = b.split(b.conv_2d(x, weights(4, 3, 3, 2), SCALES, OUTPUT, padding="same"), 3, 2)
    x = b.concatenation([b.strided_slice(parts[0], (0,) * 4, (1, 6, 4, 2), (1,) * 4), parts[1]], -1)
    x = b.prelu(b.leaky_relu(b.unary("HARD_SWISH", x, OUTPUT), 0.1, OUTPUT), b.operand(weights(4), OUTPUT), OUTPUT)
    x = b.transpose_conv(x, weights(4, 2, 2, 4), SCALES, OUTPUT, (12, 8), np.arange(4, dtype=np.int32), (2, 2))
    x = b.resize_nearest_neighbor(b.unary("RELU", x), (6, 4))
    gate = b.unary("LOGISTIC", b.mean(x, OUTPUT, (1, 2), keep_dims=True))
    x = b.binary("MUL", x, gate, OUTPUT)
    x = b.binary("SUB", b.operand(weights(1), OUTPUT), b.unary("TANH", x), OUTPUT)
    x = b.pool("MAX_POOL_2D", b.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), (2, 2), (2, 2))
    return b, b.mean(b.reshape(x, (1, 16, 3)), OUTPUT, (1,))


def refused(source: bytes | Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_model(source)
    return str(caught.value)
