"""Packers of the kernels for cores without DSP instructions: firmware/kernels/scalar and its siblings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
    scale = np.stack([c.multiplier.view(np.uint32) * np.uint32(2), c.shift.astype(np.int32).view(np.uint32)], axis=1)
    return (np.hstack([c.bias[:, None], words, scale.view(np.int32)]).astype(np.int32).reshape(-1),)


def conv_fits(record: Record, constants: Constants) -> bool:
    """Whether two products of a pair of pixels fit int16: no two weights of -128 in turn (pairs.h)."""
    twos = _padded_rows(record, constants.weights).reshape(-1, 2)
    return not bool(np.any((twos[:, 0] == -128) & (twos[:, 1] == -128)))


def conv_fits_right(record: Record, constants: Constants) -> bool:
    """Likewise, for kernels that only shift to the right."""
    return shifts_fit(constants) and conv_fits(record, constants)


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


def _run(record: Record) -> int:
    return record.kernel[1] * record.input[2]


def _padded_rows(record: Record, weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """[O, kernel_h, kernel_w, in_c] as [O, conv_depth], flat."""
    channels, rows, run = record.output[2], record.kernel[0], _run(record)
    even = np.pad(weights.reshape(channels, rows, run), ((0, 0), (0, 0), (0, run % 2))).reshape(channels, -1)
    return np.pad(even, ((0, 0), (0, conv_depth(record) - even.shape[1]))).reshape(-1)
