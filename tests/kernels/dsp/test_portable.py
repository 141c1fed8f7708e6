"""Kernels for Cortex-M with DSP whose C runs anywhere: equal to TensorFlow Lite Micro, no undefined behaviour."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from search.hardware.lowering import Step, lower
from tests.kernels.cases import CASES, Case, activation, chance, integer, padding, pair, values, zero_point
from tests.kernels.compare import calls_of, compare
from tests.kernels.harness import Runner, build_runner
from tests.support import require_tool
from tests.tflite_builder import TfliteBuilder
from toolchain.compile.constants import settle_step
from toolchain.tflite.reader import read_model

SEED = 21
FOLDERS = ("cortex_m_dsp", "ref")
KERNELS = {
    "mcn_add_dsp": "add",
    "mcn_add_relu_dsp": "add",
    "mcn_average_pool_2d_dsp": "average_pool_2d",
    "mcn_average_pool_2d_2x2_dsp": "average_pool_2d",
    "mcn_average_pool_2d_wide_dsp": "average_pool_2d",
    "mcn_depthwise_conv_2d_3x3_dsp": "depthwise_conv_2d",
    "mcn_depthwise_conv_2d_3x3_relu_dsp": "depthwise_conv_2d",
    "mcn_depthwise_conv_2d_3x3_s2_dsp": "depthwise_conv_2d",
    "mcn_depthwise_conv_2d_3x3_s2_relu_dsp": "depthwise_conv_2d",
    "mcn_depthwise_conv_2d_any_dsp": "depthwise_conv_2d",
    "mcn_depthwise_conv_2d_dsp": "depthwise_conv_2d",
    "mcn_max_pool_2d_dsp": "max_pool_2d",
    "mcn_mean_dsp": "mean",
}
KINDS = sorted(set(KERNELS.values()))


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    require_tool("gcc")
    return build_runner(tmp_path_factory.mktemp("dsp"), FOLDERS[0], only=tuple(KERNELS))


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    require_tool("gcc")
    return build_runner(tmp_path_factory.mktemp("dsp_sanitized"), FOLDERS[0], sanitize=True, only=tuple(KERNELS))


def three_by_three(rng: np.random.Generator) -> Case:
    """A 3x3 depthwise convolution of 4 to 13 channels with multipliers and biases up to their limits."""
    b = TfliteBuilder()
    channels, stride = integer(rng, 4, 13), integer(rng, 1, 2)
    shape = 1, integer(rng, 3, 9), integer(rng, 3, 12), channels
    x = b.input(shape, (0.1, zero_point(rng)))
    padded = chance(rng, 0.3)
    if padded:
        x = b.pad(x, [(0, 0), pair(rng, 0, 1), pair(rng, 0, 1), (0, 0)])
    weights = rng.integers(-128 if chance(rng, 0.1) else -127, 128, (1, 3, 3, channels)).astype(np.int8)
    scales = 0.01 * 2.0 ** rng.uniform(-12, 1, channels)
    limit = 2**31 - 1 if chance(rng, 0.1) else 20000
    bias = rng.integers(-limit, limit, channels, endpoint=True).astype(np.int32)
    target = 0.002 * 2.0 ** rng.uniform(0.6, 8), zero_point(rng)
    same = "valid" if padded else padding(rng)
    y = b.depthwise_conv_2d(x, weights, scales, target, bias, (stride, stride), (1, 1), same, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def smallest_or_large_pool(rng: np.random.Generator) -> Case:
    """An AVERAGE_POOL_2D 2x2 of stride 2, or one of more than 256 positions."""
    b = TfliteBuilder()
    small = chance(rng, 0.5)
    shape = 1, *(integer(rng, 2, 9) if small else integer(rng, 17, 30) for _ in range(2)), 4 * integer(rng, 1, 3)
    kernel = (2, 2) if small else (integer(rng, 17, 30), integer(rng, 17, 30))
    x = b.input(shape, (0.1, zero_point(rng)))
    same = "valid" if small else "same"
    y = b.pool("AVERAGE_POOL_2D", x, kernel, (2, 2) if small else pair(rng, 1, 3), same, activation(rng))
    return Case(b.build(y), (values(rng, shape),))


def add_of_one_scale(rng: np.random.Generator) -> Case:
    """An ADD of two inputs with the same scale."""
    b = TfliteBuilder()
    shape = 1, integer(rng, 1, 70)
    inputs = b.input(shape, (0.1, zero_point(rng))), b.input(shape, (0.1, zero_point(rng)))
    y = b.add(*inputs, (0.1 * 2.0 ** rng.uniform(-3, 3), zero_point(rng)), activation(rng))
    return Case(b.build(y), (values(rng, shape), values(rng, shape)))


EXTRA = {
    "add": [add_of_one_scale],
    "depthwise_conv_2d": [three_by_three],
    "average_pool_2d": [smallest_or_large_pool],
}


def random_cases(kind: str, count: int) -> list[Case]:
    """Those of `count` random operations that a portable kernel runs."""
    makers = [CASES[kind], *EXTRA.get(kind, [])]
    cases = (maker(np.random.default_rng([SEED, index])) for maker in makers for index in range(count))
    return [case for case in cases if kernel_of(case) in KERNELS]


def step_of(case: Case) -> Step:
    model = read_model(case.model)
    (step,) = lower(model.graph, FOLDERS, lambda step: settle_step(model, step)).steps
    return step


def kernel_of(case: Case) -> str:
    return step_of(case).variant.name


@pytest.mark.parametrize("kind", KINDS)
def test_random_operations(kind: str, runner: Runner) -> None:
    cases = random_cases(kind, 200)
    kernels = Counter(kernel_of(case) for case in cases)
    assert set(kernels) == {name for name in KERNELS if KERNELS[name] == kind}
    assert kernels.total() > 80
    report = compare(cases, runner, np.random.default_rng(SEED), FOLDERS)
    assert not report.faults, "\n".join(report.faults[:5])


@pytest.mark.parametrize("kind", KINDS)
def test_no_undefined_behaviour_and_no_stray_access(kind: str, runner: Runner, sanitized: Runner) -> None:
    calls, _ = calls_of(random_cases(kind, 60), np.random.default_rng(SEED), FOLDERS)
    for plain, checked in zip(runner.run(calls), sanitized.run(calls), strict=True):
        assert np.array_equal(plain, checked)


def test_a_depthwise_convolution_over_its_own_input(sanitized: Runner) -> None:
    steps = ((case, step_of(case)) for case in random_cases("depthwise_conv_2d", 60))
    cases = [case for case, step in steps if step.variant.lead(step.record) is not None]
    calls, _ = calls_of(cases, np.random.default_rng(SEED), FOLDERS)
    for call, apart in zip(calls, sanitized.run(calls), strict=True):
        (source, _), (offset, size), *_ = call.spans
        over = replace(call, args=call.args._replace(fields=call.args.fields | {"output": source}))
        (after,) = sanitized.run([over])
        assert np.array_equal(after[source : source + size], apart[offset : offset + size])
