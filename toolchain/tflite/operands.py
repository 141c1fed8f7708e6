"""Tensors and constants of one operator, checked: a raw operator in, typed values or a BadInput that names it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Tensor
from toolchain.errors import BadInput
from toolchain.tflite.flatbuffer import RawOperator, RawTensor
from toolchain.tflite.model import Constants, Quantization

CONVERT_AGAIN = (
    "Convert again with full-integer quantisation: a representative data set, TFLITE_BUILTINS_INT8, "
    "inference_input_type = inference_output_type = int8."
)
#: Shapes are 16-bit numbers in the kernels' records, windows and strides 8-bit ones (kernel.h).
MAX_AXIS = 65_535
MAX_WINDOW = 255
#: Requantisation shifts to the left by at most 30 bits.
MAX_FACTOR = 2.0**30
#: Position of the input that is computed, where it is not the first.
DATA_INPUTS = {"SPLIT": 1, "TRANSPOSE_CONV": 2}

_TYPE_ADVICE = {
    "float32": f"this is a float32 model. {CONVERT_AGAIN}",
    "uint8": f"this is a uint8 model, the older quantisation. {CONVERT_AGAIN}",
    "int16": f"this is a model with 16-bit activations. {CONVERT_AGAIN}",
    "float16": f"this is a float16 model. {CONVERT_AGAIN}",
}


#: Makes an error from what is wrong and what to do about it.
Fail = Callable[[str, str], BadInput]


def type_advice(dtype: str) -> str:
    """What to do about activations of `dtype`, which the engine does not run."""
    return _TYPE_ADVICE.get(dtype, f"must be int8. {CONVERT_AGAIN}")


@dataclass(frozen=True, slots=True)
class Operands:
    """One operator of the file `name`, with access to its tensors by position."""

    name: str
    operator: RawOperator
    tensors: Mapping[int, RawTensor]

    def fail(self, what: str, advice: str = CONVERT_AGAIN) -> BadInput:
        """The error for this operator."""
        return BadInput(f"{self.name}: operator {self.operator.index} ({self.operator.kind}) {what}. {advice}".strip())

    def count(self, least: int, most: int, outputs: int = 1) -> None:
        """Refuse another number of inputs, or of outputs."""
        inputs, written = len(self.operator.inputs), len(self.operator.outputs)
        if not least <= inputs <= most or written != outputs:
            expected = f"{least}" if least == most else f"{least} to {most}"
            raise self.fail(f"has {inputs} inputs and {written} outputs, must have {expected} and {outputs}")

    def input(self, position: int = 0) -> RawTensor:
        return self.tensors[self.operator.inputs[position]]

    @property
    def source(self) -> RawTensor:
        """The computed input, the first of them if there are several."""
        return self.input(DATA_INPUTS.get(self.operator.kind, 0))

    @property
    def output(self) -> RawTensor:
        return self.tensors[self.operator.outputs[0]]

    def option(self, name: str) -> Any:
        if self.operator.options is None:
            raise self.fail("has no options")
        return self.operator.options[name]

    def constant(self, position: int, what: str, dtype: str, rank: int | None) -> npt.NDArray[Any] | None:
        """The constant at input `position` in its shape, a view of the file; None if it is left out.

        rank: axes that it must have, None for any number.
        """
        inputs = self.operator.inputs
        if position >= len(inputs) or inputs[position] == -1:
            return None
        tensor = self.tensors[inputs[position]]
        if tensor.data is None:
            raise self.fail(f"takes its {what} from another operation, must be constant")
        if tensor.dtype != dtype or tensor.sparse:
            kind = f"sparse {tensor.dtype}" if tensor.sparse else tensor.dtype
            raise self.fail(f"has {kind} {what}, must be dense {dtype}")
        expected_bytes = math.prod(tensor.shape) * np.dtype(dtype).itemsize
        wrong_rank = rank is not None and len(tensor.shape) != rank
        if wrong_rank or min(tensor.shape, default=1) < 1 or tensor.data.nbytes != expected_bytes:
            axes = "any axes" if rank is None else f"{rank} axes"
            raise self.fail(
                f"has {what} of shape {list(tensor.shape)} in {tensor.data.nbytes:,} B, must have {axes} and "
                f"{np.dtype(dtype).itemsize} B an element"
            )
        return tensor.data.view(np.dtype(dtype).newbyteorder("<")).reshape(tensor.shape)

    def required(self, position: int, what: str, dtype: str, rank: int | None) -> npt.NDArray[Any]:
        """As `constant`, but it must be there."""
        values = self.constant(position, what, dtype, rank)
        if values is None:
            raise self.fail(f"has no {what}")
        return values

    def operand(self, position: int) -> tuple[npt.NDArray[np.int8], Quantization]:
        """The int8 constant at input `position`, to compute with as with an activation."""
        values = self.required(position, "operand", "int8", None)
        return values, _quantization(self.input(position), self.fail)

    def expect_output(self, shape: tuple[int, ...], output: RawTensor | None = None) -> None:
        """Refuse an output (the only one, if none is given) of another shape than the attributes give."""
        found = (output or self.output).shape
        if found != shape:
            raise self.fail(f"has an output of shape {list(found)}, its attributes give {list(shape)}")

    def expect_rank(self, least: int, most: int | None = None) -> None:
        """`least` axes, or `least` to `most`."""
        shape = self.source.shape
        if not least <= len(shape) <= (most or least):
            expected = f"{least} to {most}" if most else f"{least}"
            raise self.fail(f"reads a tensor of shape {list(shape)}, must have {expected} axes")

    def expect_same_quantization(self, source: RawTensor, target: RawTensor) -> None:
        """The kernel copies values, so input and output must mean the same by them."""
        if (source.scales[0], source.zero_points[0]) != (target.scales[0], target.zero_points[0]):
            raise self.fail(
                f"changes scale or zero point from ({source.scales[0]:.6g}, {source.zero_points[0]}) to "
                f"({target.scales[0]:.6g}, {target.zero_points[0]}), must keep them"
            )

    def expect_output_quantization(self, scale: float, zero_point: int, words: str) -> None:
        """Refuse another output quantisation than the one that the operation has by definition."""
        found = self.output.scales[0], self.output.zero_points[0]
        if found != (scale, zero_point):
            raise self.fail(f"has output scale {found[0]:.6g} and zero point {found[1]}, must be {words}")

    def expect_factor(self, factor: float, limit: float = MAX_FACTOR) -> None:
        """Refuse scales whose quotient no kernel can requantise by."""
        if not factor < limit:
            raise self.fail(f"requantises by {factor:.3g}, must be less than {limit:.3g}")


def activation(tensor: RawTensor, fail: Fail) -> tuple[Tensor, Quantization | None]:
    """Type, shape and quantisation of a computed tensor; `fail` makes the error of who reads or writes it."""
    what = f"'{tensor.name}'"
    if tensor.data is not None:
        raise fail(f"has the constant {what} where a computed tensor must be", CONVERT_AGAIN)
    if tensor.dtype not in ("int8", "float32"):
        raise fail(f"has {what} of type {tensor.dtype}: {type_advice(tensor.dtype)[:-1]}", "")
    _check_shape(tensor, fail)
    if tensor.dtype == "float32":
        return Tensor(tensor.shape, "float32"), None
    return Tensor(tensor.shape), _quantization(tensor, fail)


def _quantization(tensor: RawTensor, fail: Fail) -> Quantization:
    """The scale and the zero point of an int8 tensor that has one of each."""
    what = f"'{tensor.name}'"
    scales, zero_points = tensor.scales.tolist()[:2], tensor.zero_points.tolist()[:2]
    if len(tensor.scales) != 1 or len(tensor.zero_points) != 1:
        counts = f"{len(tensor.scales)} scales and {len(tensor.zero_points)} zero points"
        raise fail(f"has {what} with {counts}, must have one of each", CONVERT_AGAIN)
    scale, zero_point = float(scales[0]), int(zero_points[0])
    if not (math.isfinite(scale) and scale > 0) or not -128 <= zero_point <= 127:
        raise fail(
            f"has {what} with scale {scale:.6g} and zero point {zero_point}, no int8 quantisation", CONVERT_AGAIN
        )
    return Quantization(scale, zero_point)


def _check_shape(tensor: RawTensor, fail: Fail) -> None:
    """Refuse shapes that are dynamic, batched, empty or beyond the kernels' numbers."""
    shape, what = list(tensor.shape), f"'{tensor.name}'"
    if any(axis > 0 for axis in tensor.dynamic_axes):
        raise fail(f"has {what} of dynamic shape {shape}", "Export it with a fixed input shape.")
    if not shape or shape[0] != 1:
        raise fail(f"has {what} of shape {shape}, the first axis (batch) must be 1", "Export it with batch 1.")
    if min(shape) < 1 or max(shape) > MAX_AXIS or math.prod(shape) >= 2**31:
        raise fail(f"has {what} of shape {shape}, an axis must be 1 to {MAX_AXIS:,}", "Export a smaller model.")


