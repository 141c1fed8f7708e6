"""Packers of the depthwise kernels for Cortex-M with DSP: a .tflite's constants in, one stream of words out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from search.hardware.packing import Arrays, Constants
from search.hardware.record import Record

LANES = 4  # channels that the kernels run together
_GROUP_TAIL_BYTES = LANES * (4 + 4 + 1)  # bias, multiplier and shift of a group


def _fold(constants: Constants) -> npt.NDArray[np.int32]:
    """Bias [O] with the input zero point's share folded in, modulo 2^32, so that the kernel need not subtract it."""
    sums = constants.weights.astype(np.int64).sum(axis=(0, 1))
    folded: npt.NDArray[np.int32] = (constants.bias - constants.input_zero_point * sums).astype(np.int32)
    return folded


def stream_3x3_bytes(record: Record) -> tuple[int, ...]:
    """18 bytes a channel, in fours."""
    return (-(-record.output[2] // LANES) * (_GROUP_TAIL_BYTES + LANES * 9),)


def pack_3x3(_: Record, constants: Constants) -> Arrays:
    """group_t of depthwise_conv_2d_3x3.h for every 4 channels, the last 4 of which may overlap those before."""
    live = constants.multiplier != 0  # a multiplier of 0 gives the zero point: so does 0 times any other multiplier
    bias = np.where(live, _fold(constants), 0).astype("<i4")
    multiplier = np.where(live, constants.multiplier, 1 << 30).astype(np.uint32) * np.uint32(2)
    power = np.where(live, 32 + constants.shift.astype(np.int64), 31).astype(np.uint8)
    weights = np.where(live, constants.weights, 0).astype(np.int8).transpose(2, 1, 0)  # [channel, x, y]
    starts = [*range(0, bias.size - LANES, LANES), bias.size - LANES]
    lanes = np.add.outer(starts, np.arange(LANES)).reshape(-1)
    return (_interleave(bias[lanes], multiplier.astype("<u4")[lanes], weights[lanes], power[lanes]),)


def fits_3x3(_: Record, constants: Constants) -> bool:
    """Its requantisation needs at least one bit of right shift."""
    return bool(np.all((constants.shift <= -1) | (constants.multiplier == 0)))


def _is_3x3(record: Record) -> bool:
    """One output channel an input channel, at least four, and no padding beyond one row or column on a side."""
    return (
        record.kernel == (3, 3)
        and record.dilation == (1, 1)
        and LANES <= record.input[2] == record.output[2]
        and max(max(side) for side in record.pads) <= 1
    )


def runs_3x3_s1(record: Record) -> bool:
    return _is_3x3(record) and record.stride == (1, 1) and record.output[1] >= 2


def runs_3x3_s2(record: Record) -> bool:
    return _is_3x3(record) and record.stride == (2, 2)


def scratch_3x3_bytes(record: Record) -> int:
    """Columns of the padded row, 32 bytes each, and channel_t of 4 channels (depthwise_conv_2d_3x3.h)."""
    columns = record.output[1] + 2 if record.stride[1] == 1 else 2 * record.output[1] + 1
    return 32 * columns + 68 * LANES


def stream_bytes(record: Record) -> tuple[int, ...]:
    """Channels are filled up to a multiple of 4."""
    return (-(-record.output[2] // LANES) * (_GROUP_TAIL_BYTES + LANES * record.kernel[0] * record.kernel[1]),)


def pack(_: Record, constants: Constants) -> Arrays:
    """group_t of depthwise_conv_2d.c for every 4 channels."""
    padding = -constants.bias.size % LANES
    bias = np.pad(_fold(constants), (0, padding)).astype("<i4")
    multiplier = np.pad(constants.multiplier, (0, padding)).astype("<i4")
    shift = np.pad(constants.shift, (0, padding))
    weights = np.pad(constants.weights.transpose(2, 0, 1), ((0, padding), (0, 0), (0, 0)))  # [channel, y, x]
    return (_interleave(bias, multiplier, shift, weights),)


def _interleave(*parts: npt.NDArray[np.generic]) -> npt.NDArray[np.uint32]:
    """Arrays whose first axis is channels, cut into groups of 4 channels, group after group, as words."""
    groups = [np.ascontiguousarray(part).reshape(part.shape[0] // LANES, -1).view(np.uint8) for part in parts]
    return np.concatenate(groups, axis=1).reshape(-1).view("<u4").astype(np.uint32)


def runs(record: Record) -> bool:
    """One output channel an input channel, no dilation, and an output row never ahead of the input rows it needs.

    An output one column wide is left to the kernel that computes position by position.
    """
    return (
        record.dilation == (1, 1)
        and 4 <= record.input[2] == record.output[2]
        and record.output[0] <= record.input[0]
        and 1 < record.output[1] <= record.input[1]
        and record.pads[0][0] < record.kernel[0]
        and record.pads[1][0] < record.kernel[1]
    )


def scratch_bytes(record: Record) -> int:
    """Weights of two output rows, the ring of row pairs, the way through it (depthwise_conv_2d.c)."""
    height, width = record.kernel
    row_step = record.stride[0] if record.output[0] > 1 else 0
    pairs = (height + row_step + 1) // 2
    columns = (-(-record.output[1] // 3) * 3 - 1) * record.stride[1] + width
    return 4 * pairs * (LANES * (2 * width + columns) + 1)
