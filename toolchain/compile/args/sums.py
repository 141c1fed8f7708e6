"""Arguments of what sums over a window, a layer or whole axes: convolutions, fully connected layers, pools, MEAN."""

from __future__ import annotations

from math import prod

from toolchain.compile import quantize
from toolchain.compile.args.job import Arguments, Arrays, Fields, Job, hw_fields, hwc_fields


def _weighted(job: Job) -> tuple[Fields, Arrays]:
    weights, scales, bias = job.constants.weights, job.constants.weight_scales, job.constants.bias
    if weights is None or scales is None or bias is None:
        raise AssertionError(f"the reader gave op {job.step.op_index} no weights")
    multiplier, shift = quantize.channel_multipliers(job.source.scale, scales, job.target.scale)
    arrays: Arrays = {"weights": weights.reshape(-1), "bias": bias, "multiplier": multiplier, "shift": shift}
    return {name: name for name in arrays}, arrays


def conv(job: Job) -> Arguments:
    """CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV."""
    record = job.step.record
    pointers, arrays = _weighted(job)
    fields: Fields = {
        **job.place(), "scratch": job.scratch, **pointers, **hwc_fields("in", record.input),
        **hwc_fields("out", record.output), **hw_fields("kernel", record.kernel), **hw_fields("stride", record.stride),
        **hw_fields("dilation", record.dilation), "pad_top": record.pads[0][0], "pad_left": record.pads[1][0],
        **job.zero_points(), **job.clamp(),
        "groups": record.input[2] if record.kind == "DEPTHWISE_CONV_2D" else record.groups,
    }  # fmt: skip
    return Arguments("mcn_conv_t", fields, arrays)


def fully_connected(job: Job) -> Arguments:
    pointers, arrays = _weighted(job)
    out_c = job.step.record.output[2]
    fields: Fields = {
        **job.place(), "scratch": job.scratch, **pointers, "rows": job.elements // out_c,
        "in_c": arrays["weights"].size // out_c, "out_c": out_c, **job.zero_points(), **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_fully_connected_t", fields, arrays)


def pool(job: Job) -> Arguments:
    record = job.step.record
    (in_h, in_w, channels), (out_h, out_w, _) = record.input, record.output
    fields: Fields = {
        **job.place(), "in_h": in_h, "in_w": in_w, "channels": channels, "out_h": out_h, "out_w": out_w,
        **hw_fields("kernel", record.kernel), **hw_fields("stride", record.stride),
        "pad_top": record.pads[0][0], "pad_left": record.pads[1][0], **job.clamp(),
    }  # fmt: skip
    return Arguments("mcn_pool_t", fields, {})


def mean(job: Job) -> Arguments:
    """MEAN that keeps the last axes."""
    height, width, channels = job.step.record.input
    multiplier, shift = quantize.mean_multiplier(job.source.scale, job.target.scale, height * width)
    fields: Fields = {
        **job.place(), "scratch": job.scratch, "positions": height * width, "channels": channels,
        **job.zero_points(), "multiplier": multiplier, "shift": shift,
    }  # fmt: skip
    return Arguments("mcn_mean_t", fields, {})


def mean_over_axes(job: Job) -> Arguments:
    record = job.step.record
    if record.over is None:
        raise AssertionError(f"op {job.step.op_index} reduces no axes")
    multiplier, shift = quantize.mean_multiplier(job.source.scale, job.target.scale, prod(record.over))
    fields: Fields = {
        **job.place(), "in_w": record.input[1], "in_c": record.input[2], **hwc_fields("out", record.output),
        **hwc_fields("over", record.over), **job.zero_points(), "multiplier": multiplier, "shift": shift,
    }  # fmt: skip
    return Arguments("mcn_mean_over_axes_t", fields, {})
