"""Convolutions and fully connected layers for Cortex-M with DSP, their assembler parts in C: exact, no stray access."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from search.hardware.lowering import Step, lower
from search.hardware.variants import VARIANTS
from tests.kernels.cases import CASES, Case
from tests.kernels.compare import call_of, calls_of, compare
from tests.kernels.harness import Runner, build_runner
from tests.support import require_tool
from toolchain.compile.constants import settle_step
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

SEED = 5
FOLDERS = ("cortex_m_dsp", "ref")
KERNELS = tuple(row.name for row in VARIANTS if row.folder == FOLDERS[0] and row.kind in ("CONV_2D", "FULLY_CONNECTED"))
KINDS = ("conv_2d", "fully_connected")


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    require_tool("gcc")
    return build_runner(tmp_path_factory.mktemp("dsp_conv_sanitized"), FOLDERS[0], sanitize=True, only=KERNELS)


def settled(case: Case) -> tuple[Model, Step]:
    model = read_model(case.model)
    (step,) = lower(model.graph, FOLDERS, lambda step: settle_step(model, step)).steps
    return model, step


def fast_cases(kind: str, count: int) -> list[Case]:
    """Those of `count` random operations whose constants fit a fast kernel."""
    cases = (CASES[kind](np.random.default_rng([SEED, index])) for index in range(count))
    return [case for case in cases if settled(case)[1].variant.name in KERNELS]


@pytest.mark.parametrize("kind", KINDS)
def test_random_operations_equal_tensorflow_lite_micro(kind: str, sanitized: Runner) -> None:
    cases = fast_cases(kind, 360)
    kernels = Counter(settled(case)[1].variant.name for case in cases)
    assert len(cases) > 120
    assert len(kernels) >= (6 if kind == "conv_2d" else 1), kernels
    report = compare(cases, sanitized, np.random.default_rng(SEED), FOLDERS)
    assert not report.faults, "\n".join(report.faults[:5])


def test_an_output_may_lie_over_the_input_by_its_lead(sanitized: Runner) -> None:
    for case in fast_cases("conv_2d", 120):
        model, step = settled(case)
        (call,), _ = calls_of([case], np.random.default_rng(SEED), FOLDERS)
        (apart,) = sanitized.run([call])
        over = call_over(model, step, case)
        (after,) = sanitized.run([over])
        (_, (offset, size), *_), (_, (start, _), *_) = call.spans, over.spans
        assert np.array_equal(after[start : start + size], apart[offset : offset + size]), over.kernel


def call_over(model: Model, step: Step, case: Case):
    """The call with its output `lead` bytes before its input."""
    call = call_of(model, step, case.inputs, np.random.default_rng(SEED))
    (source, in_bytes), (_, out_bytes), *rest = call.spans
    lead = step.variant.lead(step.record)
    assert lead is not None
    end = max(offset + size for offset, size in call.spans)
    start = -(-end // 16) * 16 + 16
    arena = np.zeros(start + max(lead + in_bytes, out_bytes) + 64, np.uint8)
    arena[: call.arena.size] = call.arena[: arena.size]
    arena[start + lead : start + lead + in_bytes] = call.arena[source : source + in_bytes]
    fields = call.args.fields | {"input": start + lead, "output": start}
    spans = ((start + lead, in_bytes), (start, out_bytes), *rest)
    return replace(call, args=call.args._replace(fields=fields), arena=arena, spans=spans)
