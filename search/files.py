"""Files that are whole or absent: text, JSON, CSV and arrays in, the same bytes for the same values out."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.errors import FileFailure

_NPY, _NPZ = b"\x93NUMPY", b"PK"  # what the files begin with


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader sees the old content or the new, never a part. Raises FileFailure."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data.encode() if isinstance(data, str) else data)
    except OSError as error:
        raise FileFailure.of(path, error) from None


def _replace(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.tmp")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or a loss of power could leave an empty file under the new name
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


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


def why_no_arrays(path: Path, error: Exception) -> str:
    """Why numpy cannot load the arrays of `path`, in words for its owner; `error` is what numpy raised."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    with path.open("rb") as file:
        start = file.read(6)
    if not start:
        return "it is empty"
    if start.startswith(_NPY) and isinstance(error, AttributeError | TypeError):
        return "it is a single array, a .npy"
    if "Object arrays" in str(error) and start.startswith((_NPY, _NPZ)):
        return "it holds Python objects, which could run code when loaded"
    return "it is damaged or cut off" if start.startswith((_NPY, _NPZ)) else "it is a file of another kind"
