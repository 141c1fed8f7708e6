"""report.json: every key, always."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from tests.toolchain.report import sample
from toolchain.report.schema import Counts, Report, Spread, Total

KEYS = {
    "verdict": ..., "reasons": ..., "board": ..., "model_sha256": ...,
    "bit_exact": {"samples", "mismatches", "first_mismatch"},
    "accuracy": {"float", "int8", "device"},
    "counts": {"kind", "total", "ops"},
    "other_counts": ...,
    "predicted": {"kind", "total", "low", "high", "source", "calibrated", "ops"},
    "clock_hz": ..., "latency_us": ..., "repeats": ..., "startup": {"kind", "total"},
    "memory": {"arena_bytes", "ram_bytes", "stack_bytes", "stack_bound_bytes", "flash_bytes", "flash_sections"},
}  # fmt: skip


def test_keys_of_a_full_report() -> None:
    data = sample.report().to_json()
    assert set(data) == set(KEYS)
    for key, inner in KEYS.items():
        if inner is not ...:
            assert set(data[key]) == inner, key
    assert set(data["counts"]["ops"][0]) == {"index", "op", "tflite_ops", "variant", "macs", "count"}
    assert set(data["memory"]["flash_sections"]) == {"startup", "engine", "kernels", "model", "app", "libc"}


def test_what_is_unknown_is_null_and_present() -> None:
    data = Report(verdict="environment", reasons=("no board",), board="host").to_json()
    assert set(data) == set(KEYS)
    for key in ("model_sha256", "counts", "predicted", "clock_hz", "latency_us", "repeats", "startup"):
        assert data[key] is None
    assert data["bit_exact"] == {"samples": None, "mismatches": None, "first_mismatch": None}
    assert data["accuracy"] == {"float": None, "int8": None, "device": None}
    assert data["memory"]["flash_sections"]["kernels"] is None
    assert data["other_counts"] == []


def test_json_reads_back_to_the_same_report() -> None:
    before = sample.report(
        repeats=Spread(min=1, median=2, max=3), other_counts=(Counts(kind="modelled_cycles", total=5),)
    )
    assert Report.model_validate(json.loads(json.dumps(before.to_json()))) == before


def test_unknown_verdicts_and_kinds_are_refused() -> None:
    with pytest.raises(ValidationError, match="verdict"):
        sample.report(verdict="ok")
    with pytest.raises(ValidationError, match="kind"):
        Total.model_validate({"kind": "milliseconds", "total": 3})
