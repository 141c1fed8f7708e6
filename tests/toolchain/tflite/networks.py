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


def refused(source: bytes | Path) -> str:
    with pytest.raises(BadInput) as caught:
        read_model(source)
    return str(caught.value)
