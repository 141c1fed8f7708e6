"""Scores on disk: an SQLite file keyed by architecture, objective and digest of the settings; safe against kill."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from search.candidate import Score
from search.errors import SearchError
from search.files import write_atomic

_TABLE = """CREATE TABLE IF NOT EXISTS scores (
    arch TEXT NOT NULL, objective TEXT NOT NULL, settings TEXT NOT NULL, value REAL, reason TEXT NOT NULL,
    PRIMARY KEY (arch, objective, settings)) WITHOUT ROWID"""

#: arch id, objective, digest of the settings, score.
Row = tuple[str, str, str, Score]


class ScoreCache:
    """Scores by (architecture id, objective, settings). Raises SearchError if the file is not such a cache."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._database = _open(path)

    def get(self, arch_id: str, objective: str, settings: str) -> Score | None:
        """The stored score, None if there is none."""
        row = self._database.execute(
            "SELECT value, reason FROM scores WHERE arch = ? AND objective = ? AND settings = ?",
            (arch_id, objective, settings),
        ).fetchone()
        # SQLite keeps infinities, but turns NaN into NULL.
        return None if row is None else Score(math.nan if row[0] is None else row[0], row[1])

    def put(self, rows: Iterable[Row]) -> None:
        """Store scores in one transaction. Those without a value are left out: what failed is tried again next time."""
        kept = [(*key, score.value, score.reason) for *key, score in rows if score.value is not None]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?)", kept)

    def compact(self) -> None:
        """Rewrite the file in the order of its keys: equal contents become equal bytes, whatever the order of puts."""
        rows = self._database.execute("SELECT * FROM scores ORDER BY arch, objective, settings").fetchall()
        fresh = _open(":memory:")
        with fresh:
            fresh.executemany("INSERT INTO scores VALUES (?, ?, ?, ?, ?)", rows)
        self._database.close()
        write_atomic(self._path, fresh.serialize())
        fresh.close()
        self._database = _open(self._path)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _open(path: Path | str) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    try:
        database.execute(_TABLE)
        database.execute("SELECT arch, objective, settings, value, reason FROM scores LIMIT 1")
    except sqlite3.DatabaseError as error:
        database.close()
        raise SearchError(
            f"{path} is not a cache of scores ({error}). Delete it; the scores are computed again."
        ) from None
    return database
