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
    step = lower(model.graph, ("ref",)).steps[-1]  # of a SPLIT the last part, else the only one
    return arguments(model, step, inputs=tuple(range(64, 64 + 64 * len(step.inputs), 64)), output=512, scratch=1024)


@pytest.mark.parametrize("kind", CASES)
def test_fields_are_fields_of_the_record_and_pointers_have_arrays(kind: str) -> None:
    args = _only_step(CASES[kind](np.random.default_rng(1)).model)
    assert args.struct in ARGS_BYTES
    assert set(args.fields) <= {name for name, _ in RECORDS[args.struct]._fields_}
    assert {value for value in args.fields.values() if isinstance(value, str)} == set(args.arrays)


WHOLE = [
    "conv_2d", "fully_connected", "add", "average_pool_2d", "mean", "softmax", "pad", "transpose_conv", "sub", "tanh",
    "concatenation", "split", "strided_slice", "resize_nearest_neighbor",
]  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
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


def test_a_constant_operand_stands_where_the_file_has_it() -> None:
    b = TfliteBuilder()
    x = b.input((1, 2, 3, 4), (0.5, 3))
    values = np.array([1, -2, 3, -4], np.int8)
    args = _only_step(b.build(b.binary("SUB", b.operand(values, (0.25, 7)), x, (1.0, 0), "relu")))
    fields = args.fields
    assert (fields["input"], fields["first"], fields["second"]) == ((0, 64), "first", 0)
    assert args.arrays["first"].tolist() == values.tolist()
    assert (fields["h"], fields["w"], fields["c"]) == ((1, 2), (1, 3), (4, 4))
    assert (fields["out_h"], fields["out_w"], fields["out_c"]) == (2, 3, 4)
    assert fields["zero_point"] == (7, 3)
    assert fields["shift"] == (-1, 0)
    assert (fields["act_min"], fields["act_max"]) == (0, 127)


def test_runs_of_a_concatenation() -> None:
    b = TfliteBuilder()
    x, y = b.input((1, 2, 3, 4), (0.5, 3)), b.input((1, 2, 5, 4), (0.5, 3))
    args = _only_step(b.build(b.concatenation([x, y, x], 2)))
    assert args.arrays["input"].tolist() == [64, 128, 192]
    assert args.arrays["bytes"].tolist() == [12, 20, 12]
    assert (args.fields["runs"], args.fields["count"]) == (2, 3)


def test_steps_of_a_slice() -> None:
    b = TfliteBuilder()
    x = b.input((1, 5, 6, 7), (0.5, 3))
    y = b.strided_slice(x, (0, 4, 1, 2), (1, 0, 6, 3), (1, -2, 3, 1), shrink_axis_mask=0b1000)
    fields = _only_step(b.build(y)).fields
    assert fields["first"] == 4 * 42 + 1 * 7 + 2
    assert (fields["step_h"], fields["step_w"], fields["step_c"]) == (-84, 21, 1)
    assert (fields["out_h"], fields["out_w"], fields["out_c"]) == (2, 2, 1)


def test_the_last_part_of_a_split() -> None:
    b = TfliteBuilder()
    fields = _only_step(b.build(*b.split(b.input((1, 6, 5), (0.5, 3)), 1, 3))).fields
    assert (fields["first"], fields["step_w"], fields["step_c"]) == (20, 5, 1)
    assert (fields["out_h"], fields["out_w"], fields["out_c"]) == (1, 2, 5)


@pytest.mark.parametrize(
    ("corners", "half", "expected"),
    [
        (False, False, [0, 0, 1, 1, 2]),
        (False, True, [0, 0, 1, 2, 2]),
        (True, False, [0, 1, 1, 2, 2]),
        (True, True, [0, 1, 1, 2, 2]),
    ],
)
def test_nearest_rows(corners: bool, half: bool, expected: list[int]) -> None:
    b = TfliteBuilder()
    x = b.input((1, 3, 1, 1), (0.5, 3))
    assert _only_step(b.build(b.resize_nearest_neighbor(x, (5, 1), corners, half))).arrays["row"].tolist() == expected


def test_the_mean_of_outer_axes_is_one_of_positions() -> None:
    b = TfliteBuilder()
    args = _only_step(b.build(b.mean(b.input((1, 5, 6, 7), (0.5, 3)), (0.5, 3), (1,))))
    assert (args.struct, args.fields["positions"], args.fields["channels"]) == ("mcn_mean_t", 5, 42)


def test_the_mean_of_inner_axes_takes_blocks() -> None:
    b = TfliteBuilder()
    args = _only_step(b.build(b.mean(b.input((1, 5, 6, 7), (0.5, 3)), (0.5, 3), (1, 3))))
    fields = args.fields
    assert args.struct == "mcn_mean_over_axes_t"
    assert (fields["out_h"], fields["out_w"], fields["out_c"]) == (1, 6, 1)
    assert (fields["over_h"], fields["over_w"], fields["over_c"]) == (5, 1, 7)
