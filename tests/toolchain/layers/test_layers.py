"""Layers that were measured elsewhere: fitted, predicted, and refused where they cannot be."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.toolchain.layers import made_up
from toolchain.cli import main
from toolchain.errors import BadInput
from toolchain.latency_file import read
from toolchain.layers.table import read_layers


def calibrate(folder: Path, table: list[made_up.Row], *options: str) -> int:
    path = made_up.write(folder / "layers.csv", table)
    out = str(folder / "latency.json")
    return main(["calibrate", "--board", "nucleo_f446re", "--from", str(path), "--out", out, *options])


def predicted(folder: Path, table: list[made_up.Row]) -> list[dict[str, str]]:
    columns = tuple(name for name in made_up.COLUMNS if name != "cycles")
    path, out = made_up.write(folder / "wanted.csv", table, columns), folder / "predicted.csv"
    assert main(["predict", "--layers", str(path), "--latency", str(folder / "latency.json"), "--out", str(out)]) == 0
    with out.open(newline="") as stream:
        return list(csv.DictReader(stream))


def errors(folder: Path, table: list[made_up.Row]) -> np.ndarray:
    found = np.array([float(row["predicted_cycles"]) for row in predicted(folder, table)])
    return np.abs(found / np.array([float(row["cycles"]) for row in table]) - 1)


@pytest.mark.parametrize(("count", "mean", "within"), [(1000, 0.03, 0.94), (60, 0.06, 0.8)])
def test_layers_never_seen_are_predicted(tmp_path: Path, count: int, mean: float, within: float) -> None:
    assert calibrate(tmp_path, made_up.rows(count, seed=1), "--engine", "tflm-cmsis-nn", "--clock-hz", "180000000") == 0
    found = errors(tmp_path, made_up.rows(400, seed=2))
    assert found.mean() <= mean
    assert np.mean(found <= 0.1) >= within
    file = read(tmp_path / "latency.json")
    assert (file.key["clock_hz"], file.key["engine"], file.key["timing_kind"]) == (
        180_000_000,
        "tflm-cmsis-nn",
        "cycles",
    )
    assert len(file.measurements) == count


def test_rows_come_back_in_order_with_an_interval(tmp_path: Path) -> None:
    calibrate(tmp_path, made_up.rows(200, seed=1))
    table = made_up.rows(30, seed=3)
    found = predicted(tmp_path, table)
    assert list(found[0]) == [*made_up.COLUMNS[:-1], "predicted_cycles", "low", "high"]
    assert [row["in_hwc"] for row in found] == [row["in_hwc"] for row in table]
    for row in found:
        assert 0 <= int(row["low"]) <= int(row["predicted_cycles"]) <= int(row["high"])


def test_an_op_without_rows_is_predicted_and_flagged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calibrate(tmp_path, [row for row in made_up.rows(200, seed=1) if row["op"] != "softmax"])
    softmax = [row for row in made_up.rows(40, seed=2) if row["op"] == "softmax"]
    found = predicted(tmp_path, softmax)
    assert all(int(row["predicted_cycles"]) > 0 for row in found)
    assert f"softmax: {len(softmax)} rows predicted by a fallback" in capsys.readouterr().err


CONV = {"op": "conv2d", "in_hwc": "8x8x4", "out_hwc": "8x8x8", "kernel": "3x3", "strides": "1x1", "padding": "same",
        "activation": "relu", "cycles": "1000"}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"op": "conv3d"}, r"line 2: unknown op 'conv3d'. Did you mean conv2d\? Known: conv2d, depthwise_conv2d"),
        ({"out_hwc": "7x8x8"}, "line 2: impossible shapes: conv2d of 8x8x4 gives 8x8x8, not 7x8x8"),
        ({"padding": "valid"}, "impossible shapes: conv2d of 8x8x4 gives 6x6x8, not 8x8x8"),
        ({"op": "depthwise_conv2d", "out_hwc": "8x8x6"}, "gives 8x8x4, not 8x8x6"),
        ({"op": "add", "in_hwc": "8x8x8+8x8x4"}, "impossible shapes: add of 8x8x8"),
        ({"in_hwc": "8x8"}, "in_hwc is '8x8', 3 positive numbers joined by x are needed"),
        ({"in_hwc": "8x8x0"}, "in_hwc is '8x8x0'"),
        ({"cycles": ""}, "cycles is '', a positive number is needed. Measure the layer or remove the row"),
        ({"cycles": "-5"}, "cycles is -5, a positive number"),
        ({"cycles": "nan"}, "cycles is nan, a positive number"),
        ({"padding": "reflect"}, "padding is 'reflect', must be one of same, valid"),
        ({"activation": "gelu"}, "activation is 'gelu', must be one of none, relu, relu6"),
    ],
)
def test_bad_rows_are_refused_with_their_line(tmp_path: Path, changes: dict[str, str], fault: str) -> None:
    path = made_up.write(tmp_path / "layers.csv", [CONV | changes])
    with pytest.raises(BadInput, match=fault):
        read_layers(path, measured=True)


def test_rows_of_several_boards_need_a_choice(tmp_path: Path) -> None:
    rows = [CONV | {"board": name} for name in ("a", "b", "b")]
    path = made_up.write(tmp_path / "layers.csv", rows, (*made_up.COLUMNS, "board"))
    with pytest.raises(BadInput, match=r"rows of several boards \(a, b\), none was chosen"):
        read_layers(path, measured=True)
    with pytest.raises(BadInput, match=r"\(a, b\), none of c"):
        read_layers(path, measured=True, board="c")
    assert len(read_layers(path, measured=True, board="b")) == 2


def test_missing_columns_files_and_rows_are_told(tmp_path: Path) -> None:
    path = made_up.write(tmp_path / "layers.csv", [CONV], ("op", "in_hwc"))
    with pytest.raises(BadInput, match="lacks the columns out_hwc, kernel, strides, padding, activation, cycles"):
        read_layers(path, measured=True)
    with pytest.raises(BadInput, match="has no rows"):
        read_layers(made_up.write(path, []), measured=True)
    with pytest.raises(BadInput, match="Cannot read the table of layers"):
        read_layers(tmp_path / "none.csv", measured=True)


def test_too_few_rows_for_a_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(tmp_path, [CONV]) == 2
    assert "has 1 rows for nucleo_f446re, at least 3 are needed" in capsys.readouterr().err


def test_a_file_of_a_bench_predicts_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made_up.write(tmp_path / "layers.csv", [CONV])
    assert main(["predict", "--layers", str(path), "--out", "x.csv"]) == 2
    assert "--layers needs --latency" in capsys.readouterr().err