def weighted_constants(
    operands: Operands, shape: tuple[int, ...], channel_axis: int, bias_position: int = 2
) -> tuple[Constants, bool]:
    """Weights of `shape`, their scales and the bias of a convolution or fully connected layer; True if it has a bias.

    Scales and an absent bias are broadcast views, so that they cost nothing whatever the file claims.
    """
    weights = operands.required(1, "weights", "int8", len(shape))
    if weights.shape != shape:
        raise operands.fail(f"has weights of shape {list(weights.shape)}, must be {list(shape)}")
    outputs = shape[channel_axis]
    scales = _weight_scales(operands, outputs, channel_axis)
    quotient = float(operands.source.scales[0]) / float(operands.output.scales[0])
    operands.expect_factor(float(scales.max()) * quotient)
    bias = operands.constant(bias_position, "bias", "int32", 1)
    if bias is not None and bias.shape != (outputs,):
        raise operands.fail(f"has {bias.size} biases for {outputs} channels")
    zeros = np.broadcast_to(np.int32(0), (outputs,))
    return Constants(weights, scales, zeros if bias is None else bias), bias is not None


def _weight_scales(operands: Operands, outputs: int, channel_axis: int) -> npt.NDArray[np.float32]:
    tensor = operands.input(1)
    count = len(tensor.scales)
    if count not in (1, outputs):
        raise operands.fail(f"has {count} weight scales for {outputs} channels, must have 1 or {outputs}")
    if count > 1 and tensor.quantized_axis != channel_axis:
        raise operands.fail(f"has weight scales along axis {tensor.quantized_axis}, must be axis {channel_axis}")
    if len(tensor.zero_points) > count or np.any(tensor.zero_points):
        raise operands.fail("has weights with zero points that are not 0")
    if not np.all(np.isfinite(tensor.scales)) or np.any(tensor.scales < 0):
        raise operands.fail("has weight scales that are negative or not finite")
    return np.broadcast_to(tensor.scales, (outputs,))
