"""Packers of kernels for Cortex-M with DSP that run 4 output channels at a time: FULLY_CONNECTED and 1x1 CONV_2D."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from search.hardware.packing import (
    Arrays,
    Constants,
    conv_depth,
    padded,
    paired,
    pairs_fit,
    rescaling,
    row_depth,
    shifts_fit,
)
from search.hardware.record import Record


def quads(_: Record, constants: Constants) -> Arrays:
    """Of four channels A, B, C, D: bias A, C, words of (A, B) and (C, D) in turn, bias B, D, rescaling of A, C, B, D.

    Pairs that are left over follow as in `conv_pairs`.
    """
    return _quad_stream(constants, np.zeros(0, np.int32))


def _quad_stream(constants: Constants, before_rescaling: npt.NDArray[np.int32]) -> Arrays:
    """before_rescaling: what stands before bias B (and D)."""
    channels, whole = padded(constants.bias.size, 2), constants.bias.size // 4 * 4
    flat = constants.weights.reshape(constants.bias.size, -1)
    weights = np.zeros((channels, padded(flat.shape[1], 4)), np.int8)
    weights[: flat.shape[0], : flat.shape[1]] = flat
    table = rescaling(constants, channels)
    fours = [
        part
        for four in range(0, whole, 4)
        for part in (
            table[four : four + 4 : 2, 0],
            paired(weights[four : four + 4]).T.reshape(-1),
            before_rescaling,
            table[four + 1 : four + 4 : 2, 0],
            table[four : four + 4][[0, 2, 1, 3], 1:].reshape(-1),
        )
    ]
    pairs = [
        part
        for pair in range(whole, channels, 2)
        for part in (
            table[pair, :1],
            paired(weights[pair : pair + 2]).reshape(-1),
            before_rescaling,
            table[pair + 1, :1],
            table[pair : pair + 2, 1:].reshape(-1),
        )
    ]
    return (np.concatenate([*fours, *pairs]).astype(np.int32),)


def points(_: Record, constants: Constants) -> Arrays:
    """For conv_2d_1x1.inc: as `quads`, with the output zero point before the last biases."""
    return _quad_stream(constants, np.array([constants.output_zero_point], np.int32))


def points_bytes(record: Record) -> tuple[int, ...]:
    channels, depth = record.output[2], conv_depth(record)
    return (4 * (channels // 4 * (depth + 13) + (channels % 4 + 1) // 2 * (depth // 2 + 7)),)


def points_scratch_bytes(record: Record) -> int:
    """Two pixels: activations as int16."""
    return 4 * record.input[2]


def quads_bytes(record: Record) -> tuple[int, ...]:
    return (padded(record.output[2], 2) * (padded(row_depth(record), 4) + 12),)


def quads_fit(_: Record, constants: Constants) -> bool:
    return shifts_fit(constants) and pairs_fit(constants.weights)


def quads_scratch_bytes(record: Record) -> int:
    """One row of activations as int16."""
    return 2 * padded(row_depth(record), 4)


def is_short_row(record: Record) -> bool:
    """As `is_short`, for the rounds of the fully connected kernel's loop."""
    return padded(row_depth(record), 4) <= 452
