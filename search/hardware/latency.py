"""The latency model: what each step of a program costs, in the timing kind of its board, from shapes alone.

Until a board has been calibrated its model is a prior (prior.py). A calibrated model has the same form: for each kernel
variant non-negative coefficients of a few features with a physical meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from search.hardware.lowering import Program
from search.hardware.record import Record

#: What a record is reduced to, in this order; see `features`.
FEATURES = ("tiled_macs", "outputs", "taps", "gathered_bytes", "lines", "steps")

TILE = 3  # output positions that a fast convolution computes together


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """coefficients[variant][i]: counts for each unit of FEATURES[i]; `fallback` serves variants that it lacks.

    kind: the timing kind of the counts. source: where the figures come from, for people.
    """

    kind: str
    coefficients: Mapping[str, tuple[float, ...]]
    fallback: tuple[float, ...]
    source: str

    def step_counts(self, program: Program) -> tuple[int, ...]:
        """Predicted count of every step of `program`, rounded."""
        counts = []
        for step in program.steps:
            weights = self.coefficients.get(step.variant.name, self.fallback)
            counts.append(round(float(np.dot(weights, features(step.record)))))
        return tuple(counts)


def features(record: Record) -> tuple[float, ...]:
    """The record as a vector in the order of FEATURES.

    tiled_macs: multiply-accumulates, those of a CONV_2D with its positions rounded up to whole register tiles.
    outputs: elements written, each requantised once. taps: window positions visited, all outputs together.
    gathered_bytes: bytes brought into the form that the inner loop reads (im2col for CONV_2D, else the input).
    lines: channel rows of a depthwise convolution, each set up once. steps: 1.
    """
    is_conv, is_depthwise = record.kind == "CONV_2D", record.kind == "DEPTHWISE_CONV_2D"
    positions = -(-record.positions // TILE) * TILE
    return (
        float(positions * record.depth * record.output[2] if is_conv else record.macs),
        float(record.output_elements),
        float(record.output_elements * record.kernel[0] * record.kernel[1]),
        float(record.positions * record.depth if is_conv else record.input_elements),
        float(record.output[0] * record.output[2] if is_depthwise else 0),
        1.0,
    )
