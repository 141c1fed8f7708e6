"""The reference kernels equal TensorFlow Lite Micro bit for bit: random operations, whole value ranges, networks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from search.hardware.lowering import lower
from search.hardware.variants import VARIANTS
from tests.kernels.cases import CASES, Case, scale, zero_point
from tests.kernels.compare import calls_of, compare, compare_network
from tests.kernels.harness import Runner
from tests.kernels.networks import network
from tests.kernels.networks_branches import branching_network
from tests.kernels.probes import PROBES
from tests.support import shared_data
from tests.tflite_builder import TfliteBuilder
from toolchain.tflite.reader import read_model

SEED = 20
CASES_A_KIND = 300


def random_cases(kind: str, count: int) -> list[Case]:
    return [CASES[kind](np.random.default_rng([SEED, index])) for index in range(count)]


def assert_equal(cases: Sequence[Case], runner: Runner) -> None:
    report = compare(cases, runner, np.random.default_rng(SEED))
    assert not report.faults, "\n".join(report.faults[:5])
    assert report.elements > 0


def test_every_reference_kernel_has_random_cases() -> None:
    names = {variant.name for variant in VARIANTS if variant.folder == "ref"}
    calls, _ = calls_of([case for kind in CASES for case in random_cases(kind, 20)], np.random.default_rng(SEED))
    assert {call.kernel for call in calls} == names


@pytest.mark.parametrize("kind", CASES)
def test_random_operations(kind: str, runner: Runner) -> None:
    assert_equal(random_cases(kind, CASES_A_KIND), runner)


@pytest.mark.parametrize("kind", PROBES)
def test_multipliers_to_the_last_bit(kind: str, runner: Runner) -> None:
    assert_equal([PROBES[kind](np.random.default_rng([SEED, index])) for index in range(100)], runner)


@pytest.mark.parametrize("kind", CASES)
def test_no_undefined_behaviour_and_no_stray_access(kind: str, runner: Runner, sanitized_runner: Runner) -> None:
    calls, _ = calls_of(random_cases(kind, 100), np.random.default_rng(SEED))
    for plain, checked in zip(runner.run(calls), sanitized_runner.run(calls), strict=True):
        assert np.array_equal(plain, checked)


IN_PLACE = ["add", "add_broadcast", "sub", "mul", "prelu", "logistic", "leaky_relu", "softmax", "requantize"]


@pytest.mark.parametrize("kind", IN_PLACE)
def test_kernels_that_may_write_over_an_input_as_large(kind: str, runner: Runner) -> None:
    calls, _ = calls_of(random_cases(kind, 50), np.random.default_rng(SEED))
    assert all(variant.in_place for variant in VARIANTS if variant.name in {call.kernel for call in calls})
    compared = 0
    for call, apart in zip(calls, runner.run(calls), strict=True):
        (offset, size), places = call.spans[-1], call.spans[:-1]
        for place in (place for place, input_size in places if input_size == size):
            over = replace(call, args=call.args._replace(fields=call.args.fields | {"output": place}))
            (after,) = runner.run([over])
            assert np.array_equal(after[place : place + size], apart[offset : offset + size])
            compared += 1
    assert compared >= 20


# Whole ranges of values.

EVERY_INT8 = np.arange(-128, 128, dtype=np.int8)
EVERY_PAIR = np.array(list(itertools.product(EVERY_INT8, EVERY_INT8)), np.int8).reshape(256, 256, 2)


@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.25, 1.5, 0.75, 3.0, 127.0, 1 / 255])
def test_requantize_of_every_value(ratio: float, runner: Runner) -> None:
    cases = []
    for source, target in itertools.product((-128, -1, 0, 127), repeat=2):
        b = TfliteBuilder()
        y = b.quantize(b.input((1, 256), (0.25 * ratio, source)), (0.25, target))
        cases.append(Case(b.build(y), (EVERY_INT8[None],)))
    assert_equal(cases, runner)


def test_add_of_every_pair(runner: Runner) -> None:
    rng = np.random.default_rng(SEED)
    first, second = EVERY_PAIR[None, ..., 0], EVERY_PAIR[None, ..., 1]
    cases = []
    for _ in range(12):
        b = TfliteBuilder()
        inputs = [b.input(first.shape, (scale(rng, -6, -2), zero_point(rng))) for _ in range(2)]
        cases.append(Case(b.build(b.add(*inputs, (scale(rng, -5, -1), zero_point(rng)))), (first, second)))
    assert_equal(cases, runner)


@pytest.mark.parametrize("keep_dims", [True, False])
@pytest.mark.parametrize("same_scale", [True, False])
def test_mean_of_every_pair(same_scale: bool, keep_dims: bool, runner: Runner) -> None:
    """Neither equal quantisation nor kept axes are special cases in TensorFlow Lite Micro; in older ones they were."""
    pairs = np.ascontiguousarray(EVERY_PAIR[::4].reshape(-1, 2).T[None, :, None, :])
    cases = []
    for zero in (-128, 0, 3, 127):
        b = TfliteBuilder()
        x = b.input(pairs.shape, (0.1, zero))
        y = b.mean(x, (0.1, zero) if same_scale else (0.07, -zero // 2), keep_dims=keep_dims)
        cases.append(Case(b.build(y), (pairs,)))
    assert_equal(cases, runner)


def test_average_pool_of_every_pair(runner: Runner) -> None:
    pairs = np.ascontiguousarray(EVERY_PAIR.transpose(2, 0, 1)[None])
    b = TfliteBuilder()
    y = b.pool("AVERAGE_POOL_2D", b.input(pairs.shape, (0.1, 5)), (2, 1))
    assert_equal([Case(b.build(y), (pairs,))], runner)


def test_softmax_of_every_difference(runner: Runner) -> None:
    rows = np.stack([np.full(256, 127, np.int8), EVERY_INT8], axis=-1)[None]
    cases = []
    for input_scale in 2.0 ** np.linspace(-12, 8, 100):
        b = TfliteBuilder()
        cases.append(Case(b.build(b.softmax(b.input(rows.shape, (float(input_scale), 0)))), (rows,)))
    assert_equal(cases, runner)


def test_dequantize_of_every_value(runner: Runner) -> None:
    cases = []
    for zero, exponent in itertools.product((-128, 0, 127), (-149, -126, -8, 110)):
        b = TfliteBuilder()
        y = b.dequantize(b.input((1, 256), (float(np.float32(1.7 * 2.0**exponent)), zero)))
        cases.append(Case(b.build(y), (EVERY_INT8[None],)))
    assert_equal(cases, runner)


@pytest.mark.parametrize("kind", ["conv_2d", "depthwise_conv_2d", "fully_connected"])
@pytest.mark.parametrize("scales", [(1 + 2.0**-14, 1 - 2.0**-14), (1.0, 1.0), (1.0, 2.0**20)])
def test_sums_wrap_at_32_bits(kind: str, scales: tuple[float, float], runner: Runner) -> None:
    """TensorFlow Lite Micro's do: after the bias, after a shift to the left, after the zero point (1 - 2^-28 times)."""
    bias = np.array([2**31 - 1, 2**31 - 2, -(2**31), 1 - 2**31, 2**31 - 100, 100 - 2**31, 2**30], np.int32)
    shape = (1, 1) if kind == "fully_connected" else (1, 1, 1, 1)
    weight_shape = {"conv_2d": (7, 1, 1, 1), "depthwise_conv_2d": (1, 1, 1, 7), "fully_connected": (7, 1)}[kind]
    weights = np.ones(weight_shape, np.int8)
    cases = []
    for zero, value in itertools.product((127, 1, -1, -128), (-128, -1, 0, 1, 127)):
        b = TfliteBuilder()
        y = getattr(b, kind)(b.input(shape, (scales[0], 0)), weights, [scales[1]], (1.0, zero), bias)
        cases.append(Case(b.build(y), (np.full(shape, value, np.int8),)))
    assert_equal(cases, runner)


