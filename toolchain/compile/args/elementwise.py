"""Arguments of what works on one element or a pair of elements at a time; SOFTMAX, and changes of quantisation."""

from __future__ import annotations

from toolchain.compile import quantize
from toolchain.compile.args.job import Arguments, Arrays, Fields, Job, hwc_fields
from toolchain.compile.lookup import table
from toolchain.tflite.model import Quantization


def add(job: Job) -> Arguments:
    """ADD of two computed operands of one shape."""
    first, second = (job.quantization(tensor) for tensor in job.step.inputs)
    fields: Fields = {
        "input": job.inputs, "output": job.output, "count": job.elements,
        **_sum_scaling(quantize.add_multipliers(first.scale, second.scale, job.target.scale)),
        "zero_point": (first.zero_point, second.zero_point), "output_zero_point": job.target.zero_point,
        **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_add_t", fields, {})


def _sum_scaling(scaling: quantize.AddMultipliers) -> Fields:
    return {
        "multiplier": scaling.multiplier, "output_multiplier": scaling.output_multiplier,
        "shift": scaling.shift, "output_shift": scaling.output_shift,
    }  # fmt: skip


def _operands(job: Job) -> tuple[tuple[Quantization, ...], Fields, Arrays]:
    """Of both operands: their quantisation; where they are and their shapes; the one that is constant."""
    record, constants = job.step.record, job.constants
    places, found = list(job.inputs), [job.quantization(tensor) for tensor in job.step.inputs]
    pointers: Fields = {"first": 0, "second": 0}
    arrays: Arrays = {}
    if record.constant is not None:
        if constants.operand is None or constants.operand_quantization is None:
            raise AssertionError(f"the reader gave op {job.step.op_index} no constant operand")
        name = ("first", "second")[record.constant]
        places.insert(record.constant, 0)
        found.insert(record.constant, constants.operand_quantization)
        pointers[name], arrays[name] = name, constants.operand.reshape(-1)
    sizes = {axis: (a, b) for axis, a, b in zip("hwc", *record.operands, strict=True)}
    fields: Fields = {
        "input": (places[0], places[1]), **pointers, "output": job.output, **sizes, **hwc_fields("out", record.output),
        "zero_point": (found[0].zero_point, found[1].zero_point), "output_zero_point": job.target.zero_point,
        **job.clamp(),
    }  # fmt: skip
    return tuple(found), fields, arrays


def sum_or_difference(job: Job) -> Arguments:
    """SUB, and ADD of operands that differ in shape or of which one is constant."""
    (first, second), fields, arrays = _operands(job)
    scaling = quantize.add_multipliers(first.scale, second.scale, job.target.scale)
    return Arguments("mcn_binary_t", fields | _sum_scaling(scaling), arrays)


def mul(job: Job) -> Arguments:
    (first, second), fields, arrays = _operands(job)
    multiplier, shift = quantize.quantize_multiplier(first.scale * second.scale / job.target.scale)
    return Arguments("mcn_binary_t", fields | {"output_multiplier": multiplier, "output_shift": shift}, arrays)


def prelu(job: Job) -> Arguments:
    (source, slopes), fields, arrays = _operands(job)
    above = quantize.quantize_multiplier(source.scale / job.target.scale)
    below = quantize.quantize_multiplier(source.scale * slopes.scale / job.target.scale)
    scaling: Fields = {"multiplier": (above[0], below[0]), "shift": (above[1], below[1])}
    return Arguments("mcn_binary_t", fields | scaling, arrays)


def lookup(job: Job) -> Arguments:
    """LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, LEAKY_RELU."""
    values = table(job.op.kind, job.source, job.target, job.constants)
    fields: Fields = {**job.place(), "count": job.elements, "table": "table"}
    return Arguments("mcn_lookup_t", fields, {"table": values})


def softmax(job: Job) -> Arguments:
    depth = job.step.record.output[2]
    multiplier, shift, diff_min = quantize.softmax_parameters(job.constants.beta, job.source.scale)
    fields: Fields = {
        **job.place(), "rows": job.elements // depth, "depth": depth, "multiplier": multiplier, "shift": shift,
        "diff_min": diff_min,
    }  # fmt: skip
    return Arguments("mcn_softmax_t", fields, {})


def quantize_(job: Job) -> Arguments:
    """QUANTIZE of float32 or int8."""
    target = job.target
    fields: Fields = {
        **job.place(), "count": job.elements, "scale": target.scale, "output_zero_point": target.zero_point,
    }  # fmt: skip
    if job.step.record.input_dtype == "int8":
        multiplier, shift = quantize.quantize_multiplier(job.source.scale / target.scale)
        fields |= {"multiplier": multiplier, "shift": shift, "input_zero_point": job.source.zero_point}
    return Arguments("mcn_quantize_t", fields, {})


def dequantize(job: Job) -> Arguments:
    fields: Fields = {
        **job.place(), "count": job.elements, "scale": job.source.scale, "input_zero_point": job.source.zero_point,
    }  # fmt: skip
    return Arguments("mcn_quantize_t", fields, {})
