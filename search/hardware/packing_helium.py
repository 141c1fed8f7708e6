"""Packers of the kernels for Cortex-M with Helium: a .tflite's constants in, one stream of words out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from search.hardware.packing import Arrays, Constants, conv_lead_bytes, padded, row_depth
from search.hardware.record import Record

VECTOR = 16  # bytes of a register
LANES = 4  # output channels that the kernels run together
GATHER_MAX = 65_535  # bytes from the first to the last element of one gathering load


def is_point(record: Record) -> bool:
    """Whether a convolution can read its input pixels where they are, in whole vectors."""
    return record.kernel == (1, 1) and max(map(max, record.pads)) == 0 and record.input[2] % VECTOR == 0


def point_lead_bytes(record: Record) -> int:
    """By how many bytes the output must start before the input that it is written over.

    Two pixels are written while they and all later ones are still read.
    """
    two_pixels = 2 * record.output[2]
    return two_pixels + conv_lead_bytes(record)


def window_scratch_bytes(record: Record) -> int:
    """The windows of two pixels."""
    return 2 * padded(record.depth, VECTOR)


def _rescaling(constants: Constants, channels: int) -> npt.NDArray[np.int32]:
    """[3, channels]: bias with the input zero point folded in, multiplier, scale 2^(31 + shift); 0 beyond O."""
    used = constants.bias.size
    live = constants.multiplier != 0
    sums = constants.weights.reshape(used, -1).astype(np.int64).sum(axis=1)
    table = np.zeros((3, channels), np.int64)
    table[0, :used] = constants.bias - constants.input_zero_point * sums
    table[1, :used] = constants.multiplier
    table[2, :used] = np.where(live, 1 << np.clip(31 + constants.shift.astype(np.int64), 0, 30), 0)
    return (table & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def shifts_fit(_: Record, constants: Constants) -> bool:
    """Whether every channel is shifted to the right by 1..31, or multiplied by 0."""
    return bool(np.all((constants.shift < 0) | (constants.multiplier == 0)))


def fours(_: Record, constants: Constants) -> Arrays:
    """Of four channels: 16 weights of each in turn, filled up with 0; four biases, multipliers, scales.

    Weights in the order of the .tflite: kernel row, column, input channel.
    """
    used = constants.bias.size
    flat = constants.weights.reshape(used, -1)
    channels, depth = padded(used, LANES), padded(flat.shape[1], VECTOR)
    weights = np.zeros((channels, depth), np.int8)
    weights[:used, : flat.shape[1]] = flat
    groups = weights.reshape(channels // LANES, LANES, depth // VECTOR, VECTOR).swapaxes(1, 2)
    words = np.ascontiguousarray(groups).reshape(channels // LANES, -1).view("<i4")
    rescaling = _rescaling(constants, channels).reshape(3, -1, LANES).swapaxes(0, 1).reshape(channels // LANES, -1)
    return (np.hstack([words, rescaling]).astype(np.int32).reshape(-1),)


def fours_bytes(record: Record) -> tuple[int, ...]:
    depth = row_depth(record) if record.kind == "FULLY_CONNECTED" else record.depth
    return (padded(record.output[2], LANES) * (padded(depth, VECTOR) + 12),)


# Depthwise convolutions up to 3x3 (depthwise_conv_2d_3x3.h)


def _runs_3x3(record: Record) -> bool:
    """One output channel an input channel; outputs never ahead of the rows that are still to be gathered."""
    (in_h, in_w, channels), (out_h, out_w, out_c) = record.input, record.output
    return (
        max(record.kernel) <= 3
        and record.dilation == (1, 1)
        and channels == out_c
        and out_h <= in_h
        and out_w <= in_w
        and record.pads[0][0] < record.kernel[0]
        and record.pads[1][0] < record.kernel[1]
        and (3 + 2 * in_w) * channels <= GATHER_MAX
    )


def runs_3x3_s1(record: Record) -> bool:
    return _runs_3x3(record) and record.stride == (1, 1)


def runs_3x3_s2(record: Record) -> bool:
    return _runs_3x3(record) and record.stride == (2, 2)


def scratch_3x3_bytes(record: Record) -> int:
    """Columns of two rows of blocks, in words; words_of in the kernels' header."""
    width = record.output[1]
    read = padded(width, 2) + 2 if record.stride[1] == 1 else 2 * padded(width, 4) + 2
    written = record.pads[1][0] + record.input[1] + 4
    return 2 * 4 * max(read, written)


def columns_3x3(record: Record, constants: Constants) -> Arrays:
    """channel_t of each channel: bias, multiplier, columns of three weights, the shift in the first one's top byte."""
    height, width = record.kernel
    channels = record.output[2]
    weights = constants.weights.reshape(height, width, channels)
    columns = np.zeros((channels, width, 4), np.uint8)
    columns[:, :, :height] = weights.transpose(2, 1, 0).view(np.uint8)
    live = constants.multiplier != 0
    columns[:, 0, 3] = np.where(live, -constants.shift.astype(np.int64), 0)
    sums = weights.astype(np.int64).sum(axis=(0, 1))
    bias = (constants.bias - constants.input_zero_point * sums).astype(np.int32)
    words = columns.reshape(channels, -1).view("<i4")
    return (np.hstack([bias[:, None], constants.multiplier[:, None], words]).astype(np.int32).reshape(-1),)


def columns_3x3_bytes(record: Record) -> tuple[int, ...]:
    """20 bytes a channel for 3x3."""
    return (record.output[2] * (8 + 4 * record.kernel[1]),)


def columns_3x3_fit(_: Record, constants: Constants) -> bool:
    """Whether no channel is shifted to the left."""
    return bool(np.all((constants.shift <= 0) | (constants.multiplier == 0)))


def is_small_window(record: Record) -> bool:
    """Whether the sum of a pool's window fits int16."""
    return record.kernel[0] * record.kernel[1] <= 256
