"""The order of measurements: what tells most comes first, and nothing twice."""

from __future__ import annotations

import numpy as np

from device_profiles import load_board
from search.hardware.common_models import common_models
from search.hardware.features import counts
from search.hardware.lowering import lower
from search.hardware.prior import prior
from toolchain.calibrate.design import Design
from toolchain.calibrate.operations import operations

BOARD = load_board("qemu_mps2_an386")
MODEL = prior(BOARD)
PROGRAMS = [lower(graph, BOARD.cpu.kernels) for graph in common_models().values()]
STEPS = [step for program in PROGRAMS for step in program.steps]


def order(count: int) -> list[int]:
    design, chosen = Design(STEPS, PROGRAMS, MODEL), []
    while len(chosen) < count and (number := design.next()) is not None:
        chosen.append(number)
        design.note(number)
    return chosen


def test_every_candidate_once_and_the_same_each_time() -> None:
    chosen = order(len(STEPS) + 5)
    assert sorted(chosen) == list(range(len(STEPS)))
    assert order(30) == chosen[:30]


def test_the_first_choices_are_different_kernels_that_networks_spend_their_time_in() -> None:
    first = [STEPS[number] for number in order(12)]
    assert len({step.variant.name for step in first}) >= 6
    assert all(step.record.macs > 0 for step in first[:4])


def test_the_coefficients_are_told_apart_better_than_by_chance() -> None:
    """The determinant of what 12 measurements of 1x1 convolutions say of their three main coefficients."""
    name = "mcn_conv_2d_1x1_relu_dsp"
    mine = [number for number in order(60) if STEPS[number].variant.name == name][:8]
    every = [number for number, step in enumerate(STEPS) if step.variant.name == name]

    def information(numbers: list[int]) -> float:
        rows = [counts(name, STEPS[n].record) / np.float64(MODEL.count(name, STEPS[n].record)) for n in numbers]
        return float(np.linalg.slogdet(np.transpose(rows)[[0, 2, 6]] @ np.array(rows)[:, [0, 2, 6]])[1])

    rng = np.random.default_rng(3)
    chance = [information(list(rng.permutation(every)[: len(mine)])) for _ in range(100)]
    assert information(mine) > np.median(chance)


def test_dropped_candidates_are_not_proposed() -> None:
    design = Design(STEPS[:3], PROGRAMS, MODEL)
    first = design.next()
    design.drop(first)
    assert design.next() != first


def test_operations_of_spaces_and_models_are_each_once() -> None:
    found = operations(BOARD, architectures=5)
    records = [operation.record for operation in found]
    assert len(set(records)) == len(records) > 50
    assert {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "MEAN", "SOFTMAX", "AVERAGE_POOL_2D",
            "MAX_POOL_2D"} <= {record.kind for record in records}  # fmt: skip
    assert all(len(operation.graph.ops) in (1, 2) for operation in found)