# What TensorFlow Lite Micro leaves undefined.


def test_quantize_saturates_far_beyond_int32(runner: Runner) -> None:
    reals = np.array([[3e38, -3e38, np.inf, -np.inf, 2.0**31, -(2.0**31), np.nan]], np.float32)
    b = TfliteBuilder()
    case = Case(b.build(b.quantize(b.input(reals.shape, None), (0.5, -3))), (reals,))
    (call,), _ = calls_of([case], np.random.default_rng(SEED))
    (after,) = runner.run([call])
    offset, size = call.spans[-1]
    assert after[offset : offset + size].view(np.int8).tolist() == [127, -128, 127, -128, 127, -128, -128]


@pytest.mark.parametrize("depth", [512, 4096, 9000])
def test_softmax_of_many_equal_classes_is_zero(depth: int, runner: Runner) -> None:
    """TensorFlow Lite Micro aborts when the sum of exponentials reaches 512."""
    b = TfliteBuilder()
    case = Case(b.build(b.softmax(b.input((1, depth), (0.1, 0)))), (np.zeros((1, depth), np.int8),))
    (call,), _ = calls_of([case], np.random.default_rng(SEED))
    (after,) = runner.run([call])
    offset, size = call.spans[-1]
    assert set(after[offset : offset + size].view(np.int8).tolist()) == {-128}


# Whole networks, planned as the compiler plans them.


@pytest.mark.parametrize("index", range(40))
def test_networks_step_by_step(index: int, runner: Runner) -> None:
    case = network(np.random.default_rng([SEED, index]))
    assert compare_network(case, ("ref",), runner) == []


@pytest.mark.parametrize("index", range(60))
def test_networks_with_branches_step_by_step(index: int, runner: Runner, sanitized_runner: Runner) -> None:
    case = branching_network(np.random.default_rng([SEED, index]))
    assert compare_network(case, ("ref",), sanitized_runner if index % 3 == 0 else runner) == []


@pytest.mark.parametrize("name", ["kws01_int8", "ic01_int8"])
def test_mlperf_tiny_models_step_by_step(name: str, runner: Runner) -> None:
    raw = (shared_data() / f"{name}.tflite").read_bytes()
    graph = read_model(raw).graph
    shape = graph.tensors[graph.inputs[0]].shape
    assert lower(graph, ("ref",)).steps
    for seed in range(2):
        values = np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)
        assert compare_network(Case(raw, (values,)), ("ref",), runner) == []
