"""Tables of the user: what is read, and what is said of those that cannot be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from search.errors import SearchError
from search.spaces import mnasnet_anb, nasbench_macro
from search.tables import joined, read_archs, read_column, read_rows, read_scores

A, B = nasbench_macro.parse("00000000"), nasbench_macro.parse("01201201")


def table(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def test_architectures_keep_their_leading_zeros(tmp_path: Path) -> None:
    path = table(tmp_path, "index,arch\n1,00000000\n2, 01201201\n")
    assert read_archs(path, nasbench_macro) == [("00000000", A), ("01201201", B)]


def test_a_space_may_need_several_columns(tmp_path: Path) -> None:
    path = table(tmp_path, "expand,kernel,layers,se\n4411644,5335353,3112132,0000000\n")
    ((text, arch),) = read_archs(path, mnasnet_anb)
    assert text == mnasnet_anb.arch_id(arch) == "4411644_5335353_3112132_0000000"


def test_accuracies_and_scores_are_read_by_architecture(tmp_path: Path) -> None:
    path = table(tmp_path, "arch,acc\n01201201,92.5\n00000000,45\n")
    accuracies = read_column(path, nasbench_macro, "acc")
    assert joined([A, B], accuracies, nasbench_macro, path) == [45, 92.5]
    path = table(tmp_path, "arch,synflow,aggregate\n00000000,,nan\n01201201,1.5,inf\n")
    archs, scores = read_scores(path, nasbench_macro)
    assert archs == [A, B]
    assert math.isnan(scores["synflow"][0])
    assert scores["aggregate"][1] == math.inf


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"has no column 'arch'\. Its first line names: nothing\."),
        ("name,acc\nx,1\n", r"has no column 'arch'\. Its first line names: name, acc\."),
        ("arch\n00000000\n", r"has no column 'acc'\. Its first line names: arch\."),
        ("arch,acc\n", r"has a header, but no rows\."),
        ("arch,acc\n00000000\n", r"line 2: not 2 cells, as the first line has\."),
        ("arch,acc\n00000000,1,2\n", r"line 2: not 2 cells"),
        ("arch,acc\n00000000,1\n0000000x,1\n", r"line 3: '0000000x' names no architecture .* Expected 8 digits"),
        ("arch,acc\n00000000,high\n", r"line 2: acc is 'high', which is no number\."),
    ],
)
def test_tables_that_cannot_be_read_are_told_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SearchError, match=message):
        read_column(table(tmp_path, text), nasbench_macro, "acc")


def test_an_architecture_without_accuracy_is_named(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"no row for 1 of 2 architectures of nasbench_macro, first 01201201\."):
        joined([A, B], {A: 1.0}, nasbench_macro, tmp_path)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="does not exist"):
        read_rows(tmp_path / "none.csv", ())
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(SearchError, match="is not a CSV file"):
        read_rows(tmp_path / "binary", ("arch",))
