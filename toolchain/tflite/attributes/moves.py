"""Operations that only move elements: RESHAPE, PAD, CONCATENATION, SPLIT, STRIDED_SLICE, RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

import math

from search.hardware.ops import Slice, split_part
from toolchain.tflite.attributes.common import Attributes
from toolchain.tflite.model import Constants
from toolchain.tflite.operands import Operands

#: What TensorFlow Lite Micro has room for.
MAX_CONCATENATED, MAX_CONCATENATED_RANK, MAX_MOVED_RANK = 10, 6, 4


def reshape(operands: Operands) -> Attributes:
    operands.count(1, 2)
    operands.constant(1, "shape", "int32", 1)
    source, target = operands.source.shape, operands.output.shape
    if math.prod(source) != math.prod(target):
        raise operands.fail(f"turns shape {list(source)} into {list(target)}, which has another number of elements")
    operands.expect_same_quantization(operands.source, operands.output)
    return {}, Constants()


def pad(operands: Operands) -> Attributes:
    operands.count(2, 2)
    operands.expect_rank(2, MAX_MOVED_RANK)
    values, source = operands.required(1, "paddings", "int32", 2), operands.source.shape
    if values.shape != (len(source), 2) or values.min() < 0 or values[0].any():
        raise operands.fail(
            f"has paddings {values[:8].tolist()}, must be (before, after) of {len(source)} axes, none negative, "
            "none of the batch"
        )
    pads = tuple((int(before), int(after)) for before, after in values)
    operands.expect_output(tuple(size + sum(pair) for size, pair in zip(source, pads, strict=True)))
    operands.expect_same_quantization(operands.source, operands.output)
    return {"pads": pads}, Constants()


def _axis(operands: Operands, axis: int) -> int:
    """`axis` of the input, counted from the front."""
    rank = len(operands.source.shape)
    if not -rank <= axis < rank:
        raise operands.fail(f"works along axis {axis} of shape {list(operands.source.shape)}, which has no such axis")
    return axis % rank


def concatenation(operands: Operands) -> Attributes:
    operands.count(1, MAX_CONCATENATED)
    operands.expect_rank(1, MAX_CONCATENATED_RANK)
    if operands.option("activation") != "none":
        raise operands.fail(f"has the fused activation {str(operands.option('activation')).upper()}, must have none")
    axis = _axis(operands, int(operands.option("axis")))
    inputs = [operands.input(position) for position in range(len(operands.operator.inputs))]
    first = inputs[0].shape
    for tensor in inputs:
        operands.expect_same_quantization(tensor, operands.output)
        if tensor.shape[:axis] + tensor.shape[axis + 1 :] != first[:axis] + first[axis + 1 :]:
            raise operands.fail(f"joins shapes {list(first)} and {list(tensor.shape)} along axis {axis}")
    operands.expect_output((*first[:axis], sum(tensor.shape[axis] for tensor in inputs), *first[axis + 1 :]))
    return {"axes": (axis,)}, Constants()


def split(operands: Operands) -> Attributes:
    parts = len(operands.operator.outputs)
    operands.count(2, 2, outputs=parts)
    operands.expect_rank(1, MAX_MOVED_RANK)
    told, values = operands.option("num_splits"), operands.required(0, "axis", "int32", None)
    if values.size != 1:
        raise operands.fail(f"splits along axes {values.reshape(-1)[:8].tolist()}, must be one")
    axis, source = _axis(operands, int(values.reshape(-1)[0])), operands.source.shape
    if told != parts or source[axis] % parts:
        raise operands.fail(f"splits {source[axis]} elements of axis {axis} into {parts} outputs, as one of {told}")
    shape = tuple(piece.length for piece in split_part(source, axis, parts, 0))
    for number in operands.operator.outputs:
        operands.expect_output(shape, operands.tensors[number])
        operands.expect_same_quantization(operands.source, operands.tensors[number])
    return {"axes": (axis,)}, Constants()


def strided_slice(operands: Operands) -> Attributes:
    operands.count(4, 4)
    operands.expect_rank(1, MAX_MOVED_RANK)
    operands.expect_same_quantization(operands.source, operands.output)
    for name in ("ellipsis_mask", "new_axis_mask", "offset"):
        if operands.option(name):
            raise operands.fail(f"has {name} {operands.option(name)}, must have none")
    shape = operands.source.shape
    begins, ends, steps = (
        operands.required(position, what, "int32", 1) for position, what in ((1, "begins"), (2, "ends"), (3, "strides"))
    )
    if not len(begins) == len(ends) == len(steps) == len(shape):
        counts = f"{len(begins)} begins, {len(ends)} ends and {len(steps)} strides"
        raise operands.fail(f"has {counts} for a tensor of shape {list(shape)}, must have one of each an axis")
    rows = zip(begins.tolist(), ends.tolist(), steps.tolist(), strict=True)
    slices = tuple(_slice(operands, axis, *row) for axis, row in enumerate(rows))
    shrunk = int(operands.option("shrink_axis_mask"))
    operands.expect_output(tuple(piece.length for axis, piece in enumerate(slices) if not shrunk >> axis & 1))
    return {"slices": slices}, Constants()


def _slice(operands: Operands, axis: int, begin: int, end: int, step: int) -> Slice:
    """What Python's slices take, too; one element where the axis is shrunk away."""
    size = operands.source.shape[axis]
    masks = [int(operands.option(f"{name}_mask")) >> axis & 1 for name in ("begin", "end", "shrink_axis")]
    if masks[2]:
        first = 0 if masks[0] else begin
        if step != 1 or not -size <= first < size:
            raise operands.fail(f"takes element {first} of the {size} of axis {axis} by steps of {step}, must be by 1")
        return Slice(first % size, 1)
    if step == 0:
        raise operands.fail(f"goes along axis {axis} by steps of 0, must be another number")
    taken = range(size)[None if masks[0] else begin : None if masks[1] else end : step]
    return Slice(taken.start if taken else 0, len(taken), step)


def resize_nearest_neighbor(operands: Operands) -> Attributes:
    operands.count(2, 2)
    operands.expect_rank(4)
    operands.expect_same_quantization(operands.source, operands.output)
    size = operands.required(1, "size", "int32", 1)
    operands.expect_output((1, *size[:8].tolist(), operands.source.shape[3]))
    fields = ("align_corners", "half_pixel_centers")
    return {name: bool(operands.option(name)) for name in fields}, Constants()
