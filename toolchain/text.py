"""Figures and tables as plain text, the same on a terminal, in a pipe and in a report: values in, strings out."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

Cell = str | int | float | None


def print_table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under headers on stdout; columns of numbers are right-aligned, text is left-aligned, None is '-'."""
    cells = [[cell_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    right = [
        all(cell is None or isinstance(cell, int | float) for cell in column) for column in zip(*rows, strict=True)
    ]

    def line(texts: Sequence[str]) -> str:
        columns = zip(texts, widths, right or [False] * len(widths), strict=True)
        return "  ".join(text.rjust(width) if r else text.ljust(width) for text, width, r in columns).rstrip()

    click.secho(line(headers), bold=True)
    for texts in cells:
        click.echo(line(texts))


def print_json(value: object) -> None:
    """Print JSON with two spaces of indent on stdout."""
    click.echo(json.dumps(value, indent=2))


def cell_text(cell: Cell) -> str:
    """A table's cell: numbers with separators, None as '-'."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def byte_text(size: int | None) -> str:
    """118,784 B, or '-' if unknown."""
    return "-" if size is None else f"{size:,} B"


def percent_text(share: float | None) -> str:
    """98.6 %, or '-' if unknown; `share` is 0 to 1. What is not nothing does not read 0.0 %."""
    if share is None:
        return "-"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def short_number(value: float) -> str:
    """An axis label: 1200000 is '1.2 M', 4096 is '4.1 k'."""
    for scale, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{suffix}"
    return f"{value:.3g}"


def summary(thing: object) -> str:
    """What a docstring says in its first line, before the details after a colon."""
    first_line = (thing.__doc__ or "").strip().partition("\n")[0]
    return first_line.partition(":")[0].rstrip(".")
