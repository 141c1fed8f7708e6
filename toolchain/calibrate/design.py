"""Which operation to measure next: candidates and a model in, the one that tells most about whole networks out.

What is not known of a model's coefficients makes the predictions of networks uncertain. Each measurement takes some of
that away; the next one is where the mean variance over reference networks, and over single operations, falls most
(V-optimal design: Atkinson, Donev, Tobias, "Optimum Experimental Designs", chapter 10.6). The noise is set higher than
that of any timer, so that the choice moves on to other shapes and fills the space.

Notation: x features of a candidate over its count, C the covariance of the coefficients, s the noise, a a reference's
features over its count. Measuring x takes (a' C x)^2 / (s^2 + x' C x) from the variance of a.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.hardware import features
from search.hardware.latency import LatencyModel
from search.hardware.lowering import Program, Step

Floats = npt.NDArray[np.float64]

NOISE = 0.03
OPERATION_WEIGHT = 0.05  # of a single operation beside a network
_SHARE = 0.3  # standard deviation of a coefficient's share of a count, beforehand
_UNKNOWN_SHARE = 1.0  # the same where nothing is known of the family


@dataclass
class _FamilyDesign:
    """members: numbers of the candidates. rows: [n, k] their x. references: [m, k]. covariance: [k, k]."""

    members: list[int]
    rows: Floats
    references: Floats
    weights: Floats
    covariance: Floats

    def gains(self) -> Floats:
        """[n] what measuring each candidate takes from the weighted variance of all references."""
        spread = self.covariance @ self.rows.T
        noise = NOISE**2 + np.einsum("nk,kn->n", self.rows, spread)
        gains: Floats = self.weights @ np.square(self.references @ spread) / noise
        return gains

    def measured(self, row: Floats) -> None:
        spread = self.covariance @ row
        self.covariance = self.covariance - np.outer(spread, spread) / (NOISE**2 + row @ spread)


class Design:
    """The order in which to measure `candidates`. model: what is believed of their counts. networks: references."""

    def __init__(self, candidates: Sequence[Step], networks: Sequence[Program], model: LatencyModel) -> None:
        members: dict[str, list[int]] = {}
        for index, step in enumerate(candidates):
            members.setdefault(features.family_of(step.variant.name).name, []).append(index)
        self._families = [
            _family_design(name, numbers, candidates, networks, model) for name, numbers in members.items()
        ]
        self._place = {number: (f, i) for f in self._families for i, number in enumerate(f.members)}
        self._left = set(range(len(candidates)))

    def drop(self, number: int) -> None:
        """Candidate `number` is not to be proposed again."""
        self._left.discard(number)

    def note(self, number: int) -> None:
        """Candidate `number` was measured."""
        self._left.discard(number)
        family, row = self._place[number]
        family.measured(family.rows[row])

    def next(self) -> int | None:
        """The candidate to measure next, None if none is left."""
        best, most = None, -1.0
        for family in self._families:
            gains = family.gains()
            for row, number in enumerate(family.members):
                if number in self._left and gains[row] > most:
                    best, most = number, float(gains[row])
        return best


def _family_design(
    name: str, members: list[int], candidates: Sequence[Step], networks: Sequence[Program], model: LatencyModel
) -> _FamilyDesign:
    rows = np.array([_row(candidates[number], model) for number in members])
    shares = [_network_row(name, program, model) for program in networks]
    references = np.vstack([*(row for row in shares if row is not None), *rows])
    weights = np.full(len(references), 1.0 / max(len(networks), 1))
    weights[len(references) - len(rows) :] = OPERATION_WEIGHT / len(candidates)
    known = model.family(candidates[members[0]].variant.name)
    share = rows.mean(axis=0)
    if known is None:
        deviation = np.full(rows.shape[1], _UNKNOWN_SHARE)
    else:
        deviation = np.maximum(_SHARE * known.weights * share, NOISE)
    covariance = np.diag(np.square(np.where(share > 0, deviation / np.maximum(share, 1e-12), 0.0)))
    return _FamilyDesign(members, rows, references, weights, covariance)


def _row(step: Step, model: LatencyModel) -> Floats:
    """Features over the predicted count."""
    counts = np.array(features.counts(step.variant.name, step.record))
    return counts / max(model.count(step.variant.name, step.record), 1.0)


def _network_row(family: str, program: Program, model: LatencyModel) -> Floats | None:
    """The sum of a network's features in one family over its whole count; None if it has none."""
    steps = [step for step in program.steps if features.family_of(step.variant.name).name == family]
    if not steps:
        return None
    total = max(model.total(program), 1)
    row: Floats = np.sum([features.counts(s.variant.name, s.record) for s in steps], axis=0) / total
    return row
