"""Packers: the constants of one operation as the .tflite has them in, the arrays that a fast kernel reads out.

A packer changes layout, never values: what it folds (the input's zero point into the bias) or doubles (the multiplier)
is exact modulo 2^32, as the kernels' sums are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.hardware.record import Record


@dataclass(frozen=True, slots=True)
class Constants:
    """Constants of one operation with weights, O output channels.

    weights: int8 [O, kernel_h, kernel_w, in_c]; depthwise [kernel_h, kernel_w, O]; fully connected [O, in_c].
    bias, multiplier: int32 [O]; multiplier is Q31, 0 or 2^30..2^31 - 1. shift: int8 [O], > 0 to the left.
    """

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int8]
    input_zero_point: int
    output_zero_point: int


#: Arrays of an operation, for weights, bias, multiplier, shift of its args record in turn; those left over are NULL.
Arrays = tuple[npt.NDArray[np.generic], ...]
Packer = Callable[[Record, Constants], Arrays]
Fits = Callable[[Record, Constants], bool]


def plain(_: Record, constants: Constants) -> Arrays:
    """The reference kernels' layout: as in the .tflite."""
    return constants.weights.reshape(-1), constants.bias, constants.multiplier, constants.shift


def always_fits(_: Record, __: Constants) -> bool:
    return True


# Streams of the Cortex-M DSP convolutions (tile.inc, fully_connected.inc there)


