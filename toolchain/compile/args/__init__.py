"""Kernel arguments: a parsed model, a lowered step and arena offsets in; the fields of the kernel's C record out.

The one place where a field of firmware/include/mcunas/kernel.h gets its value. The compiler prints an `Arguments` as
C, the tests pack it as bytes. Constant arrays are in the layout of the reference kernels.
"""

from __future__ import annotations

from collections.abc import Callable

from search.hardware.lowering import Step
from toolchain.compile.args import elementwise, moves, sums
from toolchain.compile.args.job import Arguments, Job, Value
from toolchain.tflite.model import Model

__all__ = ["Arguments", "Value", "arguments"]

#: By the form of a step's record.
_BUILDERS: dict[str, Callable[[Job], Arguments]] = {
    "CONV_2D": sums.conv,
    "GROUPED_CONV_2D": sums.conv,
    "DEPTHWISE_CONV_2D": sums.conv,
    "TRANSPOSE_CONV": sums.conv,
    "FULLY_CONNECTED": sums.fully_connected,
    "AVERAGE_POOL_2D": sums.pool,
    "MAX_POOL_2D": sums.pool,
    "MEAN": sums.mean,
    "MEAN_OVER_AXES": sums.mean_over_axes,
    "ADD": elementwise.add,
    "BROADCAST_ADD": elementwise.sum_or_difference,
    "SUB": elementwise.sum_or_difference,
    "MUL": elementwise.mul,
    "PRELU": elementwise.prelu,
    "LOOKUP": elementwise.lookup,
    "SOFTMAX": elementwise.softmax,
    "QUANTIZE": elementwise.quantize_,
    "DEQUANTIZE": elementwise.dequantize,
    "PAD": moves.pad,
    "CONCATENATION": moves.concatenation,
    "SLICE": moves.cut,
    "RESIZE_NEAREST_NEIGHBOR": moves.resize_nearest_neighbor,
}


def arguments(model: Model, step: Step, *, inputs: tuple[int, ...], output: int, scratch: int = 0) -> Arguments:
    """The record of `step`; `inputs`, `output` and `scratch` are arena offsets in bytes."""
    return _BUILDERS[step.record.form](Job(model, step, inputs, output, scratch))
