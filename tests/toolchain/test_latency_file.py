"""Latency files: read back as written, refused for another key, and found in the order that is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device_profiles import load_board
from search.hardware.latency import FamilyModel, LatencyModel
from search.hardware.record import Record
from toolchain import latency_file
from toolchain.errors import BadInput
from toolchain.latency_file import LatencyFile, default_path, key_of, latency_model, load, read, write

BOARD = load_board("qemu_mps2_an385")
ADD = Record("ADD", (4, 4, 3), (4, 4, 3))
EXPECTED = {"operation": 0.01}


def make(path: Path, level: float = 1.0, **key: object) -> Path:
    family = FamilyModel((80.0 * level, 200.0), 0.02, ((1.0, -0.5), (-0.5, 2.0)), 3)
    model = LatencyModel("instructions", {"ref add": family}, "3 operations", invoke=7.0, step=-1.0)
    rows = [{"id": "a", "valid": True, "count": 4000}, {"id": "b", "valid": False, "why": "frozen"}]
    write(path, LatencyFile(key_of(BOARD, "instructions") | key, "2026-01-01", model, EXPECTED, rows))
    return path


def test_a_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = make(tmp_path / "a.json")
    file = read(path)
    assert file.model.families["ref add"] == FamilyModel((80.0, 200.0), 0.02, ((1.0, -0.5), (-0.5, 2.0)), 3)
    assert (file.model.invoke, file.model.step, file.date) == (7.0, -1.0, "2026-01-01")
    assert file.model.source == f"{path}: 3 operations"
    assert [row["id"] for row in file.measurements] == ["a", "b"]
    value = json.loads(path.read_text())
    assert value["families"]["ref add"]["coefficients"] == {"elements": 80.0, "calls": 200.0}
    assert value["key"]["compiler"] is None or "gcc" in value["key"]["compiler"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"clock_hz": 48_000_000}, "clock_hz is 48000000, not 25000000"),
        ({"timing_kind": "cycles"}, "timing_kind is cycles, not instructions"),
        ({"flags": "-O3"}, r"flags is -O3, not -mcpu=cortex-m3"),
        ({"board": "mine", "wait_states": 5}, "board is mine, not qemu_mps2_an385; wait_states is 5, not unknown"),
    ],
)
def test_another_key_is_refused_and_named(tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    path = make(tmp_path / "a.json", **changed)
    with pytest.raises(BadInput, match=f"made for something else: {fault}.*mcunas calibrate --board qemu_mps2_an385"):
        load(path, BOARD, "instructions")


def test_a_compiler_is_compared_only_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.json", compiler="gcc of another machine")
    monkeypatch.setattr(latency_file, "compiler_version", lambda board: "gcc of this one")
    with pytest.raises(BadInput, match="compiler is gcc of another machine, not gcc of this one"):
        load(path, BOARD, "instructions")

    def absent(board: object) -> str:
        raise latency_file.EnvironmentFailure("not installed")

    monkeypatch.setattr(latency_file, "compiler_version", absent)
    assert load(path, BOARD, "instructions").model.calibrated


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{}", "format None, this mcunas reads 1"),
        ('{"format": 0}', r"is a latency file of format 0, this mcunas reads 1\. Make it again: mcunas calibrate"),
        ('{"format": 1}', r"is damaged \(KeyError\('families'\)\)"),
        ("a,b", "is no latency file"),
    ],
)
def test_what_is_no_file_of_this_format_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BadInput, match=fault):
        read(tmp_path / "a.json")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"No such file or directory\. Make it: mcunas calibrate"):
        read(tmp_path / "a.json")


def test_the_order_in_which_files_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def count(given: Path | None = None) -> float:
        return latency_model(BOARD, given).count("mcn_add_ref", ADD)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(latency_file, "SHIPPED", tmp_path / "shipped")
    assert not latency_model(BOARD).calibrated
    name = default_path(BOARD, "instructions")
    make(tmp_path / "shipped" / name.name, level=2)
    assert count() == 48 * 160 + 200
    make(name, level=3)
    assert count() == 48 * 240 + 200
    assert latency_model(BOARD).source.startswith("latency/qemu_mps2_an385.instructions.json: ")
    assert count(make(tmp_path / "given.json", level=4)) == 48 * 320 + 200
    assert latency_model(load_board("host")) is None


def test_a_shipped_file_of_another_compiler_gives_way_to_the_prior(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(latency_file, "SHIPPED", tmp_path)
    monkeypatch.setattr(latency_file, "compiler_version", lambda board: "gcc of this machine")
    make(tmp_path / "qemu_mps2_an385.instructions.json", compiler="another")
    assert not latency_model(BOARD).calibrated
