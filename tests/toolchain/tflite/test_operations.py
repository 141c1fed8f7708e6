"""Operations beside the plain ones: what the reader takes out of them, and what it refuses in them."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from search.hardware.ops import OP_KINDS, Op, Slice
from tests.support import ROOT
from tests.tflite_builder import TfliteBuilder
from tests.toolchain.tflite.networks import OUTPUT, QUANTIZATION, SCALES, refused, weights
from toolchain.tflite.model import Quantization
from toolchain.tflite.reader import read_model

Add = Callable[[TfliteBuilder, int], int | list[int]]
SHAPE = (1, 9, 6, 4)


def constant(b: TfliteBuilder, *shape: int, quantization: tuple[float, int] = OUTPUT) -> int:
    return b.operand(np.ones(shape, np.int8), quantization)


def built(add: Add, shape: tuple[int, ...] = SHAPE) -> bytes:
    b = TfliteBuilder()
    out = add(b, b.input(shape, QUANTIZATION))
    return b.build(*(out if isinstance(out, list) else [out]))


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        (
            lambda b, x: b.conv_2d(x, weights(4, 3, 1, 2), SCALES, OUTPUT, dilation=(2, 1)),
            Op("CONV_2D", (0,), (1,), (3, 1), dilation=(2, 1), groups=2),
        ),
        (
            lambda b, x: b.transpose_conv(
                x, weights(4, 3, 2, 4), SCALES, OUTPUT, (18, 12), np.zeros(4, np.int32), (2, 2), "same", "relu"
            ),
            Op("TRANSPOSE_CONV", (0,), (1,), (3, 2), (2, 2), padding="same", activation="relu", bias=True),
        ),
        (lambda b, x: b.add(x, constant(b, 4), OUTPUT, "relu"), Op("ADD", (0,), (1,), activation="relu", operand=(4,))),
        (
            lambda b, x: b.binary("SUB", constant(b), x, OUTPUT),
            Op("SUB", (0,), (1,), operand=(), operand_first=True),
        ),
        (lambda b, x: b.binary("MUL", x, x, OUTPUT), Op("MUL", (0, 0), (1,))),
        (lambda b, x: b.prelu(x, constant(b, 1, 1, 4), OUTPUT), Op("PRELU", (0,), (1,), operand=(1, 1, 4))),
        (lambda b, x: b.unary("LOGISTIC", x), Op("LOGISTIC", (0,), (1,))),
        (lambda b, x: b.unary("TANH", x), Op("TANH", (0,), (1,))),
        (lambda b, x: b.unary("HARD_SWISH", x, OUTPUT), Op("HARD_SWISH", (0,), (1,))),
        (lambda b, x: b.unary("RELU", x, OUTPUT), Op("RELU", (0,), (1,))),
        (lambda b, x: b.unary("RELU6", x), Op("RELU6", (0,), (1,))),
        (lambda b, x: b.leaky_relu(x, 0.25, OUTPUT), Op("LEAKY_RELU", (0,), (1,))),
        (lambda b, x: b.mean(x, OUTPUT, (-1, 1)), Op("MEAN", (0,), (1,), axes=(1, 3))),
        (lambda b, x: b.concatenation([x, x], -1), Op("CONCATENATION", (0, 0), (1,), axes=(3,))),
        (lambda b, x: b.split(x, -2, 3), Op("SPLIT", (0,), (1, 2, 3), axes=(2,))),
        (
            lambda b, x: b.strided_slice(x, (0, 2, -1, 1), (1, 9, 0, 0), (1, 3, -2, 1), 0b0001, 0b0001, 0b1000),
            Op("STRIDED_SLICE", (0,), (1,), slices=(Slice(0, 1), Slice(2, 3, 3), Slice(5, 3, -2), Slice(1, 1))),
        ),
        (
            lambda b, x: b.resize_nearest_neighbor(x, (4, 20), align_corners=True),
            Op("RESIZE_NEAREST_NEIGHBOR", (0,), (1,), align_corners=True),
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Op) else "",
)
def test_attributes_of_each_kind(add: Add, expected: Op) -> None:
    assert read_model(built(add)).graph.ops == (expected,)


def test_a_constant_operand_keeps_its_values_and_quantisation() -> None:
    values = np.arange(-2, 2, dtype=np.int8)
    (constants,) = read_model(built(lambda b, x: b.binary("MUL", b.operand(values, (0.5, -7)), x, OUTPUT))).constants
    assert constants.operand is not None
    assert constants.operand.tolist() == values.tolist()
    assert constants.operand_quantization == Quantization(0.5, -7)


def test_alpha_is_what_the_file_has() -> None:
    (constants,) = read_model(built(lambda b, x: b.leaky_relu(x, 0.25, OUTPUT))).constants
    assert constants.alpha == 0.25


def test_a_model_of_nothing_but_a_split_is_an_int8_model() -> None:
    assert len(read_model(built(lambda b, x: b.split(x, 3, 2))).graph.outputs) == 2


def changed(add: Add, change: Callable[[TfliteBuilder], None]) -> Add:
    def both(b: TfliteBuilder, x: int) -> int | list[int]:
        out = add(b, x)
        change(b)
        return out

    return both


def options(**fields: object) -> Callable[[TfliteBuilder], None]:
    def change(b: TfliteBuilder) -> None:
        for name, value in fields.items():
            assert hasattr(b.operators[-1].builtinOptions, name)
            setattr(b.operators[-1].builtinOptions, name, value)

    return change


def output_shape(*shape: int) -> Callable[[TfliteBuilder], None]:
    def change(b: TfliteBuilder) -> None:
        b.tensors[b.operators[-1].outputs[0]].shape = np.asarray(shape, np.int32)

    return change


def slice_(*rows: tuple[int, int, int], shrunk: int = 0) -> Add:
    begins, ends, steps = zip(*rows, strict=True)
    return lambda b, x: b.strided_slice(x, begins, ends, steps, shrink_axis_mask=shrunk)


def up(size: tuple[int, int], kernel: int = 3, stride: int = 2) -> Add:
    """A TRANSPOSE_CONV of stride 2 without padding."""
    filters = weights(4, kernel, kernel, 4)
    return lambda b, x: b.transpose_conv(x, filters, SCALES, OUTPUT, size, stride=(stride, stride))


WHOLE = (0, 1, 1), (0, 9, 1), (0, 6, 1)


@pytest.mark.parametrize(
    ("add", "text"),
    [
        (lambda b, x: b.binary("SUB", x, constant(b, 1, 9, 6, 4, quantization=(0.1, 200)), OUTPUT), "zero point 200"),
        (lambda b, x: b.binary("MUL", x, b.constant(np.ones(4, np.int8)), OUTPUT), "with 0 scales and 0 zero points"),
        (
            changed(lambda b, x: b.binary("MUL", x, constant(b, 4), OUTPUT), output_shape(1, 9, 6, 1)),
            "(MUL) has an output of shape [1, 9, 6, 1], its attributes give [1, 9, 6, 4]",
        ),
        (
            lambda b, x: b.binary("ADD", constant(b, 4), constant(b, 4), OUTPUT),
            "(ADD) computes with the constant 't1', must be a computed tensor",
        ),
        (
            lambda b, x: b.op("SUB", [x, constant(b, 3)], SHAPE, OUTPUT, "SubOptions"),
            "(SUB) computes with shapes [1, 9, 6, 4] and [3], must be equal, or 1 where they differ",
        ),
        (
            lambda b, x: b.binary("MUL", b.reshape(x, (1, 3, 3, 6, 4)), constant(b, 4), OUTPUT),
            "(MUL) computes shape [1, 3, 3, 6, 4] of two operands, must have at most 4 axes",
        ),
        (lambda b, x: b.binary("SUB", x, x, (1e-9, 0)), "(SUB) requantises by 95.4, must be less than 1"),
        (lambda b, x: b.binary("MUL", x, x, (1e-13, 0)), "(MUL) requantises by 2.5e+10, must be less than 1.07e+09"),
        (lambda b, x: b.op("MUL", [x], SHAPE, OUTPUT, "MulOptions"), "(MUL) has 1 inputs and 1 outputs"),
        (lambda b, x: b.prelu(x, x, OUTPUT), "(PRELU) takes its operand from another operation"),
        (
            lambda b, x: b.prelu(x, constant(b, 5, 1, 1, 4), OUTPUT),
            "(PRELU) has an output of shape [1, 9, 6, 4], its attributes give [5, 9, 6, 4]",
        ),
        (
            lambda b, x: b.prelu(x, constant(b, 4, quantization=(1e12, 0)), OUTPUT),
            "(PRELU) requantises by 5e+11, must be less than",
        ),
        (lambda b, x: b.unary("LOGISTIC", x, OUTPUT), "has output scale 0.1 and zero point 4, must be 1/256 and -128"),
        (lambda b, x: b.unary("TANH", x, (1 / 128, 1)), "has output scale 0.0078125 and zero point 1, must be 1/128"),
        (
            lambda b, x: b.unary("TANH", b.quantize(x, (1e-9, 0))),
            "has an input scale of 1e-09, must be 2**-28 or more, below 2**35",
        ),
        (lambda b, x: b.unary("HARD_SWISH", x, (0.0003, 0)), "(HARD_SWISH) requantises by 1.3, must be less than 1"),
        (lambda b, x: b.unary("RELU", x, (1e-12, 0)), "(RELU) requantises by 5e+10"),
        (lambda b, x: b.unary("RELU6", x, OUTPUT), "(RELU6) changes scale or zero point from (0.05, -3) to (0.1, 4)"),
        (lambda b, x: b.leaky_relu(x, float("nan"), OUTPUT), "(LEAKY_RELU) has alpha nan, must be a number"),
        (lambda b, x: b.leaky_relu(x, 1e12, OUTPUT), "(LEAKY_RELU) requantises by 5e+11"),
        (
            lambda b, x: b.op("RELU", [x], (1, 9, 6, 3), OUTPUT),
            "(RELU) has an output of shape [1, 9, 6, 3], its attributes give [1, 9, 6, 4]",
        ),
        (
            lambda b, x: b.mean(b.reshape(x, (1, 3, 3, 6, 4)), OUTPUT, (1, 2)),
            "(MEAN) reads a tensor of shape [1, 3, 3, 6, 4], must have 1 to 4 axes",
        ),
        (
            lambda b, x: b.op("MEAN", [x, b.constant(np.array([4], np.int32))], (1, 1), OUTPUT, "ReducerOptions"),
            "(MEAN) reduces axes [4] of shape [1, 9, 6, 4], must be at most 4 of its axes",
        ),
        (lambda b, x: b.mean(x, OUTPUT, (1, 1, 1, 1, 1)), "reduces axes [1, 1, 1, 1, 1] of shape"),
        (lambda b, x: b.mean(x, OUTPUT, (0,)), "of shape [9, 6, 4], the first axis (batch) must be 1"),
        (
            lambda b, x: b.concatenation([x, b.quantize(x, OUTPUT)], 3),
            "(CONCATENATION) changes scale or zero point from (0.1, 4) to (0.05, -3), must keep them",
        ),
        (
            lambda b, x: b.concatenation([b.reshape(x, (1, 3, 3, 3, 2, 2, 2))], 3),
            "(CONCATENATION) reads a tensor of shape [1, 3, 3, 3, 2, 2, 2], must have 1 to 6 axes",
        ),
        (lambda b, x: b.concatenation([x, x], 3, "relu"), "has the fused activation RELU, must have none"),
        (lambda b, x: b.concatenation([x] * 11, 3), "(CONCATENATION) has 11 inputs and 1 outputs, must have 1 to 10"),
        (
            changed(lambda b, x: b.concatenation([x, x], 3), options(axis=4)),
            "works along axis 4 of shape [1, 9, 6, 4], which has no such axis",
        ),
        (
            lambda b, x: b.concatenation([x, b.strided_slice(x, (0,) * 4, (1, 9, 5, 4), (1,) * 4)], 3),
            "(CONCATENATION) joins shapes [1, 9, 6, 4] and [1, 9, 5, 4] along axis 3",
        ),
        (
            lambda b, x: b.op("CONCATENATION", [x, constant(b, *SHAPE)], (1, 9, 6, 8), QUANTIZATION),
            "(CONCATENATION) computes with the constant 't1', must be a computed tensor",
        ),
        (lambda b, x: b.concatenation([x, x], 0), "of shape [2, 9, 6, 4], the first axis (batch) must be 1"),
        (
            changed(lambda b, x: b.split(x, 3, 2), options(numSplits=4)),
            "(SPLIT) splits 4 elements of axis 3 into 2 outputs, as one of 4",
        ),
        (lambda b, x: b.split(x, 3, 3), "splits 4 elements of axis 3 into 3 outputs"),
        (
            changed(lambda b, x: b.split(x, 3, 2), output_shape(1, 9, 6, 3)),
            "has an output of shape [1, 9, 6, 3], its attributes give [1, 9, 6, 2]",
        ),
        (
            lambda b, x: b.op_of_many("SPLIT", [x, x], [(1, 9, 6, 2)] * 2, QUANTIZATION, "SplitOptions", numSplits=2),
            "(SPLIT) takes its axis from another operation, must be constant",
        ),
        (
            lambda b, x: b.op(
                "STRIDED_SLICE", [x, *(b.constant(np.asarray(n, np.int32)) for n in ([0] * 4, SHAPE, [1, 1, 1, 0]))],
                SHAPE, QUANTIZATION, "StridedSliceOptions",
            ),
            "(STRIDED_SLICE) goes along axis 3 by steps of 0",
        ),
        (
            lambda b, x: b.op(
                "STRIDED_SLICE", [x, *(b.constant(np.asarray(n, np.int32)) for n in ([0] * 4, SHAPE, [1] * 3))],
                SHAPE, QUANTIZATION, "StridedSliceOptions",
            ),
            "has 4 begins, 4 ends and 3 strides for a tensor of shape [1, 9, 6, 4], must have one of each an axis",
        ),
        (slice_(*WHOLE, (4, 4, 1)), "of shape [1, 9, 6, 0], an axis must be 1 to 65,535"),
        (
            slice_(*WHOLE, (4, 5, 1), shrunk=0b1000),
            "takes element 4 of the 4 of axis 3 by steps of 1, must be by 1",
        ),
        (slice_(*WHOLE[:2], (0, 6, 1), (0, 4, 1), shrunk=0b0001), "of shape [9, 6, 4], the first axis (batch)"),
        (
            changed(slice_(*WHOLE, (0, 4, 1)), options(ellipsisMask=2)),
            "(STRIDED_SLICE) has ellipsis_mask 2, must have none",
        ),
        (changed(slice_(*WHOLE, (0, 4, 1)), options(newAxisMask=1)), "has new_axis_mask 1, must have none"),
        (changed(slice_(*WHOLE, (0, 4, 1)), options(offset=True)), "has offset True, must have none"),
        (
            changed(slice_(*WHOLE, (0, 4, 1)), output_shape(1, 9, 6, 3)),
            "has an output of shape [1, 9, 6, 3], its attributes give [1, 9, 6, 4]",
        ),
        (
            lambda b, x: b.strided_slice(b.reshape(x, (1, 3, 3, 6, 4)), (0,) * 5, (1, 3, 3, 6, 4), (1,) * 5),
            "(STRIDED_SLICE) reads a tensor of shape [1, 3, 3, 6, 4], must have 1 to 4 axes",
        ),
        (
            changed(lambda b, x: b.resize_nearest_neighbor(x, (4, 4)), output_shape(1, 4, 5, 4)),
            "has an output of shape [1, 4, 5, 4], its attributes give [1, 4, 4, 4]",
        ),
        (
            lambda b, x: b.op(
                "RESIZE_NEAREST_NEIGHBOR", [b.reshape(x, (1, 54, 4)), b.constant(np.array([4, 4], np.int32))],
                (1, 4, 4), QUANTIZATION, "ResizeNearestNeighborOptions",
            ),
            "reads a tensor of shape [1, 54, 4], must have 4 axes",
        ),
        (
            up((18, 13)),
            "(TRANSPOSE_CONV) turns 9x6 into 18x13, from which kernel 3x3, stride 2x2 and its padding do not lead back",
        ),
        (changed(up((19, 13)), output_shape(1, 19, 13, 5)), "is to write shape [1, 19, 13, 4], but its output is"),
        (up((19, 13), stride=0), "(TRANSPOSE_CONV) has stride 0x0, must be 1 to 255"),
        (
            lambda b, x: b.transpose_conv(x, weights(4, 3, 3, 2), SCALES, OUTPUT, (19, 13), stride=(2, 2)),
            "(TRANSPOSE_CONV) has weights over 2 of 4 channels, must be over all",
        ),
        (
            lambda b, x: b.transpose_conv(x, weights(4, 3, 3, 4), [1e12], OUTPUT, (19, 13), stride=(2, 2)),
            "(TRANSPOSE_CONV) requantises by 5e+11",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(add: Add, text: str) -> None:
    assert text in refused(built(add))


def test_a_pad_of_a_sequence() -> None:
    data = built(lambda b, x: b.pad(x, [(0, 0), (2, 1), (0, 3)]), (1, 54, 4))
    assert read_model(data).graph.ops == (Op("PAD", (0,), (1,), pads=((0, 0), (2, 1), (0, 3))),)


def test_the_documents_tell_of_every_operation() -> None:
    text = (ROOT / "docs" / "ops.md").read_text()
    assert [kind for kind in OP_KINDS if not re.search(rf"^\| .*\b{kind}\b.* \|", text, re.MULTILINE)] == []
