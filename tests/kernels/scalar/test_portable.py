"""Kernels for cores without DSP, in C: equal to TensorFlow Lite Micro, no undefined behaviour, over their inputs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from search.hardware.arena import SAME_START
from search.hardware.lowering import Step, lower
from search.hardware.packing import Constants
from search.hardware.record import Record
from search.hardware.variants import VARIANTS, Variant, settle
from tests.kernels.cases import CASES, Case
from tests.kernels.compare import call_of, compare
from tests.kernels.harness import Call, Runner, build_runner
from tests.kernels.probes import PROBES
from tests.support import require_tool
from toolchain.compile.constants import settle_step
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

SEED = 31
FOLDERS = ("scalar", "ref")
KERNELS = {row.name for row in VARIANTS if row.folder == FOLDERS[0]}
KINDS = sorted(name.removeprefix("mcn_").removesuffix("_scalar") for name in KERNELS)


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    require_tool("gcc")
    return build_runner(tmp_path_factory.mktemp("scalar_sanitized"), FOLDERS[0], sanitize=True)


def settled(case: Case) -> tuple[Model, Step]:
    model = read_model(case.model)
    (step,) = lower(model.graph, FOLDERS, lambda step: settle_step(model, step)).steps
    return model, step


def random_cases(kind: str, count: int) -> list[Case]:
    """Those of `count` random operations that a kernel of this folder runs."""
    cases = (CASES[kind](np.random.default_rng([SEED, index])) for index in range(count))
    return [case for case in cases if settled(case)[1].variant.name in KERNELS]


@pytest.mark.parametrize("kind", KINDS)
def test_random_operations_equal_tensorflow_lite_micro(kind: str, sanitized: Runner) -> None:
    cases = random_cases(kind, 300)
    assert len(cases) > 40
    report = compare(cases, sanitized, np.random.default_rng(SEED), FOLDERS)
    assert not report.faults, "\n".join(report.faults[:5])


@pytest.mark.parametrize("kind", [kind for kind in PROBES if kind.split()[0] in KINDS])
def test_multipliers_to_the_last_bit(kind: str, sanitized: Runner) -> None:
    cases = [PROBES[kind](np.random.default_rng([SEED, index])) for index in range(60)]
    assert {settled(case)[1].variant.folder for case in cases} == {"scalar"}
    report = compare(cases, sanitized, np.random.default_rng(SEED), FOLDERS)
    assert not report.faults, "\n".join(report.faults[:5])


@pytest.mark.parametrize("kind", ["conv_2d", "depthwise_conv_2d", "add"])
def test_an_output_may_lie_over_the_input_by_its_lead(kind: str, sanitized: Runner) -> None:
    leads = Counter[str]()
    for case in random_cases(kind, 150):
        model, step = settled(case)
        apart = call_of(model, step, case.inputs, np.random.default_rng(SEED))
        over, start = call_over(apart, step)
        offset, size = apart.spans[len(case.inputs)]
        before, after = sanitized.run([apart]) + sanitized.run([over])
        assert np.array_equal(after[start : start + size], before[offset : offset + size]), over.args.fields
        leads["apart" if start + size <= int(over.args.fields["input"] if kind != "add" else 0) else "over"] += 1
    assert leads["over"] > 20, leads


def call_over(call: Call, step: Step) -> tuple[Call, int]:
    """The call with its output `lead` bytes before its first input, and where it starts."""
    lead = step.variant.lead(step.record)
    assert lead is not None
    lead = 0 if lead == SAME_START else -(-lead // 16) * 16
    (source, in_bytes), *rest = call.spans
    out_bytes = rest[-2 if step.variant.scratch_bytes(step.record) else -1][1]
    start = -(-max(offset + size for offset, size in call.spans) // 16) * 16 + 16
    arena = np.zeros(start + max(lead + in_bytes, out_bytes) + 64, np.uint8)
    arena[: call.arena.size] = call.arena[: arena.size]
    arena[start + lead : start + lead + in_bytes] = call.arena[source : source + in_bytes]
    first = call.args.fields["input"]
    moved = (start + lead, *first[1:]) if isinstance(first, tuple) else start + lead
    fields = call.args.fields | {"input": moved, "output": start}
    spans = ((start + lead, in_bytes), (start, out_bytes), *rest)
    return replace(call, args=call.args._replace(fields=fields), arena=arena, spans=spans), start


def constants(record: Record, weights: np.ndarray, shift: int = -5, bias: int = 0) -> Constants:
    channels = record.output[2]
    biases, multipliers = np.full(channels, bias, np.int32), np.full(channels, 1 << 30, np.int32)
    return Constants(weights, biases, multipliers, np.full(channels, shift, np.int8), 0, 0)


def row(name: str) -> Variant:
    return next(row for row in VARIANTS if row.name == name)


def test_two_weights_of_minus_128_in_turn_fall_back_on_the_reference() -> None:
    record = Record("CONV_2D", (4, 4, 3), (2, 2, 2), (3, 3))
    weights = np.ones((2, 3, 3, 3), np.int8)
    weights[1, 0, 2, 2] = weights[1, 1, 0, 0] = -128  # side by side, but a row's 9 weights fill up to 10
    variant = row("mcn_conv_2d_m3")
    assert settle(variant, record, constants(record, weights)) is variant
    weights[1, 1, 0, 1] = -128
    assert settle(variant, record, constants(record, weights)).name == "mcn_conv_2d_ref"


@pytest.mark.parametrize("kind", ["conv_2d", "depthwise_conv_2d"])
@pytest.mark.parametrize("core", ["m3", "v6m"])
def test_shifts_to_the_left_fall_back_on_c(kind: str, core: str) -> None:
    record = Record(kind.upper(), (3, 3, 2), (3, 3, 2))
    weights = np.ones((2, 1, 1, 2) if kind == "conv_2d" else (1, 1, 2), np.int8)
    variant = row(f"mcn_{kind}_{core}")
    assert settle(variant, record, constants(record, weights, -1)) is variant
    assert settle(variant, record, constants(record, weights, 0)).name == f"mcn_{kind}_scalar"


@pytest.mark.parametrize("name", ["conv_2d_v6m", "conv_2d_rv32im", "depthwise_conv_2d_v6m"])
def test_sums_at_the_limit_of_int32_fall_back_on_c(name: str) -> None:
    kind = name.rpartition("_")[0]
    record = Record(kind.upper(), (3, 3, 2), (3, 3, 2))
    weights = np.ones((2, 1, 1, 2) if kind == "conv_2d" else (1, 1, 2), np.int8)
    products, variant = 128 * weights.size // 2, row(f"mcn_{name}")
    bias = 2**31 - 2**15 - products
    assert settle(variant, record, constants(record, weights, bias=bias - 1)) is variant
    assert settle(variant, record, constants(record, weights, bias=bias)).name == f"mcn_{kind}_scalar"
    assert settle(variant, record, constants(record, weights, bias=-bias)).name == f"mcn_{kind}_scalar"
