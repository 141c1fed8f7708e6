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


# Depthwise convolutions (depthwise_conv_2d.h): a window lies in columns of 4 or 8 bytes


def _runs_depthwise(record: Record, kernel: tuple[int, int]) -> bool:
    """A kernel up to that size, one output channel an input channel, outputs that never outgrow the inputs."""
    (in_h, in_w, channels), (out_h, out_w, out_c) = record.input, record.output
    return (
        all(size <= most for size, most in zip(record.kernel, kernel, strict=True))
        and record.dilation == (1, 1)
        and channels == out_c
        and out_h <= in_h
        and out_w <= in_w
        and record.pads[0][0] < record.kernel[0]
        and record.pads[1][0] < record.kernel[1]
        and (3 + 6 * in_w) * channels <= GATHER_MAX
    )


def runs_3x3_s1(record: Record) -> bool:
    return _runs_depthwise(record, (3, 3)) and record.stride == (1, 1)


def runs_3x3_s2(record: Record) -> bool:
    return _runs_depthwise(record, (3, 3)) and record.stride == (2, 2)


def runs_8x6(record: Record) -> bool:
    return _runs_depthwise(record, (8, 6))


def runs_8x8(record: Record) -> bool:
    return _runs_depthwise(record, (8, 8))


def _slot_columns(record: Record, windows: int, high: int, window_columns: int) -> int:
    """columns_of in the kernels' header."""
    read = (padded(record.output[1], windows) - 1) * record.stride[1] + window_columns
    return max(read, record.pads[1][0] + record.input[1] + VECTOR // high)


def scratch_3x3_s1_bytes(record: Record) -> int:
    """Columns of two pairs of rows."""
    return 2 * 4 * _slot_columns(record, 2, 4, 3)


def scratch_3x3_s2_bytes(record: Record) -> int:
    """Columns of two rows."""
    return 2 * 4 * _slot_columns(record, 4, 4, 4)


def scratch_8x6_bytes(record: Record) -> int:
    """Columns of a row, and of as many behind it as its outputs lie over inputs of."""
    return (max(record.pads[0][0], 1) + 1) * 8 * _slot_columns(record, 4, 8, 6)


def scratch_8x8_bytes(record: Record) -> int:
    return (max(record.pads[0][0], 1) + 1) * 8 * _slot_columns(record, 4, 8, 8)


def _depthwise_parts(record: Record, constants: Constants) -> tuple[npt.NDArray[np.generic], ...]:
    """[O] bias with the input zero point folded in, multiplier, shift to the right; weights [O, column, row]."""
    height, width = record.kernel
    weights = constants.weights.reshape(height, width, record.output[2])
    sums = weights.astype(np.int64).sum(axis=(0, 1))
    bias = (constants.bias - constants.input_zero_point * sums).astype("<i4")
    right = np.where(constants.multiplier != 0, -constants.shift.astype(np.int64), 0).astype(np.uint8)
    return bias, constants.multiplier.astype("<i4"), right, weights.transpose(2, 1, 0)


def columns_3x3(record: Record, constants: Constants) -> Arrays:
    """channel_t of each channel: bias, multiplier, columns of three weights, the shift in the first one's top byte."""
    bias, multiplier, right, weights = _depthwise_parts(record, constants)
    columns = np.zeros((bias.size, record.kernel[1], 4), np.uint8)
    columns[:, :, : record.kernel[0]] = weights.view(np.uint8)
    columns[:, 0, 3] = right
    words = columns.reshape(bias.size, -1).view("<i4")
    return (np.hstack([bias[:, None], multiplier[:, None], words]).astype(np.int32).reshape(-1),)


def columns_3x3_bytes(record: Record) -> tuple[int, ...]:
    """20 bytes a channel for 3x3."""
    return (record.output[2] * (8 + 4 * record.kernel[1]),)


def columns_8x8(record: Record, constants: Constants) -> Arrays:
    """channel_t of each channel: bias, multiplier, then as bytes the shift and the columns."""
    bias, multiplier, right, weights = _depthwise_parts(record, constants)
    packed = np.zeros((bias.size, padded(1 + record.depth, 4)), np.uint8)
    packed[:, 0] = right
    packed[:, 1 : 1 + record.depth] = weights.reshape(bias.size, -1).view(np.uint8)
    return (np.hstack([bias[:, None], multiplier[:, None], packed.view("<i4")]).astype(np.int32).reshape(-1),)


def columns_8x8_bytes(record: Record) -> tuple[int, ...]:
    return (record.output[2] * (8 + padded(1 + record.depth, 4)),)


def no_left_shifts(_: Record, constants: Constants) -> bool:
    return bool(np.all((constants.shift <= 0) | (constants.multiplier == 0)))


def is_small_window(record: Record) -> bool:
    """Whether the sum of a pool's window fits int16."""
    return record.kernel[0] * record.kernel[1] <= 256
