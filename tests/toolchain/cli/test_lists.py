"""The commands that list what there is: boards, spaces, proxies, doctor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from device_profiles import board_names
from search.aggregate import combination
from search.proxies import get_proxy, proxy_names
from search.spaces import space_names
from tests.test_imports import TRAINING
from toolchain import doctor
from toolchain.cli import main


def output_of(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(args) == 0
    return capsys.readouterr().out


def test_boards_shows_every_board_with_aligned_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = output_of(capsys, "boards").splitlines()
    assert [row.split()[0] for row in rows] == board_names()
    end_of_ram = header.index("RAM B") + len("RAM B")
    assert all(row[end_of_ram - 1].isdigit() and row[end_of_ram] == " " for row in rows)


def test_boards_by_ram(capsys: pytest.CaptureFixture[str]) -> None:
    boards = {board["name"]: board for board in json.loads(output_of(capsys, "boards", "--json"))}
    largest = max(board["ram_bytes"] for board in boards.values())
    found = json.loads(output_of(capsys, "boards", "--json", "--min-ram", str(largest)))
    assert found == [board for board in boards.values() if board["ram_bytes"] == largest]
    assert json.loads(output_of(capsys, "boards", "--json", "--min-ram", str(largest + 1))) == []
    assert boards["host"]["timing_kind"] is None


def test_spaces_and_one_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    _, *rows = output_of(capsys, "spaces").splitlines()
    assert [row.split()[0] for row in rows] == space_names()
    detail = output_of(capsys, "spaces", "mobilenet")
    assert "resolution" in detail
    assert main(["spaces", "mobilnet"]) == 2
    assert "There is no search space 'mobilnet'. Did you mean mobilenet?" in capsys.readouterr().err


def test_doctor_tells_what_is_missing_and_how_to_get_it(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("qemu-system-arm", "openocd") else real(name))
    assert main(["doctor"]) == 3
    text = capsys.readouterr().out
    assert "!!  qemu-system-arm" in text
    assert "not found. Needed for emulated Arm boards. Get it: sudo apt-get install qemu-system-arm" in text
    assert "--  openocd" in text
    assert "Missing:" in text
    assert "qemu-system-arm" in doctor.missing_apt(doctor.findings())
    assert "openocd" not in doctor.missing_apt(doctor.findings())


def test_doctor_wants_the_versions_of_the_project() -> None:
    found = {finding.name: finding for finding in doctor.findings() if finding.kind == "python package"}
    assert found["click"].version is not None
    assert found["click"].purpose == "build, flash and validate"
    assert found["torch"].purpose == "search and train"
    assert found["tensorflow"].purpose == "export to TensorFlow Lite"
    assert not found["torch"].required


def test_doctor_refuses_another_version(monkeypatch) -> None:
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "0.1")
    found = {finding.name: finding for finding in doctor.findings()}
    assert found["torch"].version is None
    assert found["torch"].problem == "0.1 is installed, ==2.13.0 is wanted"
    assert not doctor.is_ready(list(found.values()))


def test_doctor_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert {finding["name"] for finding in result["findings"]} >= {"gcc", "torch", "openocd"}
    assert result["ready"] == all(finding["version"] for finding in result["findings"] if finding["required"])


def test_proxies_and_one_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    _, *rows = output_of(capsys, "proxies").splitlines()
    assert [row.split()[0] for row in rows[: len(proxy_names())]] == proxy_names()
    assert rows[-1] == f"  az_nas: {', '.join(combination('az_nas'))}"
    assert f"Works on: {', '.join(get_proxy('synflow').needs)}." in output_of(capsys, "proxies", "synflow")
    assert main(["proxies", "sinflow"]) == 2
    assert "There is no proxy 'sinflow'. Did you mean synflow?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["boards", "spaces", "proxies"])
def test_lists_import_no_training_library(command: str) -> None:
    code = f"import sys; from toolchain.cli import main; main(['{command}']); print({TRAINING} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "set()"
