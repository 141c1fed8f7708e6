"""The latency model: counts from coefficients, intervals from what is uncertain, and the prior."""

from __future__ import annotations

import numpy as np
import pytest

from device_profiles import load_board
from search.hardware.common_models import ds_cnn
from search.hardware.features import counts, family_of
from search.hardware.latency import UNKNOWN, FamilyModel, LatencyModel
from search.hardware.lowering import lower
from search.hardware.prior import prior
from search.hardware.record import Record

ADD = Record("ADD", (4, 4, 3), (4, 4, 3))
PROGRAM = lower(ds_cnn(), ("ref",))


def model(error: float = 0.1, covariance: tuple[tuple[float, ...], ...] | None = None) -> LatencyModel:
    return LatencyModel("instructions", {"ref add": FamilyModel((80.0, 200.0), error, covariance)}, "a test")


def test_a_count_is_coefficients_times_features() -> None:
    assert model().count("mcn_add_ref", ADD) == 48 * 80 + 200


def test_a_family_that_is_not_known_is_guessed_from_what_any_kernel_does() -> None:
    guess = model().count("mcn_sub_ref", ADD)
    assert guess == UNKNOWN.count((0, 0, 48, 48, 1)) > 0


def test_a_network_costs_its_steps_and_the_engine() -> None:
    board = load_board("qemu_mps2_an385")
    plain = prior(board)
    own = LatencyModel(plain.kind, plain.families, plain.source, invoke=50.0, step=10.0)
    assert own.total(PROGRAM) - plain.total(PROGRAM) == 50 + 10 * len(PROGRAM.steps)
    assert abs(sum(plain.step_counts(PROGRAM)) - plain.total(PROGRAM)) <= len(PROGRAM.steps)
    predicted = own.predict(PROGRAM)
    assert predicted.total.count == own.total(PROGRAM)
    assert [step.count for step in predicted.steps] == list(own.step_counts(PROGRAM))


def test_errors_of_operations_add_up_as_independent_and_those_of_coefficients_as_one() -> None:
    family = FamilyModel((80.0, 0.0), 0.1, ((0.0, 0.0), (0.0, 0.0)))
    row = np.array([48.0, 1.0])
    assert family.variance(2 * row, np.array([3840.0, 3840.0])) == pytest.approx(2 * 384.0**2)
    shared = FamilyModel((80.0, 0.0), 0.0, ((4.0, 0.0), (0.0, 0.0)))
    assert shared.variance(2 * row, np.array([3840.0, 3840.0])) == pytest.approx((96 * 2) ** 2)


def test_an_interval_lies_around_its_count() -> None:
    for step in prior(load_board("qemu_mps2_an386")).predict(PROGRAM).steps:
        assert 0 <= step.low < step.count < step.high


def test_the_prior_says_what_it_is_and_knows_the_kernels() -> None:
    found = prior(load_board("nucleo_f446re"))
    assert (found.kind, found.calibrated) == ("cycles", False)
    assert found.source == "prior: instructions of emulated cores times 1.4, not calibrated (± 41%)"
    assert prior(load_board("host")) is None
    program = lower(ds_cnn(), ("cortex_m_dsp", "ref"))
    assert all(found.family(step.variant.name) is not None for step in program.steps if step.record.macs)


def test_counts_of_one_record_are_kept() -> None:
    assert counts("mcn_add_ref", ADD) is counts("mcn_add_ref", ADD)
    assert family_of("mcn_add_ref") is family_of("mcn_add_ref")
