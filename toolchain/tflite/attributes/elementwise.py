"""Operations on one element, or on a pair of elements, at a time; SOFTMAX, and what changes the quantisation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from toolchain.tflite.attributes.common import Attributes, expect_six, fused_activation
from toolchain.tflite.flatbuffer import RawTensor
from toolchain.tflite.model import Constants
from toolchain.tflite.operands import Operands

MAX_BROADCAST_RANK = 4
#: Scales of inputs of LOGISTIC and TANH between which TensorFlow Lite Micro's shifts are defined.
SIGMOID_SCALES = 2.0**-28, 2.0**35


def _scale(tensor: RawTensor) -> float:
    return float(tensor.scales[0])


def _operand(operands: Operands) -> tuple[dict[str, Any], Constants]:
    """Attributes and constants of the operand of two that is constant, if one is."""
    constant = [position for position in (0, 1) if operands.input(position).data is not None]
    if not constant:
        return {}, Constants()
    values, quantization = operands.operand(constant[0])
    fields = {"operand": values.shape, "operand_first": constant == [0]}
    return fields, Constants(operand=values, operand_quantization=quantization)


def _expect_broadcast(operands: Operands) -> None:
    """Refuse operands that do not fit each other or the output."""
    a, b = operands.input(0).shape, operands.input(1).shape
    try:
        shape = np.broadcast_shapes(a, b)
    except ValueError:
        raise operands.fail(
            f"computes with shapes {list(a)} and {list(b)}, must be equal, or 1 where they differ"
        ) from None
    operands.expect_output(shape)
    computed = all(operands.input(position).data is None for position in (0, 1))
    is_plain_sum = operands.operator.kind == "ADD" and computed and a == b
    if len(shape) > MAX_BROADCAST_RANK and not is_plain_sum:
        raise operands.fail(
            f"computes shape {list(shape)} of two operands, must have at most {MAX_BROADCAST_RANK} axes"
        )


def add(operands: Operands) -> Attributes:
    """Also SUB."""
    operands.count(2, 2)
    _expect_broadcast(operands)
    fields, constants = _operand(operands)
    larger = max(_scale(operands.input(0)), _scale(operands.input(1)))
    operands.expect_factor(2 * larger / (2.0**20 * _scale(operands.output)), limit=1.0)
    return {**fields, "activation": fused_activation(operands)}, constants


def mul(operands: Operands) -> Attributes:
    operands.count(2, 2)
    _expect_broadcast(operands)
    fields, constants = _operand(operands)
    operands.expect_factor(_scale(operands.input(0)) * _scale(operands.input(1)) / _scale(operands.output))
    return {**fields, "activation": fused_activation(operands)}, constants


def prelu(operands: Operands) -> Attributes:
    operands.count(2, 2)
    values, quantization = operands.operand(1)
    _expect_broadcast(operands)
    operands.expect_output(operands.source.shape)
    factor = _scale(operands.source) / _scale(operands.output)
    operands.expect_factor(factor)
    operands.expect_factor(factor * quantization.scale)
    return {"operand": values.shape}, Constants(operand=values, operand_quantization=quantization)


def _unary(operands: Operands) -> None:
    operands.count(1, 1)
    operands.expect_output(operands.source.shape)


def logistic(operands: Operands) -> Attributes:
    """Also TANH: both have one output quantisation."""
    _unary(operands)
    low, high = SIGMOID_SCALES
    if not low <= _scale(operands.source) < high:
        raise operands.fail(f"has an input scale of {_scale(operands.source):.6g}, must be 2**-28 or more, below 2**35")
    if operands.operator.kind == "LOGISTIC":
        operands.expect_output_quantization(1 / 256, -128, "1/256 and -128")
    else:
        operands.expect_output_quantization(1 / 128, 0, "1/128 and 0")
    return {}, Constants()


def hard_swish(operands: Operands) -> Attributes:
    """Inputs get 7 more bits, and 3 becomes 2^15."""
    _unary(operands)
    scale = _scale(operands.source) / 128
    operands.expect_factor(scale * 2**15 / 3)
    operands.expect_factor(scale / _scale(operands.output), limit=1.0)
    return {}, Constants()


def relu(operands: Operands) -> Attributes:
    _unary(operands)
    operands.expect_factor(_scale(operands.source) / _scale(operands.output))
    return {}, Constants()


def relu6(operands: Operands) -> Attributes:
    _unary(operands)
    operands.expect_same_quantization(operands.source, operands.output)
    expect_six(operands)
    return {}, Constants()


def leaky_relu(operands: Operands) -> Attributes:
    _unary(operands)
    alpha, factor = float(operands.option("alpha")), _scale(operands.source) / _scale(operands.output)
    operands.expect_factor(factor)
    if not math.isfinite(alpha):
        raise operands.fail(f"has alpha {alpha}, must be a number")
    operands.expect_factor(factor * abs(alpha))
    return {}, Constants(alpha=alpha)


def softmax(operands: Operands) -> Attributes:
    _unary(operands)
    beta, scale = float(operands.option("beta")), _scale(operands.source)
    if not (math.isfinite(beta) and beta * scale * 2.0**26 > 1):
        raise operands.fail(f"has beta {beta:.6g} and input scale {scale:.6g}, must have beta * scale > 2**-26")
    operands.expect_output_quantization(1 / 256, -128, "1/256 and -128")
    return {}, Constants(beta=beta)


def quantize(operands: Operands) -> Attributes:
    _unary(operands)
    if operands.output.dtype != "int8":
        raise operands.fail(f"writes {operands.output.dtype}, must write int8")
    if operands.source.dtype == "int8":
        operands.expect_factor(_scale(operands.source) / _scale(operands.output))
    return {}, Constants()


def dequantize(operands: Operands) -> Attributes:
    _unary(operands)
    if (operands.source.dtype, operands.output.dtype) != ("int8", "float32"):
        raise operands.fail(f"turns {operands.source.dtype} into {operands.output.dtype}, must be int8 into float32")
    return {}, Constants()
