"""mcunas calibrate, predict and latency, as they are said in a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device_profiles import load_board
from search.hardware.common_models import ds_cnn
from tests.random_models import random_model
from tests.support import require_tool
from toolchain.cli import main
from toolchain.latency_file import read
from toolchain.tflite.reader import read_model
from toolchain.workspace import compile_and_build

BOARD = "qemu_mps2_an386"


@pytest.mark.emulator
@pytest.mark.slow
def test_calibrate_predict_and_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_tool("arm-none-eabi-gcc", "qemu-system-arm", "gcc", "make")
    monkeypatch.chdir(tmp_path)
    assert main(["calibrate", "--board", BOARD, "--budget", "12"]) == 0
    text = capsys.readouterr().out
    own, other = (Path(f"latency/{BOARD}.{kind}.json") for kind in ("instructions", "modelled_cycles"))
    for path in (own, other):
        assert f"{path}: " in text
        file = read(path)
        assert (file.key["board"], len(file.measurements)) == (BOARD, 12)
        assert file.model.kind == path.suffixes[0].strip(".")
        assert {row["valid"] for row in file.measurements} == {True}
    assert "expected error of an operation" in text
    assert not list(Path("latency").glob(".*.journal"))

    before = [row["count"] for row in read(own).measurements]
    assert main(["calibrate", "--board", BOARD, "--update"]) == 0
    assert [row["count"] for row in read(own).measurements] == before

    capsys.readouterr()
    assert main(["latency", "show", str(own)]) == 0
    shown = capsys.readouterr().out
    assert "dsp conv 1x1" in shown
    assert "weights of four" in shown
    assert "timing_kind  instructions" in shown

    (tmp_path / "model.tflite").write_bytes(small_model())
    assert main(["predict", "model.tflite", "--board", BOARD, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    check_forecast(facts, tmp_path)
    assert facts["predicted"]["source"].startswith(f"{own}: 12 operations measured on {BOARD}")
    assert main(["predict", "model.tflite", "--board", "qemu_mps2_an500", "--latency", str(own)]) == 2
    assert f"board is {BOARD}, not qemu_mps2_an500" in capsys.readouterr().err


def check_forecast(facts: dict, folder: Path) -> None:
    """The memory is that of the built image, byte for byte."""
    compiled, image = compile_and_build(read_model(folder / "model.tflite"), load_board(BOARD), folder / "build")
    predicted, memory = facts["predicted"], facts["memory"]
    assert predicted["low"] < predicted["total"] < predicted["high"]
    assert len(predicted["ops"]) == len(compiled.program.steps)
    assert memory["arena_bytes"] == image.arena_bytes
    assert memory["flash_bytes"] == image.flash_bytes
    assert memory["stack_bound_bytes"] == image.stack_bound_bytes
    assert facts["tflm"]["arena_bytes"] > image.arena_bytes


def small_model() -> bytes:
    return random_model(ds_cnn(8), seed=3)


def test_predict_without_a_calibration_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.tflite").write_bytes(small_model())
    assert main(["predict", "model.tflite", "--board", "qemu_mps2_an385"]) == 0
    text = capsys.readouterr().out
    assert "by  prior: instructions of emulated cores times 1, not calibrated" in text
    assert "TensorFlow Lite Micro's arena" in text


def test_a_board_without_a_timer_cannot_be_calibrated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--board", "host"]) == 2
    assert "host measures no time: its ticks mean nothing" in capsys.readouterr().err


def test_update_needs_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.json"
    assert main(["calibrate", "--board", BOARD, "--update", "--out", str(missing)]) == 2
    assert f"Cannot read the latency file {missing}" in capsys.readouterr().err
