"""Plain tables and JSON on stdout: rows in, aligned lines out, the same on a terminal and in a pipe."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    """Print rows under headers; columns of integers are right-aligned with separators, text is left-aligned."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    right = [all(isinstance(row[i], int) for row in rows) for i in range(len(headers))]

    def line(texts: Sequence[str]) -> str:
        columns = zip(texts, widths, right, strict=True)
        return "  ".join(text.rjust(width) if r else text.ljust(width) for text, width, r in columns).rstrip()

    click.echo(click.style(line(headers), bold=True))
    for texts in cells:
        click.echo(line(texts))


def print_json(value: object) -> None:
    """Print JSON with two spaces of indent."""
    click.echo(json.dumps(value, indent=2))


def summary(thing: object) -> str:
    """What a docstring says in its first line, before the details after a colon."""
    first_line = (thing.__doc__ or "").strip().partition("\n")[0]
    return first_line.partition(":")[0].rstrip(".")
