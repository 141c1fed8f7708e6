"""Files that are whole or absent: text, JSON, CSV and arrays in, the same bytes for the same values out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_bytes(data.encode() if isinstance(data, str) else data)
    aside.replace(path)


def write_json(path: Path, value: object) -> None:
    """Write JSON, indented, with sorted keys."""
    write_atomic(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table; None is an empty cell, True and False are 1 and 0."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([int(cell) if isinstance(cell, bool) else cell for cell in row] for row in rows)
    write_atomic(path, text.getvalue())


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
    """Write named arrays, uncompressed, in the order given."""
    data = io.BytesIO()
    np.savez(data, allow_pickle=False, **arrays)
    write_atomic(path, data.getvalue())
