"""How a report ends a command: printed as a table or JSON, its verdict as the exit code."""

from __future__ import annotations

import click

from device_profiles import Board
from toolchain.errors import ENVIRONMENT, FAILED, INVALID, PASSED
from toolchain.report.schema import Report
from toolchain.report.table import print_report
from toolchain.runfolder import to_json

EXIT_CODES = {"passed": PASSED, "failed": FAILED, "environment": ENVIRONMENT, "invalid": INVALID}


def exit_code(report: Report) -> int:
    """The exit code of a verdict."""
    return EXIT_CODES[report.verdict]


def show(report: Report, board: Board, as_json: bool) -> None:
    """Print the report on stdout."""
    if as_json:
        click.echo(to_json(report.to_json()), nl=False)
    else:
        print_report(report, board)
