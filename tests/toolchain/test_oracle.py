"""The oracle: right results from TensorFlow Lite Micro, and a clear error whatever it dies of."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.tflite_builder import TfliteBuilder
from toolchain import oracle
from toolchain.errors import EnvironmentFailure
from toolchain.oracle import run_oracle


def adder() -> tuple[bytes, int, int]:
    """Two inputs [1, 4]: their sum with scale 1, then its double. The model, and the numbers of both results."""
    builder = TfliteBuilder()
    a, b = builder.input((1, 4), (1.0, 0)), builder.input((1, 4), (1.0, 0))
    total = builder.add(a, b, (1.0, 0))
    double = builder.add(total, total, (1.0, 0))
    return builder.build(total, double), total, double


SAMPLES = [[np.full((1, 4), s, np.int8), np.array([[0, 1, 2, 3]], np.int8)] for s in (10, -20, 30)]


def test_outputs_of_every_sample_and_its_own_arena():
    model, _, _ = adder()
    run = run_oracle(model, SAMPLES)
    for sample, outputs in zip(SAMPLES, run.outputs, strict=True):
        assert [array.dtype for array in outputs] == [np.int8, np.int8]
        np.testing.assert_array_equal(outputs[0], sample[0] + sample[1])
        np.testing.assert_array_equal(outputs[1], 2 * (sample[0] + sample[1]))
    assert run.tensors == [{}, {}, {}]
    assert run.arena_bytes is not None
    assert 100 < run.arena_bytes < 10_000


def test_tensors_in_between():
    model, total, double = adder()
    run = run_oracle(model, SAMPLES[:2], tensors=(double, total, 0))
    assert run.arena_bytes is None
    for sample, outputs, tensors in zip(SAMPLES[:2], run.outputs, run.tensors, strict=True):
        assert list(tensors) == [double, total, 0]
        np.testing.assert_array_equal(tensors[0], sample[0])
        np.testing.assert_array_equal(tensors[total], outputs[0])
        np.testing.assert_array_equal(tensors[double], outputs[1])


def test_float_inputs_and_outputs():
    builder = TfliteBuilder()
    x = builder.input((1, 3), None)
    model = builder.build(builder.dequantize(builder.quantize(x, (0.5, 0))))
    run = run_oracle(model, [[np.array([[0.6, -1.0, 1000.0]], np.float32)]])
    np.testing.assert_array_equal(run.outputs[0][0], np.array([[0.5, -1.0, 63.5]], np.float32))


def test_an_operation_that_it_does_not_run_is_named():
    builder = TfliteBuilder()
    x = builder.input((1, 4), (1.0, 0))
    y = builder.reshape(x, (4,))
    model = builder.build(builder.op("EXP", [y], (4,), (1.0, 0)))
    with pytest.raises(EnvironmentFailure) as caught:
        run_oracle(model, [[np.zeros((1, 4), np.int8)]])
    text = str(caught.value)
    assert "ended with exit status 1 while preparing the model at operation EXP (number 1)." in text
    assert "kTfLiteFloat32" in text
    assert text.endswith("RuntimeError: TFLM failed to allocate tensors")
    assert "Traceback" not in text


def test_an_operation_that_it_does_not_know_is_named():
    builder = TfliteBuilder()
    model = builder.build(builder.op("RFFT2D", [builder.input((1, 4), (1.0, 0))], (1, 4), (1.0, 0)))
    with pytest.raises(EnvironmentFailure, match="while preparing the model at operation RFFT2D"):
        run_oracle(model, [[np.zeros((1, 4), np.int8)]])


def test_a_crash_is_told_with_what_it_was_at():
    model, _, _ = adder()
    with pytest.raises(EnvironmentFailure, match="was killed by SIGSEGV while reading tensor 9999 of sample 0"):
        run_oracle(model, SAMPLES[:1], tensors=[9999])


def test_samples_of_the_wrong_shape():
    model, _, _ = adder()
    with pytest.raises(EnvironmentFailure, match=r"while running sample 0[^$]*Cannot set tensor: Dimension mismatch"):
        run_oracle(model, [[np.zeros(4, np.int8), np.zeros(4, np.int8)]])


def test_one_that_hangs_is_stopped():
    model, _, _ = adder()
    with pytest.raises(EnvironmentFailure, match=r"did not finish within 0.01 s and was stopped"):
        run_oracle(model, SAMPLES, timeout_s=0.01)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'tflite_micro'\" >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(oracle.sys, "executable", str(fake))
    assert sys.executable == str(fake)
    with pytest.raises(EnvironmentFailure, match=r"package tflite-micro is missing. Get it with: make setup"):
        run_oracle(adder()[0], SAMPLES)
