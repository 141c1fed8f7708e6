"""Arguments of what only moves elements: PAD, CONCATENATION, STRIDED_SLICE, SPLIT, RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Slice, split_part
from toolchain.compile.args.job import Arguments, Arrays, Fields, Job, hwc_fields


def pad(job: Job) -> Arguments:
    record = job.step.record
    befores = [0, 0, 0, *(before for before, _ in job.op.pads)][-3:]
    fields: Fields = {
        **job.place(), **hwc_fields("in", record.input), **hwc_fields("out", record.output),
        **{f"before_{axis}": before for axis, before in zip("hwc", befores, strict=True)},
        "value": job.target.zero_point,
    }  # fmt: skip
    return Arguments("mcn_pad_t", fields, {})


def concatenation(job: Job) -> Arguments:
    """The output is made of runs: what stands behind each index of the axes before the joined one."""
    (axis,) = job.op.axes
    shapes = [job.model.graph.tensors[tensor].shape for tensor in job.step.inputs]
    arrays: Arrays = {
        "input": np.array(job.inputs, np.uint32),
        "bytes": np.array([prod(shape[axis:]) for shape in shapes], np.uint32),
    }
    fields: Fields = {
        "input": "input", "bytes": "bytes", "output": job.output, "runs": prod(shapes[0][:axis]), "count": len(shapes),
    }  # fmt: skip
    return Arguments("mcn_concatenation_t", fields, arrays)


def cut(job: Job) -> Arguments:
    """STRIDED_SLICE, and the step's output of a SPLIT."""
    op, shape = job.op, job.model.graph.tensors[job.step.inputs[0]].shape
    slices = op.slices or split_part(shape, op.axes[0], len(op.outputs), op.outputs.index(job.step.output))
    _, width, channels = job.step.record.input
    rows = dict(zip("hwc", zip(_hwc(slices), (width * channels, channels, 1), strict=True), strict=True))
    fields: Fields = {
        **job.place(), "first": sum(piece.first * pitch for piece, pitch in rows.values()),
        **{f"step_{axis}": piece.step * pitch for axis, (piece, pitch) in rows.items()},
        **{f"out_{axis}": piece.length for axis, (piece, _) in rows.items()},
    }  # fmt: skip
    return Arguments("mcn_slice_t", fields, {})


def _hwc(slices: tuple[Slice, ...]) -> tuple[Slice, ...]:
    """Of H, W and C, where the slices of a tensor of at most 4 axes begin with the batch."""
    return (*[Slice(0, 1)] * 3, *slices[1:])[-3:]


def resize_nearest_neighbor(job: Job) -> Arguments:
    """Which pixel goes where is worked out here, once."""
    (in_h, in_w, channels), (out_h, out_w, _) = job.step.record.input, job.step.record.output
    arrays: Arrays = {"row": _nearest(job, in_h, out_h), "column": _nearest(job, in_w, out_w)}
    fields: Fields = {
        **job.place(), "row": "row", "column": "column", "in_w": in_w, "out_h": out_h, "out_w": out_w,
        "channels": channels,
    }  # fmt: skip
    return Arguments("mcn_resize_t", fields, arrays)


def _nearest(job: Job, size: int, wanted: int) -> npt.NDArray[np.uint16]:
    """[wanted] the nearest of `size` positions, computed in float32 as TensorFlow Lite Micro does."""
    corners = job.op.align_corners and wanted > 1
    scale = np.float32(size - 1) / np.float32(wanted - 1) if corners else np.float32(size) / np.float32(wanted)
    offset = np.float32(0.5 if job.op.half_pixel_centers else 0.0)
    places = (np.arange(wanted, dtype=np.float32) + offset) * scale
    nearest = np.floor(places.astype(np.float64) + (0.5 if job.op.align_corners else 0.0))
    return np.minimum(nearest, size - 1).astype(np.uint16)
