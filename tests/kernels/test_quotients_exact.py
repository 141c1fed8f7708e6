"""Scales whose quotient, rounded to float32 before it becomes a multiplier, would change an output.

TensorFlow Lite Micro takes all these quotients in double; its older releases took some in float32, and random scales
hardly ever tell the two apart. These were searched for.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.kernels.cases_elementwise import EVERY_INT8
from tests.kernels.compare import compare
from tests.kernels.harness import Runner
from tests.kernels.ingredients import Case
from tests.tflite_builder import TfliteBuilder

#: (input scale, output scale, output zero point) for inputs from 0 up.
ABOVE = [
    (0.16842474043369293, 0.11694397032260895, -9),
    (0.10659173876047134, 0.27041950821876526, 19),
    (0.016416329890489578, 0.0975097045302391, 10),
]
#: (input scale, output scale, output zero point, factor) for inputs below 0.
BELOW = [
    (0.20615148544311523, 0.12670475244522095, 13, 0.7259637713432312),
    (0.017039872705936432, 0.005243285093456507, -1, 0.12753638625144958),
    (0.09670691192150116, 0.146825909614563, -3, 0.500739574432373),
]
#: (input scale, zero point, output scale, zero point)
HARD_SWISH = [
    (0.022870203480124474, -111, 0.02229526825249195, -19),
    (0.10343287140130997, -80, 0.39879846572875977, 12),
    (0.21985752880573273, -78, 0.6240859031677246, 7),
]
#: Scales of both inputs and of the output.
PRODUCTS = [
    (0.12989816069602966, 0.01884813979268074, 1.1930564641952515),
    (0.04057048261165619, 0.02980422042310238, 0.164918452501297),
    (0.05775149166584015, 0.2061113715171814, 5.420182228088379),
]
PAIRS = np.array(list(itertools.product(range(-128, 128), repeat=2)), np.int8).reshape(1, 256, 256, 2)


def assert_equal(cases: list[Case], runner: Runner) -> None:
    report = compare(cases, runner, np.random.default_rng(0))
    assert not report.faults, "\n".join(fault[-200:] for fault in report.faults)


@pytest.mark.parametrize("kind", ["RELU", "LEAKY_RELU", "PRELU"])
def test_inputs_from_0_up(kind: str, runner: Runner) -> None:
    cases = []
    for source, target, zero_point in ABOVE:
        b = TfliteBuilder()
        x, output = b.input(EVERY_INT8.shape, (source, -128)), (target, zero_point)
        if kind == "PRELU":
            y = b.prelu(x, b.operand(np.array([1], np.int8), (0.1, 0)), output)
        else:
            y = b.unary(kind, x, output) if kind == "RELU" else b.leaky_relu(x, 0.1, output)
        cases.append(Case(b.build(y), (EVERY_INT8,)))
    assert_equal(cases, runner)


@pytest.mark.parametrize("kind", ["LEAKY_RELU", "PRELU"])
def test_inputs_below_0(kind: str, runner: Runner) -> None:
    cases = []
    for source, target, zero_point, factor in BELOW:
        b = TfliteBuilder()
        x, output = b.input(EVERY_INT8.shape, (source, 127)), (target, zero_point)
        if kind == "PRELU":
            y = b.prelu(x, b.operand(np.array([1], np.int8), (factor, 0)), output)
        else:
            y = b.leaky_relu(x, factor, output)
        cases.append(Case(b.build(y), (EVERY_INT8,)))
    assert_equal(cases, runner)


def test_hard_swish(runner: Runner) -> None:
    cases = []
    for source, zero_point, target, target_zero_point in HARD_SWISH:
        b = TfliteBuilder()
        y = b.unary("HARD_SWISH", b.input(EVERY_INT8.shape, (source, zero_point)), (target, target_zero_point))
        cases.append(Case(b.build(y), (EVERY_INT8,)))
    assert_equal(cases, runner)


def test_mul_of_every_pair(runner: Runner) -> None:
    first, second = (np.ascontiguousarray(PAIRS[..., which]) for which in (0, 1))
    cases = []
    for (a, c, target), zero_points in itertools.product(PRODUCTS, itertools.product((-128, 127), repeat=2)):
        b = TfliteBuilder()
        x, y = b.input(first.shape, (a, zero_points[0])), b.operand(second, (c, zero_points[1]))
        cases.append(Case(b.build(b.binary("MUL", x, y, (target, 0))), (first,)))
    assert_equal(cases, runner)


@pytest.mark.parametrize("zero_point", [127, 50])
def test_leaky_relu_rounds_ties(zero_point: int, runner: Runner) -> None:
    """Negative slopes, too; TensorFlow Lite Micro's functions are not made for negative multipliers."""
    cases = []
    for exponent, target in itertools.product(range(-4, 2), (0.5, 1.0, 2.0, 4.0)):
        for sign in (-1, 1):
            b = TfliteBuilder()
            y = b.leaky_relu(b.input(EVERY_INT8.shape, (1.0, zero_point)), sign * 2.0**exponent, (target, -9))
            cases.append(Case(b.build(y), (EVERY_INT8,)))
    assert_equal(cases, runner)
