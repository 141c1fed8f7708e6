"""The latency model: what each step of a program costs, in the timing kind of its board, from shapes alone.

Until a board has been calibrated its model is a prior: a linear function of multiply-accumulates, bytes read and
elements written for each kernel variant, stated with where its figures come from. A calibrated model has the same form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from search.hardware.lowering import Program
from search.hardware.record import Record

#: What a record is reduced to, in this order.
FEATURES = ("macs", "outputs", "input_bytes", "steps")


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """coefficients[variant][i] counts for each unit of FEATURES[i]; `fallback` serves variants that it lacks.

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
    """The record as a vector in the order of FEATURES."""
    taps = record.kernel[0] * record.kernel[1] if "POOL" in record.kind else 1
    read = record.output_elements * taps if "POOL" in record.kind else record.input_elements
    return float(record.macs), float(record.output_elements), float(read), 1.0
