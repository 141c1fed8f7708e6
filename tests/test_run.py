"""A whole run on the host port: verdict, resume after kill -9, equal bytes, nothing repeated."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import require_tool
from toolchain.cli import main

CONFIG = """
name = "tiny"
seed = 3
board = "host"
[search]
candidates = 6
population = 4
reference = 4
random = 20
batch = 8
jobs = 1
[limits]
arena_bytes = 12000
[train]
epochs = 3
checkpoint_epochs = 1
[export]
calibration_samples = 20
[validate]
samples = 12
max_int8_loss = 0.5
"""
STAGES = ("search", "train", "export", "build", "flash", "validate", "report")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    require_tool("gcc", "make")
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def finished(config, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished") / "run"
    assert main(["run", str(config), "--out", str(out)]) == 0
    return out


def digests(folder: Path) -> dict[str, str]:
    """Of every file but timing.json; locks and hidden files are no result."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "timing.json" and p.name[0] != "."]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.slow
def test_a_run_passes_and_leaves_every_file(finished):
    report = json.loads((finished / "report.json").read_text())
    assert (report["verdict"], report["board"]) == ("passed", "host")
    assert (report["counts"], report["predicted"]) == (None, None)
    assert report["bit_exact"] == {"samples": 12, "mismatches": 0, "first_mismatch": None}
    assert report["accuracy"]["device"] == report["accuracy"]["int8"]
    manifest = json.loads((finished / "run.json").read_text())
    assert list(manifest["stages"]) == sorted(STAGES)
    assert "tiny on host" in (finished / "report.html").read_text()


@pytest.mark.slow
def test_a_second_run_repeats_nothing(finished, config, capsys):
    before = digests(finished), (finished / "timing.json").read_bytes()
    assert main(["run", str(config), "--out", str(finished)]) == 0
    assert (digests(finished), (finished / "timing.json").read_bytes()) == before
    assert "done in" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(finished, config, tmp_path):
    """kill -9 as soon as each stage has begun to leave files; the last run goes through."""
    out = tmp_path / "run"
    command = [sys.executable, "-m", "toolchain.cli", "run", str(config), "--out", str(out)]
    root = Path(__file__).resolve().parents[1]
    for landmark in ("search/scores.sqlite", "train/checkpoint.npz", "export", "build", "validate/result.json"):
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 240
        while not (out / landmark).exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (out / landmark).exists(), landmark
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert subprocess.run(command, cwd=root, stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert digests(out) == digests(finished)


@pytest.mark.slow
def test_a_changed_setting_repeats_only_what_depends_on_it(finished, config, tmp_path, capsys):
    changed = tmp_path / "changed.toml"
    changed.write_text(CONFIG.replace("samples = 12", "samples = 9"))
    assert main(["run", str(changed), "--out", str(finished)]) == 0
    repeated = [line.split(":")[0] for line in capsys.readouterr().err.splitlines() if "done in" in line]
    assert repeated == ["validate", "report"]
    assert main(["run", str(config), "--out", str(finished)]) == 0


@pytest.mark.slow
def test_one_stage_refuses_to_stand_on_stale_ones(finished, capsys):
    """Another board, or an output that was changed, makes the stages before it stale."""
    before = digests(finished)
    assert main(["report", str(finished)]) == 0
    capsys.readouterr()
    for command in ("build", "validate"):
        assert main([command, str(finished), "--board", "qemu_mps2_an386"]) == 2
        assert "Stage 'search'" in capsys.readouterr().err
    for option in (["--samples", "3"], ["--inputs", "x.npy"], ["--out", "z"]):
        assert main(["validate", str(finished), *option]) == 2
        assert f"{option[0]} follows from its configuration" in capsys.readouterr().err
    assert digests(finished) == before


@pytest.mark.slow
def test_a_stage_on_the_board_named_by_the_user_is_always_run(finished, tmp_path, capsys):
    junit = tmp_path / "run.xml"
    assert main(["validate", str(finished), "--json", "--junit", str(junit)]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "passed"
    assert "validate: done" in captured.err
    assert 'failures="0"' in junit.read_text()


@pytest.mark.slow
def test_an_inaccurate_network_fails_and_is_still_reported(finished, tmp_path, capsys):
    strict = tmp_path / "strict.toml"
    strict.write_text(CONFIG.replace("max_int8_loss = 0.5", "min_accuracy = 1.0"))
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    assert main(["run", str(strict), "--out", str(out)]) == 1
    assert "100.00% are required" in capsys.readouterr().out
    assert json.loads((out / "report.json").read_text())["verdict"] == "failed"
    assert main(["report", str(out)]) == 1


@pytest.mark.slow
def test_an_impossible_limit_is_one_message_and_keeps_what_was_scored(config, tmp_path, capsys):
    path = tmp_path / "tight.toml"
    path.write_text(CONFIG.replace("arena_bytes = 12000", "arena_bytes = 64"))
    assert main(["search", str(path), "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "meets the limits" in error
    assert "Traceback" not in error
    assert (tmp_path / "run" / "search" / "scores.sqlite").exists()
