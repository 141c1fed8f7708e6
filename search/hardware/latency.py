"""The latency model: what each step of a program costs, in the timing kind of its board, from shapes alone.

A step costs a sum of non-negative coefficients times what its kernel does (features/), a network the sum of its steps
and the engine's own share. Until a board has been calibrated its model is a prior (prior.py).

Notation: x features of an operation, w coefficients, C their covariance, s the relative error of one operation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt

import numpy as np
import numpy.typing as npt

from search.hardware import features
from search.hardware.lowering import Program
from search.hardware.record import Record

Floats = npt.NDArray[np.float64]

Z_90 = 1.645  # standard deviations on either side that hold 90 % of a normal distribution
UNKNOWN_ERROR = 0.5  # relative, of a kernel of which nothing is known


@dataclass(frozen=True)
class FamilyModel:
    """The coefficients of one family of kernels.

    coefficients: counts for each unit of the family's features, in their order. error: standard deviation of an
    operation's relative error beyond that of the coefficients. covariance: of the coefficients, [k, k]; None: each is
    known to `error`. measurements: how many it was fitted to.
    """

    coefficients: tuple[float, ...]
    error: float
    covariance: tuple[tuple[float, ...], ...] | None = None
    measurements: int = 0

    @cached_property
    def weights(self) -> Floats:
        return np.array(self.coefficients)

    def count(self, counts: Sequence[float]) -> float:
        return sum(map(float.__mul__, self.coefficients, counts))

    def variance(self, total: Floats, steps: Floats) -> float:
        """Of the sum of operations whose features add up to `total` and whose counts are `steps`."""
        own = float(np.sum(np.square(self.error * steps)))
        if self.covariance is None:
            return (self.error * float(total @ self.weights)) ** 2
        return own + max(float(total @ np.array(self.covariance) @ total), 0.0)


@dataclass(frozen=True, slots=True)
class Interval:
    """A predicted count, and the interval that holds the measured one in 90 % of cases."""

    count: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class NetworkLatency:
    """A network's prediction. steps[k]: of step k alone; total: with the engine's own share.

    measurements[k]: of the family of step k's kernel; 0: it rests on what was taken to be known beforehand.
    """

    total: Interval
    steps: tuple[Interval, ...]
    measurements: tuple[int, ...]


@dataclass(frozen=True)
class LatencyModel:
    """kind: the timing kind of all counts. families: by name. source: where the figures come from, for people.

    invoke, step: what the engine itself takes for an inference and for each step.
    calibrated: whether it was measured on its board, or measured elsewhere and stated for many (a prior).
    """

    kind: str
    families: Mapping[str, FamilyModel]
    source: str
    invoke: float = 0.0
    step: float = 0.0
    calibrated: bool = True
    _known: dict[tuple[str, Record], float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def family(self, variant: str) -> FamilyModel | None:
        """What is known of the family of the kernel called `variant`; None if nothing is."""
        family = features.family_of(variant)
        found = self.families.get(family.name)
        return found if found is not None and len(found.coefficients) == len(family.features) else None

    def terms(self, variant: str, record: Record) -> tuple[FamilyModel, tuple[float, ...]]:
        """What the kernel's counts are multiplied with, and those counts."""
        family = self.family(variant)
        if family is None:
            return UNKNOWN, features.any_counts(record)
        return family, features.counts(variant, record)

    def count(self, variant: str, record: Record) -> float:
        """Predicted count of one operation."""
        key = (variant, record)
        found = self._known.get(key)
        if found is None:
            family, counts = self.terms(variant, record)
            found = self._known[key] = family.count(counts)
        return found

    def step_counts(self, program: Program) -> tuple[int, ...]:
        """Predicted count of every step of `program`, rounded."""
        return tuple(round(self.count(step.variant.name, step.record)) for step in program.steps)

    def total(self, program: Program) -> int:
        """Predicted count of a whole inference, rounded."""
        own = self.invoke + self.step * len(program.steps)
        return round(own + sum(self.count(step.variant.name, step.record) for step in program.steps))

    def predict(self, program: Program) -> NetworkLatency:
        """Counts with their intervals."""
        steps: list[Interval] = []
        members: dict[str, list[tuple[Floats, float, FamilyModel]]] = {}
        for step in program.steps:
            family, found = self.terms(step.variant.name, step.record)
            counts, count = np.array(found), self.count(step.variant.name, step.record)
            steps.append(interval(count, family.variance(counts, np.array([count]))))
            members.setdefault(features.family_of(step.variant.name).name, []).append((counts, count, family))
        variance = 0.0
        for rows in members.values():
            sums = np.sum([counts for counts, _, _ in rows], axis=0)
            variance += rows[0][2].variance(sums, np.array([count for _, count, _ in rows]))
        measured = [self.terms(step.variant.name, step.record)[0].measurements for step in program.steps]
        return NetworkLatency(interval(self.total(program), variance), tuple(steps), tuple(measured))


#: A family that a model lacks: counts for each unit of features.ANY.
UNKNOWN = FamilyModel((8.0, 8.0, 40.0, 2.0, 300.0), UNKNOWN_ERROR)


def interval(count: float, variance: float) -> Interval:
    """The 90 % interval around a count, from its variance."""
    half = Z_90 * sqrt(variance)
    return Interval(round(count), max(round(count - half), 0), round(count + half))
