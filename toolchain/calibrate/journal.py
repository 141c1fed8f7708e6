"""What a calibration has measured so far, on disk: every measurement is kept the moment it is made.

A calibration that is interrupted, or whose board is lost, goes on from here. The file ends with the calibration.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from search.files import write_atomic

Entry = dict[str, Any]


class Journal:
    """Measurements by operation id, in `path`, one line of JSON each after one with the key that they were made for."""

    def __init__(self, path: Path, key: Mapping[str, Any]) -> None:
        self.path = path
        self.entries: dict[str, Entry] = {}
        head, rows = _read(path)
        if head == key:
            self.entries = {row["id"]: row for row in rows}
        whole = [key, *self.entries.values()]
        write_atomic(path, "".join(json.dumps(value, sort_keys=True) + "\n" for value in whole))

    def add(self, entry: Entry) -> None:
        """Keep one measurement, on the disk before this returns."""
        self.entries[entry["id"]] = entry
        with self.path.open("a") as stream:
            stream.write(json.dumps(entry) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def end(self) -> None:
        self.path.unlink(missing_ok=True)


def _read(path: Path) -> tuple[Any, list[Entry]]:
    """(key, measurements); a line that was half written is left out."""
    lines = path.read_text().splitlines() if path.is_file() else []
    values = []
    for line in lines:
        try:
            values.append(json.loads(line))
        except ValueError:
            continue
    return (values[0], values[1:]) if values else (None, [])