def padded(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple


def rest_last(record: Record) -> npt.NDArray[np.intp]:
    """The order in which a convolution's weights meet its inputs: index k in the .tflite, -1 for a filling zero.

    Whole words of 4 of each kernel row first, then what is left over of all rows; filled to a multiple of 4.
    """
    rows, run = record.kernel[0], record.kernel[1] * record.input[2]
    index = np.arange(rows * run).reshape(rows, run)
    whole = run - run % 4
    order = np.concatenate([index[:, :whole].reshape(-1), index[:, whole:].reshape(-1)])
    return np.concatenate([order, np.full(-order.size % 4, -1)])


def conv_depth(record: Record) -> int:
    """Weights a channel in the stream."""
    return padded(record.depth, 4)


def paired(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int32]:
    """[2 P, K] weights of P channel pairs (A, B) as [P, K / 2] words of two halfwords 256 * B + A.

    K is a multiple of 4. Words hold k = (0, 2), (1, 3), (4, 6), (5, 7), ...: so SXTB16 expands activations.
    """
    lanes = weights.astype(np.int32)
    halves = 256 * lanes[1::2] + lanes[0::2]
    pairs, depth = halves.shape
    fours = halves.reshape(pairs, depth // 4, 4)
    return ((fours[:, :, :2] & 0xFFFF) | (fours[:, :, 2:] << 16)).reshape(pairs, depth // 2)


def pairs_fit(weights: npt.NDArray[np.int8]) -> bool:
    """Whether no halfword 256 * B + A leaves int16: B = -128 beside A < 0. [O, K]; O may be odd."""
    lanes = weights[: weights.shape[0] // 2 * 2]
    return not bool(np.any((lanes[1::2] == -128) & (lanes[0::2] < 0)))


def rescaling(constants: Constants, channels: int) -> npt.NDArray[np.int32]:
    """[channels, 3]: bias with the input zero point folded in, doubled multiplier, scale -2^(32 + shift); 0 beyond O.

    A multiplier of 0 becomes a scale of 0.
    """
    used = constants.bias.size
    table = np.zeros((channels, 3), np.int64)
    sums = constants.weights.reshape(used, -1).astype(np.int64).sum(axis=1)
    table[:used, 0] = constants.bias - constants.input_zero_point * sums
    table[:used, 1] = 2 * constants.multiplier.astype(np.int64)
    scale = -(1 << np.clip(32 + constants.shift.astype(np.int64), 0, 31))
    table[:used, 2] = np.where(constants.multiplier == 0, 0, scale)
    return (table & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def shifts_fit(constants: Constants) -> bool:
    """Whether every channel is shifted to the right by 1..31, or multiplied by 0."""
    return bool(np.all((constants.shift < 0) | (constants.multiplier == 0)))


def pair_stream(weights: npt.NDArray[np.int8], table: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """[2 P, K] weights and their `rescaling`, as the kernels read P pairs."""
    pairs = table.reshape(-1, 6)
    parts = [pairs[:, :1], paired(weights), pairs[:, 3:4], pairs[:, 1:3], pairs[:, 4:6]]
    return np.hstack(parts).astype(np.int32).reshape(-1)


def _conv_stream(constants: Constants, ordered: npt.NDArray[np.int8]) -> Arrays:
    """Of each pair of channels: bias A, words, bias B, multiplier and scale of A, of B. An odd last one has B = 0."""
    used, depth = ordered.shape
    channels = padded(used, 2)
    weights = np.zeros((channels, depth), np.int8)
    weights[:used] = ordered
    return (pair_stream(weights, rescaling(constants, channels)),)


def conv_pairs(record: Record, constants: Constants) -> Arrays:
    """For gemm_3x2.inc."""
    order = rest_last(record)
    flat = constants.weights.reshape(record.output[2], -1)
    return _conv_stream(constants, np.where(order >= 0, flat[:, order], 0).astype(np.int8))


def conv_plain(record: Record, constants: Constants) -> Arrays:
    """For gemm_3x2_plain.S. Of two channels A, B: both biases, words of 4 weights of A, of B in turn, rescaling."""
    order, used = rest_last(record), record.output[2]
    flat = constants.weights.reshape(used, -1)
    weights = np.zeros((padded(used, 2), order.size), np.int8)
    weights[:used] = np.where(order >= 0, flat[:, order], 0)
    words = weights.view("<i4").reshape(-1, 2, order.size // 4).transpose(0, 2, 1).reshape(-1, order.size // 2)
    table = rescaling(constants, padded(used, 2))
    left = (constants.shift >= 0) & (constants.multiplier != 0)
    table[:used, 2] = np.where(left, 1 + constants.shift.astype(np.int32), table[:used, 2])
    pairs = table.reshape(-1, 2, 3)
    return (np.hstack([pairs[:, :, 0], words, pairs[:, :, 1:].reshape(-1, 4)]).astype(np.int32).reshape(-1),)


def kx3_pairs(record: Record, constants: Constants) -> Arrays:
    """For kx3.inc: of each kernel row, channels (0, 2) of three columns, channels (1, 3), (4, 6), (5, 7), ..."""
    (rows, columns), (channels, in_c) = record.kernel, (record.output[2], record.input[2])
    fours = constants.weights.reshape(channels, rows, columns, in_c // 4, 2, 2)
    halves = fours.transpose(0, 1, 3, 5, 2, 4)  # [out_c, rows, fours, (even, odd), columns, two halves]
    in_words = halves.reshape(channels, -1, 2, 2).transpose(0, 1, 3, 2)  # as `paired` takes them: (0, 1), (2, 3)
    return _conv_stream(constants, np.ascontiguousarray(in_words).reshape(channels, -1))


def has_relu(record: Record) -> bool:
    """Whether results below the zero point are cut off."""
    return record.activation in ("relu", "relu6")


def is_point(record: Record) -> bool:
    """Whether a convolution's output pixels see just one input pixel each, and channels come in fours."""
    return record.kernel == (1, 1) and not _gathers(record) and record.input[2] % 4 == 0 and record.output[2] >= 4


def is_kx3(record: Record) -> bool:
    """Whether the windows of adjacent pixels share columns as kx3.inc has it."""
    return (
        (record.kernel[1], record.stride[1], record.dilation[1]) == (3, 1, 1)
        and record.input[2] % 4 == 0
        and record.output[1] >= 2
    )


def is_short_kx3(record: Record) -> bool:
    """As `is_short`, for the rounds of kx3.inc's loop."""
    return record.depth <= 438


def is_short(record: Record) -> bool:
    """Whether 24 bits hold the sum of a channel's products whatever the weights, so that the kernel needs no rescue.

    127 * 128 * K < 2^23 for K <= 516; in whole rounds of the kernel's loop, that is 492.
    """
    return conv_depth(record) <= 492


#: A padded input up to this size is copied with its padding; SMALL_BYTES of conv_2d_groups.c.
SMALL_INPUT_BYTES = 1024


def _gathers(record: Record) -> bool:
    """Whether inputs of some pixels are gathered: those that touch padding, or all where columns are dilated."""
    return any(max(side) > 0 for side in record.pads) or record.dilation[1] > 1


def _gathered_bytes(record: Record) -> int:
    """Scratch for inputs that are not read where they are: three windows, or a small input with its padding."""
    if not _gathers(record):
        return 0
    axes = zip(record.output[:2], record.stride, record.kernel, record.dilation, strict=True)
    height, width = ((size - 1) * stride + (kernel - 1) * dilation + 1 for size, stride, kernel, dilation in axes)
    copied = height * width * record.input[2]
    return copied if copied <= SMALL_INPUT_BYTES and record.dilation[1] == 1 else 3 * record.depth


def conv_scratch_bytes(record: Record) -> int:
    """Three pixels: activations as int16, rests of rows, outputs if the channels are odd; gathered inputs."""
    rests = padded(record.kernel[0] * (record.kernel[1] * record.input[2] % 4), 4)
    return 6 * conv_depth(record) + 3 * rests + _odd_bytes(record) + _gathered_bytes(record)


def kx3_scratch_bytes(record: Record) -> int:
    """Five columns: activations as int16, outputs if the channels are odd, gathered inputs."""
    inputs = 5 * record.kernel[0] * record.input[2]
    return 2 * inputs + _odd_bytes(record) + (inputs if _gathers(record) else 0)


def _odd_bytes(record: Record) -> int:
    return padded(3 * (record.output[2] + 1), 4) if record.output[2] % 2 else 0


def conv_lead_bytes(record: Record) -> int:
    """By how many bytes the output must start before the input that it is written over.

    A group of pixels is written after its inputs were read; it must end before the inputs of any later pixel.
    """
    (_, in_w, in_c), (out_h, out_w, out_c) = record.input, record.output
    top = np.maximum(np.arange(out_h) * record.stride[0] - record.pads[0][0], 0)
    left = np.maximum(np.arange(out_w) * record.stride[1] - record.pads[1][0], 0)
    first = ((top[:, None] * in_w + left[None, :]) * in_c).reshape(-1)
    still_read = np.minimum.accumulate(first[::-1])[::-1]
    later = np.arange(1, first.size)
    return int(np.max(later * out_c - still_read[later], initial=0))


def conv_pairs_bytes(record: Record) -> tuple[int, ...]:
    return (padded(record.output[2], 2) * (conv_depth(record) + 12),)


def conv_pairs_fit(record: Record, constants: Constants) -> bool:
    return shifts_fit(constants) and pairs_fit(constants.weights.reshape(record.output[2], -1))


def row_depth(record: Record) -> int:
    """Inputs of one row of a FULLY_CONNECTED."""
    return record.input_elements * record.output[2] // record.output_elements
