"""Files that are whole or absent, and the same bytes for the same values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from search.files import write_atomic, write_csv, write_json, write_npz


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "a.txt"
    write_atomic(path, "old")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "newer")
    assert path.read_text() == "old"


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
