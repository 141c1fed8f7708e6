"""Kernel arguments: a parsed model, a lowered step and arena offsets in; the fields of the kernel's C record out.

The one place where a field of firmware/include/mcunas/kernel.h gets its value. The compiler prints an `Arguments` as
C, the tests pack it as bytes. Constant arrays are in the layout of the reference kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search.hardware.lowering import Step
from toolchain.compile import quantize
from toolchain.tflite.model import Model, Quantization

Value = int | float | str | tuple[int, ...]


class Arguments(NamedTuple):
    """One record. A field whose value is a string is a pointer to the constant array of that name in `arrays`."""

    struct: str
    fields: dict[str, Value]
    arrays: dict[str, npt.NDArray[np.generic]]


class _Job(NamedTuple):
    """What every builder below works from."""

    model: Model
    step: Step
    inputs: tuple[int, ...]
    output: int
    scratch: int

    def quantization(self, tensor: int) -> Quantization:
        found = self.model.quantization[tensor]
        if found is None:
            raise AssertionError(f"the reader gave tensor {tensor} no quantisation")
        return found

    @property
    def source(self) -> Quantization:
        return self.quantization(self.step.inputs[0])

    @property
    def target(self) -> Quantization:
        return self.quantization(self.step.output)

    @property
    def elements(self) -> int:
        return self.model.graph.tensors[self.step.output].elements

    def place(self) -> dict[str, Value]:
        return {"input": self.inputs[0], "output": self.output}

    def clamp(self) -> dict[str, Value]:
        low, high = quantize.activation_range(self.step.record.activation, self.target.scale, self.target.zero_point)
        return {"act_min": low, "act_max": high}

    def zero_points(self) -> dict[str, Value]:
        return {"input_zero_point": self.source.zero_point, "output_zero_point": self.target.zero_point}


def _weighted(job: _Job) -> tuple[dict[str, Value], dict[str, npt.NDArray[np.generic]]]:
    constants = job.model.constants[job.step.op_index]
    weights, scales, bias = constants.weights, constants.weight_scales, constants.bias
    if weights is None or scales is None or bias is None:
        raise AssertionError(f"the reader gave op {job.step.op_index} no weights")
    multiplier, shift = quantize.channel_multipliers(job.source.scale, scales, job.target.scale)
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "weights": weights.reshape(-1), "bias": bias, "multiplier": multiplier, "shift": shift,
    }  # fmt: skip
    return {name: name for name in arrays}, arrays


def _hwc(prefix: str, shape: tuple[int, int, int]) -> dict[str, Value]:
    return {f"{prefix}_{axis}": size for axis, size in zip("hwc", shape, strict=True)}


def _pair(name: str, value: tuple[int, int]) -> dict[str, Value]:
    return {f"{name}_h": value[0], f"{name}_w": value[1]}


def _conv(job: _Job) -> Arguments:
    record = job.step.record
    pointers, arrays = _weighted(job)
    fields: dict[str, Value] = {
        **job.place(), "scratch": job.scratch, **pointers, **_hwc("in", record.input), **_hwc("out", record.output),
        **_pair("kernel", record.kernel), **_pair("stride", record.stride), **_pair("dilation", record.dilation),
        "pad_top": record.pads[0][0], "pad_left": record.pads[1][0], **job.zero_points(), **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_conv_t", fields, arrays)


def _fully_connected(job: _Job) -> Arguments:
    pointers, arrays = _weighted(job)
    out_c = job.step.record.output[2]
    fields: dict[str, Value] = {
        **job.place(), "scratch": job.scratch, **pointers, "rows": job.elements // out_c,
        "in_c": arrays["weights"].size // out_c, "out_c": out_c, **job.zero_points(), **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_fully_connected_t", fields, arrays)


def _add(job: _Job) -> Arguments:
    first, second = (job.quantization(tensor) for tensor in job.step.inputs)
    scaling = quantize.add_multipliers(first.scale, second.scale, job.target.scale)
    fields: dict[str, Value] = {
        "input": job.inputs, "output": job.output, "count": job.elements,
        "multiplier": scaling.multiplier, "output_multiplier": scaling.output_multiplier,
        "shift": scaling.shift, "output_shift": scaling.output_shift,
        "zero_point": (first.zero_point, second.zero_point), "output_zero_point": job.target.zero_point,
        **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_add_t", fields, {})


def _pool(job: _Job) -> Arguments:
    record = job.step.record
    (in_h, in_w, channels), (out_h, out_w, _) = record.input, record.output
    fields: dict[str, Value] = {
        **job.place(), "in_h": in_h, "in_w": in_w, "channels": channels, "out_h": out_h, "out_w": out_w,
        **_pair("kernel", record.kernel), **_pair("stride", record.stride),
        "pad_top": record.pads[0][0], "pad_left": record.pads[1][0], **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_pool_t", fields, {})


def _mean(job: _Job) -> Arguments:
    height, width, channels = job.step.record.input
    multiplier, shift = quantize.mean_multiplier(job.source.scale, job.target.scale, height * width)
    fields: dict[str, Value] = {
        **job.place(), "scratch": job.scratch, "positions": height * width, "channels": channels,
        **job.zero_points(), "multiplier": multiplier, "shift": shift,
    }  # fmt: skip
    return Arguments("mcn_mean_t", fields, {})


def _softmax(job: _Job) -> Arguments:
    depth = job.step.record.output[2]
    beta = job.model.constants[job.step.op_index].beta
    multiplier, shift, diff_min = quantize.softmax_parameters(beta, job.source.scale)
    fields: dict[str, Value] = {
        **job.place(), "rows": job.elements // depth, "depth": depth, "multiplier": multiplier, "shift": shift,
        "diff_min": diff_min,
    }  # fmt: skip
    return Arguments("mcn_softmax_t", fields, {})


def _pad(job: _Job) -> Arguments:
    record, pads = job.step.record, job.model.graph.ops[job.step.op_index].pads
    befores = [0, 0, 0, *(before for before, _ in pads)][-3:]
    fields: dict[str, Value] = {
        **job.place(), **_hwc("in", record.input), **_hwc("out", record.output),
        **{f"before_{axis}": before for axis, before in zip("hwc", befores, strict=True)},
        "value": job.target.zero_point,
    }  # fmt: skip
    return Arguments("mcn_pad_t", fields, {})


def _quantize(job: _Job) -> Arguments:
    target = job.target
    fields: dict[str, Value] = {
        **job.place(), "count": job.elements, "scale": target.scale, "output_zero_point": target.zero_point,
    }  # fmt: skip
    if job.step.record.input_dtype == "int8":
        multiplier, shift = quantize.quantize_multiplier(job.source.scale / target.scale)
        fields |= {"multiplier": multiplier, "shift": shift, "input_zero_point": job.source.zero_point}
    return Arguments("mcn_quantize_t", fields, {})


def _dequantize(job: _Job) -> Arguments:
    fields: dict[str, Value] = {
        **job.place(), "count": job.elements, "scale": job.source.scale, "input_zero_point": job.source.zero_point,
    }  # fmt: skip
    return Arguments("mcn_quantize_t", fields, {})


_BUILDERS: dict[str, Callable[[_Job], Arguments]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _conv,
    "FULLY_CONNECTED": _fully_connected,
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "SOFTMAX": _softmax,
    "PAD": _pad,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
}


def arguments(model: Model, step: Step, *, inputs: tuple[int, ...], output: int, scratch: int = 0) -> Arguments:
    """The record of `step`; `inputs`, `output` and `scratch` are arena offsets in bytes."""
    return _BUILDERS[step.record.kind](_Job(model, step, inputs, output, scratch))
