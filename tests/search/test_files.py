"""Files that are whole or absent, and the same bytes for the same values."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from search.errors import FileFailure
from search.files import write_atomic, write_csv, write_json, write_npz


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "a.txt"
    write_atomic(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFailure, match=rf"^Cannot write {path}: No space left on device\. Free space .* --out\.$"):
        write_atomic(path, "newer")
    assert {file.name: file.read_text() for file in path.parent.iterdir()} == {"a.txt": "old"}


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.txt", "text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("a file/b/c.txt", "Not a directory"),
        ("a file/c.txt", "File exists|Not a directory"),
        ("/proc/c.txt", "No such file or directory|Permission denied"),
        ("folder", "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileFailure, match=rf"^Cannot write {tmp_path / place}: ({words})\. ") as failure:
        write_atomic(tmp_path / place, "text")
    assert failure.value.exit_code == 3
    assert {path.name for path in tmp_path.iterdir()} == {"a file", "folder"}


def test_json_is_sorted_and_refuses_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": 1, "a": [0.1]})
    assert path.read_text().index('"a"') < path.read_text().index('"b"')
    assert json.loads(path.read_text()) == {"a": [0.1], "b": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, float("nan"))


def test_csv_has_empty_cells_and_figures(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["a", "b"], [(None, True), ("x, y", 0.1)])
    assert (tmp_path / "a.csv").read_text() == 'a,b\n,1\n"x, y",0.1\n'


def test_arrays_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write_npz(tmp_path / name, {"x": np.arange(3), "steps.0/w": np.eye(2)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as file:
        assert file.files == ["x", "steps.0/w"]
