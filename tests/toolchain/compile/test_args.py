"""The fields of kernel records: what the compiler prints and the kernels read."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from search.hardware.lowering import lower
from search.hardware.sizes import ARGS_BYTES
from tests.kernels.cases import CASES
from tests.kernels.harness import RECORDS
from tests.tflite_builder import TfliteBuilder
from toolchain.compile.args import Arguments, arguments
from toolchain.tflite.reader import read_model


def _only_step(raw: bytes) -> Arguments:
    model = read_model(raw)
    (step,) = lower(model.graph, ("ref",)).steps
    return arguments(model, step, inputs=tuple(range(64, 64 + 64 * len(step.inputs), 64)), output=512, scratch=1024)


@pytest.mark.parametrize("kind", CASES)
def test_fields_are_fields_of_the_record_and_pointers_have_arrays(kind: str) -> None:
    args = _only_step(CASES[kind](np.random.default_rng(1)).model)
    assert args.struct in ARGS_BYTES
    assert set(args.fields) <= {name for name, _ in RECORDS[args.struct]._fields_}
    assert {value for value in args.fields.values() if isinstance(value, str)} == set(args.arrays)


@pytest.mark.parametrize("kind", ["conv_2d", "fully_connected", "add", "average_pool_2d", "mean", "softmax", "pad"])
def test_every_field_of_a_record_is_given(kind: str) -> None:
    args = _only_step(CASES[kind](np.random.default_rng(1)).model)
    assert set(args.fields) == {name for name, _ in RECORDS[args.struct]._fields_}


@pytest.mark.parametrize("name", ARGS_BYTES)
def test_the_size_table_knows_each_record(name: str) -> None:
    """With pointers of 32 bits."""
    fields = [(field, ctypes.c_uint32 if kind is ctypes.c_void_p else kind) for field, kind in RECORDS[name]._fields_]
    assert ctypes.sizeof(type(name, (ctypes.Structure,), {"_fields_": fields})) == ARGS_BYTES[name]


def test_a_folded_pad_becomes_the_padding_of_the_convolution() -> None:
    b = TfliteBuilder()
    x = b.input((1, 6, 5, 2), (0.1, 7))
    padded = b.pad(x, [(0, 0), (1, 2), (0, 3), (0, 0)])
    weights = np.arange(-18, 18).astype(np.int8).reshape(2, 3, 3, 2)
    args = _only_step(b.build(b.conv_2d(padded, weights, [0.5, 0.25], (0.2, -1), stride=(2, 1), activation="relu")))
    fields = args.fields
    assert (fields["input"], fields["output"], fields["scratch"]) == (64, 512, 1024)
    assert (fields["in_h"], fields["in_w"], fields["in_c"]) == (6, 5, 2)
    assert (fields["out_h"], fields["out_w"], fields["out_c"]) == (4, 6, 2)
    assert (fields["pad_top"], fields["pad_left"]) == (1, 0)
    assert (fields["stride_h"], fields["stride_w"]) == (2, 1)
    assert (fields["input_zero_point"], fields["output_zero_point"]) == (7, -1)
    assert (fields["act_min"], fields["act_max"]) == (-1, 127)
    assert np.array_equal(args.arrays["weights"], weights.reshape(-1))
    assert args.arrays["bias"].tolist() == [0, 0]


def test_same_padding_puts_the_odd_row_at_the_end() -> None:
    b = TfliteBuilder()
    x = b.input((1, 6, 5, 1), (0.1, 0))
    args = _only_step(b.build(b.pool("MAX_POOL_2D", x, (3, 2), (2, 2), "same")))
    assert (args.fields["pad_top"], args.fields["pad_left"]) == (0, 0)
    assert (args.fields["out_h"], args.fields["out_w"]) == (3, 3)


def test_add_keeps_the_order_of_its_inputs() -> None:
    b = TfliteBuilder()
    y = b.add(b.input((1, 4), (0.5, 3)), b.input((1, 4), (0.125, -5)), (1.0, 0))
    fields = _only_step(b.build(y)).fields
    assert fields["input"] == (64, 128)
    assert fields["zero_point"] == (3, -5)
    assert fields["shift"] == (0, -2)
    assert fields["count"] == 4


def test_fully_connected_over_rows() -> None:
    b = TfliteBuilder()
    x = b.input((1, 3, 4), (0.5, 0))
    y = b.fully_connected(x, np.ones((2, 4), np.int8), [0.5], (1.0, 0), keep_dims=True)
    fields = _only_step(b.build(y)).fields
    assert (fields["rows"], fields["in_c"], fields["out_c"]) == (3, 4, 2)
