"""The chain from a .tflite to a verdict, the same tests on the host port and on every emulated board."""

import json

import numpy as np
import pytest

from device_profiles import board_names, load_board
from search.hardware.ops import GraphBuilder
from tests.random_models import random_model
from tests.support import require_tool, shared_data
from toolchain.cli import main

BOARDS = [name for name in board_names() if load_board(name).emulated]

KEYS = {
    "verdict": None, "reasons": None, "board": None, "model_sha256": None,
    "bit_exact": {"samples", "mismatches", "first_mismatch"},
    "accuracy": {"float", "int8", "device"},
    "counts": {"kind", "total", "ops"}, "other_counts": None,
    "predicted": {"kind", "total", "low", "high", "source", "calibrated", "ops"},
    "clock_hz": None, "latency_us": None, "repeats": None, "startup": None,
    "memory": {"arena_bytes", "ram_bytes", "stack_bytes", "stack_bound_bytes", "flash_bytes", "flash_sections"},
}  # fmt: skip


def small_net():
    build = GraphBuilder((1, 12, 12, 3))
    x = build.conv(build.input, 8, kernel=3, stride=2, activation="relu")
    y = build.conv(build.depthwise(build.conv(x, 24, activation="relu"), activation="relu"), 8)
    x = build.depthwise(build.add(x, y), kernel=5, stride=2, activation="relu")
    return build.build(build.softmax(build.fully_connected(build.global_mean(x), 10)))


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(random_model(small_net(), seed=7))
    return path


def tools(name):
    board = load_board(name)
    require_tool(f"{board.cpu.compiler}gcc", "make")
    if "binary" in board.flasher.options:
        require_tool(str(board.flasher.options["binary"]))
    return board


def validate(capsys, *arguments):
    code = main(["validate", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.emulator
@pytest.mark.parametrize("name", BOARDS)
def test_a_model_runs_bit_exact_and_counts_the_same_twice(name, small_model, capsys):
    board = tools(name)
    code, first = validate(capsys, small_model, "--board", name)
    assert (code, first["verdict"], first["reasons"]) == (0, "passed", [])
    assert first["bit_exact"] == {"samples": 10, "mismatches": 0, "first_mismatch": None}
    assert set(first) == set(KEYS)
    for key, inner in KEYS.items():
        assert inner is None or first[key] is None or set(first[key]) == inner
    if board.timing.kind is None:
        assert first["counts"] is None
        assert first["predicted"] is None
        return
    counts = first["counts"]
    assert counts["kind"] == first["predicted"]["kind"] == board.timing.kind
    assert first["latency_us"] is None, "an emulator's counts are never time"
    assert 0.9 < sum(op["count"] for op in counts["ops"]) / counts["total"] < 1.1
    assert 0 < first["memory"]["stack_bytes"] <= first["memory"]["stack_bound_bytes"]
    assert first["memory"]["flash_bytes"] == sum(first["memory"]["flash_sections"].values())
    _, second = validate(capsys, small_model, "--board", name)
    assert second == first


@pytest.mark.parametrize("name", ["host", pytest.param("qemu_mps2_an386", marks=pytest.mark.emulator)])
@pytest.mark.parametrize("model", ["kws01", "ic01"])
def test_reference_models_pass(name, model, capsys):
    tools(name)
    code, report = validate(capsys, shared_data() / f"{model}_int8.tflite", "--board", name)
    assert (code, report["verdict"], report["bit_exact"]["mismatches"]) == (0, "passed", 0)


@pytest.mark.parametrize("name", ["host", pytest.param("qemu_mps2_an386", marks=pytest.mark.emulator)])
def test_inputs_labels_and_budget_of_the_user(name, small_model, tmp_path, capsys):
    tools(name)
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(6, 12, 12, 3)).astype(np.float32))
    np.save(tmp_path / "y.npy", np.arange(6))
    (tmp_path / "budget.toml").write_text("arena_bytes = 100\n")
    data = ("--inputs", tmp_path / "x.npy", "--labels", tmp_path / "y.npy", "--samples", 5)
    code, report = validate(capsys, small_model, "--board", name, *data)
    assert (code, report["bit_exact"]["samples"]) == (0, 5)
    assert report["accuracy"]["device"] == report["accuracy"]["int8"]
    assert report["accuracy"]["int8"] in {n / 5 for n in range(6)}
    budget = ("--budget", tmp_path / "budget.toml", "--junit", tmp_path / "junit.xml", "--out", tmp_path / "out")
    code, report = validate(capsys, small_model, "--board", name, *data, *budget)
    assert (code, report["verdict"]) == (1, "failed")
    assert report["reasons"] == [f"Over budget: arena_bytes: {report['memory']['arena_bytes']:,} B, allowed 100 B."]
    assert "Over budget" in (tmp_path / "junit.xml").read_text()
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert "FAILED" in (tmp_path / "out" / "report.html").read_text().upper()


