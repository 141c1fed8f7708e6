"""Packers of the kernels for cores without DSP instructions: firmware/kernels/scalar and its siblings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from search.hardware.arena import SAME_START
from search.hardware.packing import Arrays, Constants, padded
from search.hardware.record import Record

GROUP = 4  # output pixels that a convolution computes together
CHANNEL_BYTES = 12  # bias, doubled multiplier and shift, each a word


def conv_depth(record: Record) -> int:
    """Weights a channel: each row of the kernel filled up to an even number, all to a multiple of 4."""
    return padded(record.kernel[0] * padded(_run(record), 2), 4)


def conv_array_bytes(record: Record) -> tuple[int, ...]:
    return ((conv_depth(record) + CHANNEL_BYTES) * record.output[2],)


def conv_scratch_bytes(record: Record) -> int:
    """A group's inputs as words of two pixels (pairs.h); as bytes, too, if windows leave the input or have gaps."""
    gathers = record.dilation[1] > 1 or any(max(side) > 0 for side in record.pads)
    return 2 * GROUP * conv_depth(record) + (GROUP * record.depth if gathers else 0)


def conv_stream(record: Record, constants: Constants) -> Arrays:
    """For pairs.h: of each channel bias, weights, doubled multiplier, shift."""
    c = without_dead(constants, constants.weights.sum(axis=(1, 2, 3), dtype=np.int64))
    words = _padded_rows(record, c.weights).reshape(record.output[2], -1).view("<i4")
    scale = np.stack([_doubled(c), c.shift.astype(np.int32)], axis=1)
    return (np.hstack([c.bias[:, None], words, scale]).astype(np.int32).reshape(-1),)


def conv_fours_bytes(record: Record) -> tuple[int, ...]:
    return ((conv_depth(record) + CHANNEL_BYTES) * padded(record.output[2], 4),)


def conv_fours(record: Record, constants: Constants) -> Arrays:
    """For four channels at a time: their biases, weights [depth / 2][4][2], doubled multipliers, shifts."""
    c = without_dead(constants, constants.weights.sum(axis=(1, 2, 3), dtype=np.int64))
    channels = record.output[2]
    missing = (0, -channels % 4)
    twos = np.pad(_padded_rows(record, c.weights).reshape(channels, -1, 2), (missing, (0, 0), (0, 0)))
    fours = twos.reshape(-1, 4, twos.shape[1], 2).transpose(0, 2, 1, 3)
    words = np.ascontiguousarray(fours).reshape(fours.shape[0], -1).view("<i4")
    bias, doubled, shift = (np.pad(a, missing).reshape(-1, 4) for a in (c.bias, _doubled(c), c.shift))
    return (np.hstack([bias, words, doubled, shift]).astype(np.int32).reshape(-1),)


def conv_fits(record: Record, constants: Constants) -> bool:
    """Whether two products of a pair of pixels fit int16: no two weights of -128 in turn (pairs.h)."""
    twos = _padded_rows(record, constants.weights).reshape(-1, 2)
    return not bool(np.any((twos[:, 0] == -128) & (twos[:, 1] == -128)))


def conv_fits_right(record: Record, constants: Constants) -> bool:
    """Likewise, for kernels that only shift to the right."""
    return shifts_fit(constants) and conv_fits(record, constants)


def depthwise_array_bytes(record: Record) -> tuple[int, ...]:
    return ((padded(record.depth + 1, 4) + 8) * record.output[2],)


def depthwise_stream(record: Record, constants: Constants) -> Arrays:
    """For depthwise_conv_2d.h: of each channel bias, weights [kernel_w, kernel_h], shift, doubled multiplier."""
    c = without_dead(constants, constants.weights.sum(axis=(0, 1), dtype=np.int64))
    channels = record.output[2]
    weights = np.ascontiguousarray(c.weights.transpose(2, 1, 0)).reshape(channels, -1)
    bytes_ = np.hstack([weights, c.shift[:, None]])
    words = np.pad(bytes_, ((0, 0), (0, -bytes_.shape[1] % 4))).view("<i4")
    return (np.hstack([c.bias[:, None], words, _doubled(c)[:, None]]).astype(np.int32).reshape(-1),)


def depthwise_fits(_: Record, constants: Constants) -> bool:
    """As conv_fits; which weights follow each other is left open."""
    return bool(np.all((constants.weights == -128).sum(axis=(0, 1)) <= 1))


