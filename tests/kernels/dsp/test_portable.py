"""Kernels for Cortex-M with DSP whose C runs anywhere: equal to TensorFlow Lite Micro, no undefined behaviour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search.hardware.lowering import lower
from tests.kernels.cases import CASES, Case
from tests.kernels.compare import calls_of, compare
from tests.kernels.harness import Runner, build_runner
from tests.support import require_tool
from toolchain.compile.constants import settle_step
from toolchain.tflite.reader import read_model

SEED = 21
FOLDERS = ("cortex_m_dsp", "ref")
KERNELS = {
    "mcn_average_pool_2d_dsp": "average_pool_2d",
    "mcn_average_pool_2d_2x2_dsp": "average_pool_2d",
    "mcn_average_pool_2d_wide_dsp": "average_pool_2d",
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


def random_cases(kind: str, count: int) -> list[Case]:
    """Those of `count` random operations that a portable kernel runs."""
    cases = (CASES[kind](np.random.default_rng([SEED, index])) for index in range(count))
    return [case for case in cases if kernel_of(case) in KERNELS]


def kernel_of(case: Case) -> str:
    model = read_model(case.model)
    (step,) = lower(model.graph, FOLDERS, lambda step: settle_step(model, step)).steps
    return step.variant.name


@pytest.mark.parametrize("kind", KINDS)
def test_random_operations(kind: str, runner: Runner) -> None:
    cases = random_cases(kind, 400)
    assert len(cases) > 80
    report = compare(cases, runner, np.random.default_rng(SEED), FOLDERS)
    assert not report.faults, "\n".join(report.faults[:5])


@pytest.mark.parametrize("kind", KINDS)
def test_no_undefined_behaviour_and_no_stray_access(kind: str, runner: Runner, sanitized: Runner) -> None:
    calls, _ = calls_of(random_cases(kind, 150), np.random.default_rng(SEED), FOLDERS)
    for plain, checked in zip(runner.run(calls), sanitized.run(calls), strict=True):
        assert np.array_equal(plain, checked)


def test_a_depthwise_convolution_over_its_own_input(sanitized: Runner) -> None:
    calls, _ = calls_of(random_cases("depthwise_conv_2d", 150), np.random.default_rng(SEED), FOLDERS)
    for call, apart in zip(calls, sanitized.run(calls), strict=True):
        (source, _), (offset, size), *_ = call.spans
        over = replace(call, args=call.args._replace(fields=call.args.fields | {"output": source}))
        (after,) = sanitized.run([over])
        assert np.array_equal(after[source : source + size], apart[offset : offset + size])
