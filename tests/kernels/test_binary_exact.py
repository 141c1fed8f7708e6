"""ADD and SUB of all pairs of int8 values with many scales: an error in the last bits of a multiplier shows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.kernels.compare import compare
from tests.kernels.harness import Runner
from tests.kernels.ingredients import Case, scale, zero_point
from tests.tflite_builder import TfliteBuilder

PAIRS = np.array(list(itertools.product(range(-128, 128), repeat=2)), np.int8).reshape(256, 256, 2)


@pytest.mark.parametrize("kind", ["ADD", "SUB"])
def test_every_pair(kind: str, runner: Runner) -> None:
    rng = np.random.default_rng(1)
    first, second = (np.ascontiguousarray(PAIRS[None, ..., which]) for which in (0, 1))
    cases = []
    for index in range(60):
        b = TfliteBuilder()
        x, constant = b.input(first.shape, (scale(rng, -6, -2), zero_point(rng))), (scale(rng, -6, -2), zero_point(rng))
        y = b.operand(second, constant) if index % 2 else b.input(second.shape, constant)
        output = b.binary(kind, x, y, (scale(rng, -5, -1), zero_point(rng)))
        cases.append(Case(b.build(output), (first,) if index % 2 else (first, second)))
    report = compare(cases, runner, rng)
    assert not report.faults, "\n".join(fault[-200:] for fault in report.faults)