def refused(capsys, *arguments):
    code = main([str(a) for a in arguments])
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return code, error


def test_bad_input_is_one_message(small_model, tmp_path, capsys):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(small_model.read_bytes()[:500])
    (tmp_path / "budget.toml").write_text("latency_us = 5.0\n")
    (tmp_path / "wrong.toml").write_text("arena = 5\n")
    cases = [
        (("validate", tmp_path / "none.tflite"), 2, "does not exist"),
        (("validate", broken), 2, "broken.tflite"),
        (("validate", small_model, "--board", "host2"), 2, "Did you mean host?"),
        (("validate", small_model, "--budget", tmp_path / "budget.toml"), 2, "latency_us"),
        (("validate", small_model, "--budget", tmp_path / "wrong.toml"), 2, "arena: unknown key"),
        (("validate", small_model, "--board", "nucleo_f446re", "--port", "/dev/none"), 3, ""),
        (("run", tmp_path / "none.toml"), 2, "does not exist"),
        (("run", tmp_path), 2, "is not a run folder"),
        (("train", tmp_path / "nothing"), 2, "does not exist"),
    ]
    for arguments, expected, words in cases:
        code, error = refused(capsys, *arguments)
        assert (code, words in error) == (expected, True), (arguments, code, error)


def test_a_model_too_large_for_the_board_fails_with_the_sums(tmp_path, capsys):
    build = GraphBuilder((1, 200, 200, 8))
    x = build.conv(build.input, 8, kernel=3)
    model = tmp_path / "large.tflite"
    model.write_bytes(random_model(build.build(build.global_mean(x)), seed=1))
    code, error = refused(capsys, "compile", model, "--board", "nucleo_f446re")
    assert code == 1
    assert "nucleo_f446re leaves" in error
    assert "mcunas boards --min-ram" in error


def test_what_cannot_be_built_is_a_verdict_and_no_old_report_survives(small_model, tmp_path, capsys):
    build = GraphBuilder((1, 200, 200, 8))
    model = tmp_path / "large.tflite"
    model.write_bytes(random_model(build.build(build.global_mean(build.conv(build.input, 8, kernel=3))), seed=1))
    junit = tmp_path / "junit.xml"
    junit.write_text("of an earlier run")
    code, report = validate(capsys, model, "--board", "nucleo_f446re", "--junit", junit)
    assert (code, report["verdict"], set(report)) == (1, "failed", set(KEYS))
    assert "nucleo_f446re leaves" in report["reasons"][0]
    assert 'failures="1"' in junit.read_text()
    code, _ = refused(capsys, "validate", small_model, "--board", "none", "--junit", junit)
    assert code == 2


def test_options_without_effect_are_refused(small_model, tmp_path, capsys):
    (tmp_path / "budget.toml").write_text("flash_bytes = 1\n")
    cases = [
        (("--labels", "none.npy"), "--labels go with --inputs"),
        (("--budget", tmp_path / "budget.toml"), "flash_bytes cannot be held on host"),
    ]
    for options, words in cases:
        code, error = refused(capsys, "validate", small_model, "--board", "host", *options)
        assert (code, words in error) == (2, True), error


def test_another_model_on_the_board_is_found_out(small_model, tmp_path, monkeypatch, capsys):
    """--no-flash: what runs there already must be this very build."""
    tools("host")
    other = tmp_path / "other.tflite"
    other.write_bytes(random_model(small_net(), seed=8))
    assert main(["validate", str(other), "--board", "host", "--out", str(tmp_path / "other")]) == 0
    capsys.readouterr()
    from toolchain.flashers import host

    with host.start(tmp_path / "other" / "firmware.elf", load_board("host"), None, True) as url:
        monkeypatch.setattr(host, "start", _already_running(url))
        code, report = validate(capsys, small_model, "--board", "host", "--no-flash")
    assert (code, report["verdict"]) == (3, "environment")
    assert "Another firmware answers" in report["reasons"][0]
    assert "model is" in report["reasons"][0]


def _already_running(url):
    from contextlib import contextmanager

    @contextmanager
    def start(elf, board, port, flash):
        yield url

    return start
