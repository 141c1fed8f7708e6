"""The reader: what it takes out of good files, and the error that a file which is no model ends in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from search.hardware.ops import OP_KINDS, GraphBuilder, Op, Tensor
from tests.support import shared_data
from tests.tflite_builder import TfliteBuilder
from tests.toolchain.tflite.networks import OUTPUT, QUANTIZATION, SCALES, refused, small_network, weights
from toolchain.tflite.attributes import READERS
from toolchain.tflite.model import Quantization
from toolchain.tflite.reader import MAX_FILE_BYTES, read_model


def test_every_supported_operation_has_a_reader() -> None:
    assert set(READERS) == set(OP_KINDS)


def test_a_network_reads_back_as_the_records_of_its_space() -> None:
    b, out = small_network()
    model = read_model(b.build(out))

    g = GraphBuilder((1, 8, 8, 3))
    x = g.conv(g.input, 4, kernel=3, stride=2, activation="relu")
    y = g.add(x, g.depthwise(x, kernel=3, activation="relu6"))
    assert model.graph == g.build(g.softmax(g.fully_connected(g.global_mean(y), 4)))


def test_constants_and_quantization_stand_beside_the_graph() -> None:
    b, out = small_network()
    data = b.build(out)
    model = read_model(data)

    conv, depthwise, _add, _mean, dense, softmax = model.constants
    np.testing.assert_array_equal(conv.weights, weights(4, 3, 3, 3))
    np.testing.assert_array_equal(conv.weight_scales, np.float32(SCALES))
    np.testing.assert_array_equal(conv.bias, np.arange(4))
    np.testing.assert_array_equal(depthwise.weights, weights(1, 3, 3, 4))
    np.testing.assert_array_equal(dense.weight_scales, np.full(4, np.float32(0.01)))
    assert softmax.beta == 1.0
    assert model.quantization[0] == Quantization(float(np.float32(0.05)), -3)
    assert model.tensor_numbers[0] == b.inputs[0]
    assert model.tensor_numbers[-1] == out
    assert model.input_names == ("t0",)
    assert model.output_names == (f"t{out}",)
    assert model.file_bytes == len(data)
    assert len(model.sha256) == 64


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        (
            lambda b, x: b.conv_2d(x, weights(4, 3, 1, 4), SCALES, OUTPUT, stride=(2, 1), dilation=(2, 1)),
            Op("CONV_2D", (0,), (1,), (3, 1), (2, 1), (2, 1), "valid"),
        ),
        (
            lambda b, x: b.depthwise_conv_2d(x, weights(1, 3, 3, 8), [0.1], OUTPUT, np.zeros(8, np.int32)),
            Op("DEPTHWISE_CONV_2D", (0,), (1,), (3, 3), bias=True),
        ),
        (
            lambda b, x: b.fully_connected(x, weights(5, 252), [0.1] * 5, OUTPUT, activation="relu"),
            Op("FULLY_CONNECTED", (0,), (1,), activation="relu"),
        ),
        (lambda b, x: b.add(x, x, OUTPUT, "relu"), Op("ADD", (0, 0), (1,), activation="relu")),
        (
            lambda b, x: b.pool("AVERAGE_POOL_2D", x, (2, 3), (2, 3), "same"),
            Op("AVERAGE_POOL_2D", (0,), (1,), (2, 3), (2, 3), padding="same"),
        ),
        (
            lambda b, x: b.pool("MAX_POOL_2D", x, (2, 2), activation="relu6"),
            Op("MAX_POOL_2D", (0,), (1,), (2, 2), activation="relu6"),
        ),
        (lambda b, x: b.mean(x, OUTPUT), Op("MEAN", (0,), (1,), axes=(1, 2))),
        (
            lambda b, x: b.mean(x, OUTPUT, axes=(-2, -3), keep_dims=True),
            Op("MEAN", (0,), (1,), axes=(1, 2), keep_dims=True),
        ),
        (lambda b, x: b.softmax(x, beta=2.0), Op("SOFTMAX", (0,), (1,))),
        (lambda b, x: b.reshape(x, (1, 252)), Op("RESHAPE", (0,), (1,))),
        (
            lambda b, x: b.pad(x, [(0, 0), (1, 2), (0, 3), (0, 0)]),
            Op("PAD", (0,), (1,), pads=((0, 0), (1, 2), (0, 3), (0, 0))),
        ),
        (lambda b, x: b.quantize(x, OUTPUT), Op("QUANTIZE", (0,), (1,))),
        (lambda b, x: b.dequantize(x), Op("DEQUANTIZE", (0,), (1,))),
    ],
    ids=lambda value: value.kind if isinstance(value, Op) else "",
)
def test_attributes_of_each_kind(add: Callable[[TfliteBuilder, int], int], expected: Op) -> None:
    b = TfliteBuilder()
    out = add(b, b.input((1, 9, 7, 4), QUANTIZATION))
    assert read_model(b.build(out)).graph.ops == (expected,)


def test_float_edges_go_through_quantize_and_dequantize() -> None:
    b = TfliteBuilder()
    x = b.quantize(b.input((1, 6), None), QUANTIZATION)
    graph = read_model(b.build(b.dequantize(b.softmax(x)))).graph
    assert [op.kind for op in graph.ops] == ["QUANTIZE", "SOFTMAX", "DEQUANTIZE"]
    assert [tensor.dtype for tensor in graph.tensors] == ["float32", "int8", "int8", "float32"]


def test_tensors_are_numbered_in_order_of_first_appearance() -> None:
    b = TfliteBuilder()
    second, first = b.input((1, 2), QUANTIZATION), b.input((1, 2), (0.5, 0))
    b.inputs.reverse()
    _dead = b.softmax(first)
    model = read_model(b.build(b.add(first, second, OUTPUT), _dead))
    assert model.graph.inputs == (0, 1)
    assert model.graph.ops[1] == Op("ADD", (0, 1), (3,))
    assert model.graph.outputs == (3, 2)
    assert model.tensor_numbers[:2] == (first, second)


@pytest.mark.parametrize(("name", "ops", "macs_input"), [("kws01", 13, (1, 49, 10, 1)), ("ic01", 16, (1, 32, 32, 3))])
def test_reference_models(name: str, ops: int, macs_input: tuple[int, ...]) -> None:
    model = read_model(shared_data() / f"{name}_int8.tflite")
    assert len(model.graph.ops) == ops
    assert model.graph.tensors[0] == Tensor(macs_input)
    assert model.graph.ops[-1].kind == "SOFTMAX"


# Files that are no models.


def test_a_directory(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} is a directory. Give a .tflite file."


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.tflite") == f"{tmp_path / 'no.tflite'} does not exist. Give a .tflite file."


def test_a_device() -> None:
    assert refused(Path("/dev/zero")) == "/dev/zero is not a file. Give a .tflite file."


def test_a_file_that_is_far_too_large(tmp_path: Path) -> None:
    path = tmp_path / "big.tflite"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert "has 67,108,865 B, at most 67,108,864 B are read" in refused(path)


@pytest.mark.parametrize(
    "data", [b"", b"TFL3", b"\x89PNG\r\n\x1a\n" + bytes(100), b"\x08\x08\x12\x07pytorch", bytes(64)]
)
def test_a_foreign_file(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    text = refused(tmp_path / "x")
    assert text.startswith(f"{tmp_path / 'x'} is not a .tflite file: {len(data)} B")
    assert text.isprintable()


def test_a_truncated_file() -> None:
    b, out = small_network()
    data = b.build(out)
    text = refused(data[: len(data) // 2])
    assert "the model is damaged" in text
    assert re.search(rf"\(the file ends at byte {len(data) // 2:,} but refers to byte [\d,]+\)\. Copy or export", text)
