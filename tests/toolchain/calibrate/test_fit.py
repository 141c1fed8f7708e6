"""The fit finds what the counts were made of, from many measurements and from few."""

from __future__ import annotations

import numpy as np
import pytest

from search.hardware import features
from search.hardware.latency import FamilyModel
from search.hardware.record import Record
from toolchain.calibrate.fit import FEW_ERROR, LEAST_ERROR, Sample, fit

CONV = "mcn_conv_2d_ref"
TRUE = (6.0, 16.0, 11.0, 17.0, 73.0, 400.0)


def records(count: int, seed: int = 1) -> list[Record]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        size, in_c, out_c, kernel = rng.integers([3, 1, 1, 1], [17, 40, 40, 6])
        pad = (int(kernel) - 1) // 2, int(kernel) // 2
        found.append(
            Record(
                "CONV_2D", (int(size), int(size), int(in_c)), (int(size), int(size), int(out_c)),
                (int(kernel), int(kernel)), pads=(pad, pad),
            )
        )  # fmt: skip
    return found


def samples(count: int, seed: int = 1, noise: float = 0.0, level: float = 1.0) -> list[Sample]:
    rng = np.random.default_rng(seed)
    counts = [features.counts(CONV, record) for record in records(count, seed)]
    factors = 1 + noise * rng.standard_normal(count)
    return [
        Sample(CONV, record, float(level * np.dot(TRUE, row) * factor))
        for record, row, factor in zip(records(count, seed), counts, factors, strict=True)
    ]


def errors(model: FamilyModel, seed: int = 9, level: float = 1.0) -> np.ndarray:
    rows = np.array([features.counts(CONV, record) for record in records(200, seed)])
    return rows @ model.weights / (level * rows @ np.array(TRUE)) - 1


def test_exact_counts_give_the_coefficients_back() -> None:
    found = fit(samples(40), {})
    model = found.families["ref conv"]
    assert model.coefficients == pytest.approx(TRUE, rel=0.05)
    assert model.error == LEAST_ERROR
    assert model.measurements == 40
    assert np.max(np.abs(errors(model))) < 0.01
    assert max(map(abs, found.residuals)) < 0.01


def test_noise_is_seen_as_error_and_intervals_hold_what_they_say() -> None:
    model = fit(samples(60, noise=0.05), {}).families["ref conv"]
    assert 0.03 < model.error < 0.08
    rows = np.array([features.counts(CONV, record) for record in records(200, seed=9)])
    truth = rows @ np.array(TRUE) * (1 + 0.05 * np.random.default_rng(2).standard_normal(200))
    deviations = np.array([model.variance(row, np.array([row @ model.weights])) ** 0.5 for row in rows])
    held = np.mean(np.abs(rows @ model.weights - truth) <= 1.645 * deviations)
    assert 0.8 < held < 1


def test_two_measurements_bring_what_is_known_to_their_level() -> None:
    known = {"ref conv": FamilyModel(TRUE, 0.25), "ref add": FamilyModel((80.0, 100.0), 0.25)}
    found = fit(samples(2, level=1.4), known)
    assert np.max(np.abs(errors(found.families["ref conv"], level=1.4))) < 0.02
    assert found.families["ref conv"].error >= FEW_ERROR / 3
    unmeasured = found.families["ref add"]
    assert unmeasured.coefficients == pytest.approx((112, 140), rel=0.02)
    assert (unmeasured.measurements, unmeasured.error, unmeasured.covariance) == (0, 0.25, None)


def test_fewer_rows_than_coefficients_and_nothing_known_still_fit() -> None:
    model = fit(samples(3), {}).families["ref conv"]
    assert min(model.coefficients) >= 0
    assert np.median(np.abs(errors(model))) < 0.5
    assert model.error >= FEW_ERROR / 4