def depthwise_fits_right(record: Record, constants: Constants) -> bool:
    return shifts_fit(constants) and depthwise_fits(record, constants)


def depthwise_fits_bounded(record: Record, constants: Constants) -> bool:
    return depthwise_fits_right(record, constants) and _sums_fit(constants, (0, 1))


def _depthwise_rows(record: Record) -> tuple[int, int, int]:
    """(height of the kernel, rows that two output rows do not share with the next two, pairs of output rows)."""
    height = (record.kernel[0] - 1) * record.dilation[0] + 1
    return height, min(2 * record.stride[0], height), -(-record.output[0] // 2)


def depthwise_scratch_bytes(record: Record) -> int:
    """Weights as words, and the words of two output rows on their way through the input."""
    height, fresh, pairs = _depthwise_rows(record)
    width = (record.kernel[1] - 1) * record.dilation[1] + 1
    columns = (record.output[1] - 1) * record.stride[1] + width
    slide = fresh if fresh < height else 0
    return 4 * (padded(height * width, 2) + height * columns + slide * (pairs - 1) + 1)


def depthwise_lead_bytes(record: Record) -> int:
    """SAME_START where no input row is read after it was written to, channel by channel; else never over the input."""
    height, fresh, pairs = _depthwise_rows(record)
    for pair in range(1, pairs):
        first = 2 * pair * record.stride[0] - record.pads[0][0] + height - fresh
        if max(first, 0) * record.input[1] < 2 * pair * record.output[1]:
            return record.output_elements + record.input_elements
    return SAME_START if record.input[2] == record.output[2] else record.output_elements + record.input_elements


def conv_fits_bounded(record: Record, constants: Constants) -> bool:
    """Likewise, for kernels whose requantisation leaves out the last values of int32."""
    return conv_fits_right(record, constants) and _sums_fit(constants, (1, 2, 3))


def _sums_fit(constants: Constants, axes: tuple[int, ...]) -> bool:
    """Whether no sum comes within 2^15 of the limits of int32. axes: of the weights, without the channels."""
    weights = constants.weights.astype(np.int64)
    middle = constants.bias - constants.input_zero_point * weights.sum(axis=axes)
    reach = np.abs(middle) + 128 * np.abs(weights).sum(axis=axes)
    return bool(np.all((reach < 2**31 - 2**15) | (constants.multiplier == 0)))


def shifts_fit(constants: Constants) -> bool:
    """Whether every channel is shifted to the right by 1..31, or multiplied by 0."""
    return bool(np.all((constants.shift < 0) | (constants.multiplier == 0)))


def without_dead(constants: Constants, sums: npt.NDArray[np.int64]) -> Constants:
    """Constants with the input zero point folded into the bias, and without multipliers of 0.

    sums: of each channel's weights. 0 times any other multiplier gives the zero point, too.
    """
    live = constants.multiplier != 0
    bias = (constants.bias - constants.input_zero_point * sums) & 0xFFFFFFFF
    channels_last = constants.weights.ndim == 3
    mask = live if channels_last else live.reshape(-1, *(1,) * (constants.weights.ndim - 1))
    return Constants(
        np.where(mask, constants.weights, 0).astype(np.int8),
        np.where(live, bias, 0).astype(np.uint32).view(np.int32),
        np.where(live, constants.multiplier, 1 << 30).astype(np.int32),
        np.where(live, constants.shift, -1).astype(np.int8),
        constants.input_zero_point,
        constants.output_zero_point,
    )


def _doubled(constants: Constants) -> npt.NDArray[np.int32]:
    doubled: npt.NDArray[np.int32] = (constants.multiplier.view(np.uint32) * np.uint32(2)).view(np.int32)
    return doubled


def fully_connected_rows(_: Record, constants: Constants) -> Arrays:
    """As in the .tflite, but for the bias."""
    c = without_dead(constants, constants.weights.sum(axis=1, dtype=np.int64))
    return c.weights.reshape(-1), c.bias, c.multiplier, c.shift


def _run(record: Record) -> int:
    return record.kernel[1] * record.input[2]


def _padded_rows(record: Record, weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """[O, kernel_h, kernel_w, in_c] as [O, conv_depth], flat."""
    channels, rows, run = record.output[2], record.kernel[0], _run(record)
    even = np.pad(weights.reshape(channels, rows, run), ((0, 0), (0, 0), (0, run % 2))).reshape(channels, -1)
    return np.pad(even, ((0, 0), (0, conv_depth(record) - even.shape[1]))).reshape(-1)
