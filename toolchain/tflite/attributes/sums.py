"""Operations that sum over a window, a layer or whole axes: convolutions, fully connected layers, pools, MEAN."""

from __future__ import annotations

import math

from search.hardware.ops import Op, output_hw
from toolchain.tflite.attributes.common import (
    Attributes,
    expect_small_padding,
    expect_windows,
    fused_activation,
    window,
)
from toolchain.tflite.model import Constants
from toolchain.tflite.operands import Operands, weighted_constants

MAX_REDUCED = 4  # axes that TensorFlow Lite Micro has room for


def conv_2d(operands: Operands) -> Attributes:
    """In groups, each output channel sees one run of the input's channels."""
    operands.count(2, 3)
    operands.expect_rank(4)
    shape = operands.required(1, "weights", "int8", 4).shape
    inputs = operands.source.shape[3]
    groups, rest = divmod(inputs, shape[3])
    if rest:
        raise operands.fail(f"has weights over {shape[3]} of {inputs} channels, must be over all or an equal part")
    if shape[0] % groups:
        raise operands.fail(f"has {shape[0]} output channels in {groups} groups, must be as many in each")
    fields = window(operands, shape[1:3], shape[0], dilated=True)
    constants, bias = weighted_constants(operands, shape, 0)
    return {**fields, "groups": groups, "activation": fused_activation(operands), "bias": bias}, constants


def depthwise_conv_2d(operands: Operands) -> Attributes:
    operands.count(2, 3)
    operands.expect_rank(4)
    shape = operands.required(1, "weights", "int8", 4).shape
    inputs, multiplier = operands.source.shape[3], operands.option("depth_multiplier")
    if shape[0] != 1 or shape[3] != inputs * multiplier:
        raise operands.fail(
            f"has weights of shape {list(shape)} for {inputs} channels and depth multiplier {multiplier}, "
            f"must be [1, H, W, {inputs * multiplier}]"
        )
    fields = window(operands, shape[1:3], shape[3], dilated=True)
    constants, bias = weighted_constants(operands, shape, 3)
    return {**fields, "activation": fused_activation(operands), "bias": bias}, constants


def transpose_conv(operands: Operands) -> Attributes:
    """The output's size is free as far as the convolution that leads back from it gives the input's."""
    operands.count(3, 4)
    operands.expect_rank(4)
    shape = operands.required(1, "weights", "int8", 4).shape
    _, *input_hw, inputs = operands.source.shape
    if shape[3] != inputs:
        raise operands.fail(f"has weights over {shape[3]} of {inputs} channels, must be over all")
    stride = operands.option("stride_h"), operands.option("stride_w")
    expect_windows(operands, kernel=shape[1:3], stride=stride)
    told = operands.constant(0, "output shape", "int32", 1)
    if told is not None and tuple(told.tolist()) != operands.output.shape:
        raise operands.fail(f"is to write shape {told[:8].tolist()}, but its output is {list(operands.output.shape)}")
    if len(operands.output.shape) != 4 or operands.output.shape[3] != shape[0]:
        raise operands.fail(f"writes shape {list(operands.output.shape)}, must be [1, H, W, {shape[0]}]")
    size = operands.output.shape[1], operands.output.shape[2]
    probe = Op(operands.operator.kind, (), (), shape[1:3], stride, padding=operands.option("padding"))
    if output_hw(probe, size) != tuple(input_hw):
        raise operands.fail(
            f"turns {input_hw[0]}x{input_hw[1]} into {size[0]}x{size[1]}, from which kernel {shape[1]}x{shape[2]}, "
            f"stride {stride[0]}x{stride[1]} and its padding do not lead back"
        )
    expect_small_padding(operands, probe, size)
    constants, bias = weighted_constants(operands, shape, 0, bias_position=3)
    fields = {"kernel": shape[1:3], "stride": stride, "padding": probe.padding}
    return {**fields, "activation": fused_activation(operands), "bias": bias}, constants


def fully_connected(operands: Operands) -> Attributes:
    operands.count(2, 3)
    if operands.option("weights_format") != 0:
        raise operands.fail("has shuffled weights, must have the default format")
    outputs, inputs = operands.required(1, "weights", "int8", 2).shape
    source = operands.source.shape
    rows, rest = divmod(math.prod(source), inputs)
    keep = operands.option("keep_num_dims")
    if rest or (keep and source[-1] != inputs):
        raise operands.fail(f"has weights over {inputs} inputs, but reads a tensor of shape {list(source)}")
    operands.expect_output((*source[:-1], outputs) if keep else (rows, outputs))
    constants, bias = weighted_constants(operands, (outputs, inputs), 0)
    return {"activation": fused_activation(operands), "bias": bias}, constants


def pool(operands: Operands) -> Attributes:
    operands.count(1, 1)
    operands.expect_rank(4)
    operands.expect_same_quantization(operands.source, operands.output)
    kernel = operands.option("filter_h"), operands.option("filter_w")
    fields = window(operands, kernel, operands.source.shape[3])
    return {**fields, "activation": fused_activation(operands)}, Constants()


def mean(operands: Operands) -> Attributes:
    operands.count(2, 2)
    source = operands.source.shape
    operands.expect_rank(1, 4)
    values = operands.required(1, "axes", "int32", None).reshape(-1)
    if len(values) > MAX_REDUCED or not all(-len(source) <= axis < len(source) for axis in values.tolist()):
        raise operands.fail(
            f"reduces axes {values[:8].tolist()} of shape {list(source)}, must be at most {MAX_REDUCED} of its axes"
        )
    axes = tuple(sorted({axis % len(source) for axis in values.tolist()}))
    keep = bool(operands.option("keep_dims"))
    operands.expect_output(tuple(1 if i in axes else n for i, n in enumerate(source) if keep or i not in axes))
    operands.expect_factor(float(operands.source.scales[0]) / float(operands.output.scales[0]))
    return {"axes": axes, "keep_dims": keep}, Constants()
