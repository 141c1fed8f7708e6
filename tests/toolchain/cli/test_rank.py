"""`mcunas rank` and `mcunas proxies evaluate`, from files to figures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from search import candidate, proxies
from search.proxies import Proxy
from search.spaces import mobilenet
from toolchain.cli import main

COUNT = 24


@pytest.fixture
def archs(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "archs.csv"
    path.write_text("arch\n" + "".join(f"{mobilenet.arch_id(mobilenet.sample(rng))}\n" for _ in range(COUNT)))
    return path


def rank(archs: Path, out: str, *options: str) -> tuple[int, list[dict[str, str]]]:
    path = archs.parent / out
    base = ("rank", "--space", "mobilenet", "--archs", str(archs), "--out", str(path), "--batch", "4")
    code = main([*base, "--reference", "6", "--jobs", "1", *options])
    with path.open(newline="") if path.exists() else archs.open() as stream:
        return code, list(csv.DictReader(stream))


def test_the_table_has_every_proxy_and_an_aggregate_that_depends_on_no_other_row(archs: Path, capsys) -> None:
    code, rows = rank(archs, "all.csv", "--proxies", "params,synflow", "--json")
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert list(rows[0]) == ["arch", "params", "synflow", "aggregate"]
    assert [row["arch"] for row in rows] == archs.read_text().split()[1:]
    assert told["best"] == max(rows, key=lambda row: float(row["aggregate"]))["arch"]
    assert told["combined"] == ["params", "synflow"]
    assert told["not_usable"] == {name: {"count": 0, "first": None} for name in ("params", "synflow")}
    alone = archs.with_name("one.csv")
    alone.write_text(f"arch\n{rows[3]['arch']}\n")
    assert rank(alone, "alone.csv", "--proxies", "params,synflow")[1] == [rows[3]]


def test_what_was_scored_is_not_scored_again(archs: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    code, rows = rank(archs, "scores.csv", "--proxies", "params")
    (archs.parent / "scores.csv").unlink()
    monkeypatch.setattr(candidate.Candidate, "score", None)
    assert rank(archs, "scores.csv", "--proxies", "params") == (code, rows)


def test_scores_that_are_not_usable_are_counted_with_a_reason(archs: Path, monkeypatch, capsys) -> None:
    odd = Proxy("odd", "higher", ("layers",), lambda layers: 1.0 if len(layers) % 2 else float("nan"))
    monkeypatch.setitem(proxies._registered(), "odd", odd)
    monkeypatch.setattr("search.evaluate.Task.digest", lambda task, name: name)
    code, rows = rank(archs, "scores.csv", "--proxies", "odd")
    bad = [row for row in rows if row["odd"] == "nan"]
    assert code == 0
    assert 0 < len(bad) < COUNT
    assert f"odd: {len(bad)} not usable, ranked last; first {bad[0]['arch']}: odd is nan" in capsys.readouterr().out
    assert max(float(row["aggregate"]) for row in bad) < min(float(r["aggregate"]) for r in rows if r["odd"] != "nan")


def test_a_combination_stands_for_its_parts(archs: Path, capsys) -> None:
    short = archs.with_name("short.csv")
    short.write_text("\n".join(archs.read_text().split()[:3]) + "\n")
    _, rows = rank(short, "az.csv", "--aggregate", "az_nas", "--effort", "low", "--proxies", "depth")
    parts = ["az_expressivity", "az_progressivity", "az_trainability", "az_complexity"]
    assert list(rows[0]) == ["arch", "depth", *parts, "aggregate"]


def test_evaluate_prints_every_statistic_of_every_column(archs: Path, capsys) -> None:
    _, rows = rank(archs, "scores.csv", "--proxies", "params,shortcut")
    table = archs.with_name("table.csv")
    table.write_text("arch,acc\n" + "".join(f"{row['arch']},{80 + i / 10}\n" for i, row in enumerate(rows)))
    capsys.readouterr()
    call = ["proxies", "evaluate", "--space", "mobilenet", "--scores", str(archs.with_name("scores.csv"))]
    call += ["--table", str(table), "--resamples", "20"]
    assert main([*call, "--column", "acc", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["architectures"] == COUNT
    assert list(found["scores"]) == ["params", "shortcut", "aggregate"]
    assert set(found["scores"]["params"]) == {"kendall", "spearman", "top10_kendall", "ndcg", "regret"}
    assert main([*call, "--column", "acc"]) == 0
    assert f"{COUNT} architectures; in brackets 95 % of 20 bootstrap samples." in capsys.readouterr().out
    assert main([*call, "--column", "accuracy"]) == 2
    assert "has no column 'accuracy'. Its first line names: arch, acc." in capsys.readouterr().err


def test_the_direction_of_a_proxy_is_minded(archs: Path, capsys) -> None:
    _, rows = rank(archs, "scores.csv", "--proxies", "shortcut")
    table = archs.with_name("table.csv")
    table.write_text("arch,acc\n" + "".join(f"{row['arch']},{90 - float(row['shortcut'])}\n" for row in rows))
    capsys.readouterr()
    call = ["proxies", "evaluate", "--space", "mobilenet", "--scores", str(archs.with_name("scores.csv"))]
    main([*call, "--table", str(table), "--column", "acc", "--resamples", "5", "--json"])
    assert json.loads(capsys.readouterr().out)["scores"]["shortcut"]["kendall"]["value"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--proxies", "sinflow"), "There is no proxy 'sinflow'. Did you mean synflow?"),
        (("--aggregate", "defualt"), "There is no aggregate 'defualt'. Did you mean default?"),
        (("--batch", "2000"), "The proxies need 2 batches of 2000 images, but there are 1,797. Lower --batch"),
        (("--out", "scores.txt"), "must end in .csv"),
    ],
)
def test_bad_options(archs: Path, capsys, options: tuple[str, ...], message: str) -> None:
    assert rank(archs, "x.csv", *options)[0] == 2
    assert message in capsys.readouterr().err


def test_labels_are_only_asked_for_by_proxies_that_need_them(archs: Path, capsys) -> None:
    data = archs.with_name("images.npz")
    np.savez(data, x=np.random.default_rng(0).random((20, 8, 8, 3)))
    assert rank(archs, "x.csv", "--data", str(data), "--proxies", "naswot,snip,zico")[0] == 2
    assert "The data have no labels, which snip, zico need. Add an array y [N] to the file" in capsys.readouterr().err
    assert rank(archs, "y.csv", "--data", str(data), "--proxies", "params,synflow")[0] == 0


def test_images_of_a_wrong_shape_and_architectures_of_another_space(archs: Path, capsys) -> None:
    data = archs.with_name("images.npz")
    np.savez(data, x=np.zeros((20, 8)))
    assert rank(archs, "x.csv", "--data", str(data))[0] == 2
    assert "x has shape [20, 8]. It must be [N, H, W] or [N, H, W, C]." in capsys.readouterr().err
    archs.write_text("arch\nr16_c12s2\n")
    assert rank(archs, "x.csv")[0] == 2
    assert "archs.csv, line 2: 'r16_c12s2' names no architecture of the space mobilenet" in capsys.readouterr().err
