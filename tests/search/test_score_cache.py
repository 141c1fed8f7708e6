"""The cache of scores: what is kept, bytes, damage."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from search.candidate import Score
from search.errors import SearchError
from search.score_cache import Row, ScoreCache

ROWS: list[Row] = [
    ("b", "zico", "1", Score(0.1)),
    ("a", "zico", "1", Score(-math.inf, "zico is -inf")),
    ("a", "naswot", "1", Score(math.nan, "naswot is nan")),
    ("a", "naswot", "2", Score(4.0)),
]


def filled(path: Path, rows: list[Row]) -> ScoreCache:
    cache = ScoreCache(path)
    for row in rows:
        cache.put([row])
    return cache


def test_scores_come_back_as_they_were(tmp_path: Path) -> None:
    filled(tmp_path / "s.sqlite", ROWS).close()
    cache = ScoreCache(tmp_path / "s.sqlite")
    assert cache.get("b", "zico", "1") == Score(0.1)
    assert cache.get("a", "zico", "1") == Score(-math.inf, "zico is -inf")
    assert cache.get("a", "naswot", "2") == Score(4.0)
    nan = cache.get("a", "naswot", "1")
    assert nan is not None
    assert nan.value is not None
    assert math.isnan(nan.value)
    assert cache.get("b", "zico", "2") is None  # other settings


def test_a_failure_is_tried_again_next_time(tmp_path: Path) -> None:
    cache = filled(tmp_path / "s.sqlite", [("a", "zico", "1", Score(None, "zico: MemoryError: "))])
    assert cache.get("a", "zico", "1") is None


def test_compact_makes_the_bytes_independent_of_the_order(tmp_path: Path) -> None:
    for name, rows in (("one", ROWS), ("two", [*ROWS[::-1], ROWS[0]])):
        cache = filled(tmp_path / name, rows)
        cache.compact()
        assert cache.get("b", "zico", "1") == Score(0.1)
        cache.close()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0cut"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "s.sqlite"
    path.write_bytes(content)
    with pytest.raises(SearchError, match=r"s\.sqlite is not a cache of scores \(.*\)\. Delete it"):
        ScoreCache(path)
