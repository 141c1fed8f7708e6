"""Tables of architectures: CSV files in; architectures, scores and accuracies out, every fault with its line."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from search.errors import SearchError
from search.spaces import Arch, Space, space_name

#: Line number and cells by column.
Row = tuple[int, dict[str, str]]


def read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """All rows of a CSV file with a header. Raises SearchError if a column of `columns` or every row is missing."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            header = reader.fieldnames or []
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise SearchError(f"{path} does not exist.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SearchError(f"{path} is not a CSV file: {error}.") from None
    missing = [column for column in columns if column not in header]
    if missing:
        raise SearchError(
            f"{path} has no column '{missing[0]}'. Its first line names: {', '.join(header) or 'nothing'}."
        )
    if not rows:
        raise SearchError(f"{path} has a header, but no rows.")
    for line, row in rows:
        if None in row or None in row.values():
            raise SearchError(f"{path}, line {line}: not {len(header)} cells, as the first line has.")
    return rows


def read_archs(path: Path, space: Space) -> list[tuple[str, Arch]]:
    """The text and the architecture of every row; its columns are `space.columns`."""
    return [(text, arch) for text, arch, _ in _parsed(path, space, read_rows(path, space.columns))]


def read_column(path: Path, space: Space, column: str) -> dict[Arch, float]:
    """The numbers of `column` by architecture. Raises SearchError for cells that are no finite numbers."""
    values = {}
    for _, arch, (line, row) in _parsed(path, space, read_rows(path, (*space.columns, column))):
        value = number(row[column])
        if not math.isfinite(value):
            raise SearchError(f"{path}, line {line}: {column} is '{row[column]}', which is no number.")
        values[arch] = value
    return values


def read_scores(path: Path, space: Space) -> tuple[list[Arch], dict[str, list[float]]]:
    """What `mcunas rank` wrote: architectures, and every other column's numbers; NaN where there is no score."""
    parsed = list(_parsed(path, space, read_rows(path, ("arch",)), ("arch",)))
    names = [name for name in parsed[0][2][1] if name != "arch"]
    return [arch for _, arch, _ in parsed], {name: [number(row[name]) for *_, (_, row) in parsed] for name in names}


def number(cell: str) -> float:
    """The number in a cell, NaN if it holds none."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _parsed(
    path: Path, space: Space, rows: Iterable[Row], columns: Sequence[str] | None = None
) -> Iterable[tuple[str, Arch, Row]]:
    for line, row in rows:
        text = "_".join(row[column].strip() for column in columns or space.columns)
        try:
            yield text, space.parse(text), (line, row)
        except SearchError as error:
            raise SearchError(f"{path}, line {line}: {error}") from None


def joined(archs: Sequence[Arch], accuracies: Mapping[Arch, float], space: Space, table: Path) -> list[float]:
    """The accuracy of each architecture. Raises SearchError if the table lacks one."""
    missing = [arch for arch in archs if arch not in accuracies]
    if missing:
        raise SearchError(
            f"{table} has no row for {len(missing):,} of {len(archs):,} architectures of {space_name(space)}, first "
            f"{space.arch_id(missing[0])}."
        )
    return [accuracies[arch] for arch in archs]
