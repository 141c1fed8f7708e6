"""One function a kind of operation: its operands in, its attributes and constants out, all checked.

Each returns the fields of `Op` that its kind has, and `Constants`. Shapes, types and quantisation of the activations
are known to be sound before; what is left is whether they fit the attributes and TensorFlow Lite Micro's own demands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from search.hardware.ops import OP_KINDS, Op, explicit_padding, output_hw
from toolchain.tflite.model import Constants
from toolchain.tflite.operands import MAX_WINDOW, Operands, weighted_constants

Attributes = tuple[dict[str, Any], Constants]

#: Kinds with more than one computed input.
ACTIVATION_INPUTS = {"ADD": 2}


def _activation(operands: Operands) -> str:
    word = str(operands.option("activation"))
    if word not in ("none", "relu", "relu6"):
        raise operands.fail(
            f"has the fused activation {word.upper()}, must be NONE, RELU or RELU6", "Use ReLU or ReLU6."
        )
    if word == "relu6" and not 6.0 / float(operands.output.scales[0]) < 2**31:
        raise operands.fail(f"has RELU6 and an output scale of {operands.output.scales[0]:.3g}")
    return word


def _window(operands: Operands, kernel: tuple[int, ...], channels: int, dilated: bool = False) -> dict[str, Any]:
    """Kernel, stride, dilation and padding of a convolution or pool, checked against the output's shape."""
    stride = operands.option("stride_h"), operands.option("stride_w")
    dilation = (operands.option("dilation_h"), operands.option("dilation_w")) if dilated else (1, 1)
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": operands.option("padding")}
    for name, pair in (("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if not all(1 <= size <= MAX_WINDOW for size in pair):
            raise operands.fail(f"has {name} {pair[0]}x{pair[1]}, must be 1 to {MAX_WINDOW}", "Use a smaller window.")
    input_hw = operands.input().shape[1], operands.input().shape[2]
    probe = Op(operands.operator.kind, (), (), **fields)
    if max(max(pair) for pair in explicit_padding(probe, input_hw)) > MAX_WINDOW:
        raise operands.fail(f"pads by more than {MAX_WINDOW}", "Use a smaller window.")
    operands.expect_output((1, *output_hw(probe, input_hw), channels))
    return fields


def _conv_2d(operands: Operands) -> Attributes:
    operands.count(2, 3)
    operands.expect_rank(4)
    shape = operands.required(1, "weights", "int8", 4).shape
    if shape[3] != operands.input().shape[3]:
        raise operands.fail(
            f"has weights over {shape[3]} of {operands.input().shape[3]} channels, must be over all",
            "Grouped convolutions are not supported; use dense or depthwise ones.",
        )
    fields = _window(operands, shape[1:3], shape[0], dilated=True)
    constants, bias = weighted_constants(operands, shape, 0)
    return {**fields, "activation": _activation(operands), "bias": bias}, constants


def _depthwise_conv_2d(operands: Operands) -> Attributes:
    operands.count(2, 3)
    operands.expect_rank(4)
    shape = operands.required(1, "weights", "int8", 4).shape
    inputs, multiplier = operands.input().shape[3], operands.option("depth_multiplier")
    if shape[0] != 1 or shape[3] != inputs * multiplier:
        raise operands.fail(
            f"has weights of shape {list(shape)} for {inputs} channels and depth multiplier {multiplier}, "
            f"must be [1, H, W, {inputs * multiplier}]"
        )
    fields = _window(operands, shape[1:3], shape[3], dilated=True)
    constants, bias = weighted_constants(operands, shape, 3)
    return {**fields, "activation": _activation(operands), "bias": bias}, constants


def _fully_connected(operands: Operands) -> Attributes:
    operands.count(2, 3)
    if operands.option("weights_format") != 0:
        raise operands.fail("has shuffled weights, must have the default format")
    outputs, inputs = operands.required(1, "weights", "int8", 2).shape
    source = operands.input().shape
    rows, rest = divmod(math.prod(source), inputs)
    keep = operands.option("keep_num_dims")
    if rest or (keep and source[-1] != inputs):
        raise operands.fail(f"has weights over {inputs} inputs, but reads a tensor of shape {list(source)}")
    operands.expect_output((*source[:-1], outputs) if keep else (rows, outputs))
    constants, bias = weighted_constants(operands, (outputs, inputs), 0)
    return {"activation": _activation(operands), "bias": bias}, constants


def _add(operands: Operands) -> Attributes:
    operands.count(2, 2)
    a, b = operands.input(0), operands.input(1)
    if a.shape != b.shape:
        raise operands.fail(
            f"adds shapes {list(a.shape)} and {list(b.shape)}, must be equal", "Broadcasting is not supported."
        )
    operands.expect_output(a.shape)
    larger = max(float(a.scales[0]), float(b.scales[0]))
    operands.expect_factor(2 * larger / (2.0**20 * float(operands.output.scales[0])), limit=1.0)
    return {"activation": _activation(operands)}, Constants()


def _pool(operands: Operands) -> Attributes:
    operands.count(1, 1)
    operands.expect_rank(4)
    operands.expect_same_quantization()
    kernel = operands.option("filter_h"), operands.option("filter_w")
    fields = _window(operands, kernel, operands.input().shape[3])
    return {**fields, "activation": _activation(operands)}, Constants()


def _mean(operands: Operands) -> Attributes:
    operands.count(2, 2)
    operands.expect_rank(4)
    values = operands.required(1, "axes", "int32", 1)
    axes = tuple(sorted({int(axis) + 4 if axis < 0 else int(axis) for axis in values[:8]}))
    if axes != (1, 2) or len(values) > 8:
        raise operands.fail(
            f"reduces axes {values[:8].tolist()}, must be height and width (1, 2)", "Use a global average over H and W."
        )
    keep, channels = bool(operands.option("keep_dims")), operands.input().shape[3]
    operands.expect_output((1, 1, 1, channels) if keep else (1, channels))
    operands.expect_factor(float(operands.input().scales[0]) / float(operands.output.scales[0]))
    return {"axes": axes, "keep_dims": keep}, Constants()


def _softmax(operands: Operands) -> Attributes:
    operands.count(1, 1)
    operands.expect_output(operands.input().shape)
    beta, scale = float(operands.option("beta")), float(operands.input().scales[0])
    if not (math.isfinite(beta) and beta * scale * 2.0**26 > 1):
        raise operands.fail(f"has beta {beta:.6g} and input scale {scale:.6g}, must have beta * scale > 2**-26")
    if (operands.output.scales[0], operands.output.zero_points[0]) != (1 / 256, -128):
        raise operands.fail(
            f"has output scale {operands.output.scales[0]:.6g} and zero point {operands.output.zero_points[0]}, "
            "must be 1/256 and -128"
        )
    return {}, Constants(beta=beta)


def _reshape(operands: Operands) -> Attributes:
    operands.count(1, 2)
    operands.constant(1, "shape", "int32", 1)
    source, target = operands.input().shape, operands.output.shape
    if math.prod(source) != math.prod(target):
        raise operands.fail(f"turns shape {list(source)} into {list(target)}, which has another number of elements")
    operands.expect_same_quantization()
    return {}, Constants()


def _pad(operands: Operands) -> Attributes:
    operands.count(2, 2)
    operands.expect_rank(4)
    values = operands.required(1, "paddings", "int32", 2)
    if values.shape != (4, 2) or values.min() < 0 or values[0].any():
        raise operands.fail(
            f"has paddings {values[:8].tolist()}, must be (before, after) of 4 axes, none negative, none of the batch"
        )
    pads = tuple((int(before), int(after)) for before, after in values)
    source = operands.input().shape
    operands.expect_output(tuple(size + sum(pair) for size, pair in zip(source, pads, strict=True)))
    operands.expect_same_quantization()
    return {"pads": pads}, Constants()


def _quantize(operands: Operands) -> Attributes:
    operands.count(1, 1)
    operands.expect_output(operands.input().shape)
    if operands.output.dtype != "int8":
        raise operands.fail(f"writes {operands.output.dtype}, must write int8")
    if operands.input().dtype == "int8":
        operands.expect_factor(float(operands.input().scales[0]) / float(operands.output.scales[0]))
    return {}, Constants()


def _dequantize(operands: Operands) -> Attributes:
    operands.count(1, 1)
    operands.expect_output(operands.input().shape)
    if (operands.input().dtype, operands.output.dtype) != ("int8", "float32"):
        raise operands.fail(f"turns {operands.input().dtype} into {operands.output.dtype}, must be int8 into float32")
    return {}, Constants()


#: What reads the attributes and constants of each kind; its keys are exactly OP_KINDS.
READERS: dict[str, Callable[[Operands], Attributes]] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "SOFTMAX": _softmax,
    "RESHAPE": _reshape,
    "PAD": _pad,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
}
assert set(READERS) == set(OP_KINDS)
