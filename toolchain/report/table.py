"""The report in the terminal: a `Report` in, a verdict and two tables on stdout."""

from __future__ import annotations

import click

from device_profiles import Board
from toolchain.report.schema import Counts, Report
from toolchain.report.words import kind_text, outputs_text, prediction_text, stack_text
from toolchain.text import byte_text, percent_text, print_table

COLOURS = {"passed": "green", "failed": "red", "environment": "yellow", "invalid": "yellow"}
BAR = 20  # characters of the longest bar


def print_report(report: Report, board: Board) -> None:
    """Print the cost of every operation, the figures and, where the eye ends, the verdict with its reasons."""
    _print_ops([counts for counts in (report.counts, *report.other_counts) if counts and counts.ops])
    click.echo()
    figures = _figures(report, board)
    width = max(len(name) for name, _ in figures)
    for name, text in figures:
        click.echo(f"  {click.style(name.ljust(width), bold=True)}  {text}")
    verdict = click.style(f" {report.verdict.upper()} ", fg="white", bg=COLOURS[report.verdict], bold=True)
    click.echo(f"\n{verdict}  {board.name}: {board.title}")
    for reason in report.reasons:
        click.echo("  - " + reason.replace("\n", "\n    "))


def _figures(report: Report, board: Board) -> list[tuple[str, str]]:
    """Name and text of every figure that is known."""
    memory, accuracy = report.memory, report.accuracy
    shares = {"float": accuracy.float_, "int8": accuracy.int8, "device": accuracy.device}
    known = [f"{name} {percent_text(share)}" for name, share in shares.items() if share is not None]
    rows = [("outputs", outputs_text(report)), ("accuracy", ", ".join(known)), *_timing_figures(report)]
    if memory.arena_bytes is not None:
        rows.append(("arena", byte_text(memory.arena_bytes)))
    if memory.ram_bytes is not None:
        rows.append(("RAM", f"{byte_text(memory.ram_bytes)} of {byte_text(board.memory.ram.bytes)}"))
    if memory.stack_bytes is not None:
        rows.append(("stack", stack_text(report)))
    if memory.flash_bytes is not None:
        rows.append(("flash", f"{byte_text(memory.flash_bytes)} of {byte_text(board.memory.flash.bytes)}"))
        rows.append(("", ", ".join(f"{name} {size:,}" for name, size in memory.flash_sections if size is not None)))
    return [(name, text) for name, text in rows if text]


def _timing_figures(report: Report) -> list[tuple[str, str]]:
    rows = []
    for counts in filter(None, (report.counts, *report.other_counts)):
        rows.append((kind_text(counts.kind), f"{counts.total:,} per inference"))
        if counts is report.counts:
            rows.append(("", prediction_text(report)))
            spread = report.repeats
            if spread and spread.min != spread.max:
                rows.append(("repeats", f"min {spread.min:,}, median {spread.median:,}, max {spread.max:,}"))
    if report.latency_us is not None and report.clock_hz:
        rows.append(("latency", f"{report.latency_us:,.0f} µs at {report.clock_hz / 1e6:g} MHz"))
    return rows


def _print_ops(kinds: list[Counts]) -> None:
    """One row an operation, one column a timing kind; the bars are of the first kind."""
    if not kinds:
        return
    largest = max((op.count or 0 for op in kinds[0].ops), default=0) or 1
    rows = []
    for same in zip(*(counts.ops for counts in kinds), strict=True):
        op = same[0]
        bar = "▇" * round(BAR * (op.count or 0) / largest)
        rows.append((op.index, op.op, op.variant, op.macs, *(each.count for each in same), bar))
    click.echo()
    print_table(("#", "operation", "variant", "MACs", *(kind_text(counts.kind) for counts in kinds), ""), rows)
