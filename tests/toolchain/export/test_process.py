"""The converting process: what is told when it fails, or when its packages are missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from toolchain.errors import EnvironmentFailure
from toolchain.export import process
from toolchain.export.errors import NotExportable

LOG = """worker step: ONNX to TensorFlow
\x1b[31mERROR:\x1b[0m The trace log is below.
\x1b[31mERROR:\x1b[0m onnx_op_name: /head/Erf
last line
"""


def test_a_failure_names_the_step_the_operation_and_the_last_words() -> None:
    text = str(process._failure(1, LOG))
    assert "the step 'ONNX to TensorFlow' failed at the ONNX operation /head/Erf (exit code 1)" in text
    assert text.endswith("  last line")
    assert "\x1b" not in text


def test_a_killed_process_is_told_by_its_signal() -> None:
    assert "the step 'start' failed (signal 6)" in str(process._failure(-6, ""))


def test_a_long_log_is_cut() -> None:
    assert len(str(process._failure(1, "x\n" * 1000)).splitlines()) < 20


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "onnx" in name else found(name))
    with pytest.raises(EnvironmentFailure, match=r"not installed: onnx, onnxruntime, onnx2tf\. Install"):
        process.require_packages()


def test_a_worker_that_fails_is_not_silent(tmp_path: Path) -> None:
    with pytest.raises(NotExportable, match=r"(?s)'ONNX to TensorFlow' failed .* does not exist"):
        process.run_worker(tmp_path)
