"""What the commands of calibration tell: outcomes and latency files in, lines on stdout out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from search.hardware import features
from toolchain.calibrate.calibration import Outcome
from toolchain.latency_file import LatencyFile
from toolchain.text import print_table


def print_outcome(outcome: Outcome) -> None:
    """What was measured, what was not and why, and the error to expect."""
    for entry in outcome.campaign.entries.values():
        if not entry["valid"]:
            click.echo(f"invalid: {entry['variant']} ({entry['id']}): {entry['why']}")
    for name, why in outcome.refused.items():
        click.echo(f"refused: {name}: {why}")
    for kind, (path, file) in outcome.files.items():
        click.echo(f"{path}: {kind.replace('_', ' ')}, {file.model.source}")
        click.echo(f"  {expected_text(file.expected)}")


def expected_text(expected: Mapping[str, Any]) -> str:
    """The error that a calibration expects, in words."""
    if "network_half_width" not in expected:
        return f"expected error of an operation {expected['operation']:.2%}"
    return (
        f"expected error of an operation {expected['operation']:.2%} "
        f"({expected['operation_low']:.2%} to {expected['operation_high']:.2%}), "
        f"{expected['within_10_percent']:.0%} of them within 10 %; 90 % of networks within "
        f"± {expected['network_half_width']:.2%}"
    )


def print_file(file: LatencyFile) -> None:
    """A latency file for people: its key, its error, and the coefficients of every family."""
    for name, value in file.key.items():
        click.echo(f"  {name:<12} {'unknown' if value is None else value}")
    click.echo(f"  {'date':<12} {file.date}")
    click.echo(f"  {'source':<12} {file.model.source}")
    click.echo(f"  {'error':<12} {expected_text(file.expected)}")
    click.echo(f"  {'engine':<12} {file.model.invoke:g} an inference, {file.model.step:g} more a step\n")
    rows: list[Sequence[str | int | float | None]] = []
    for name, family in sorted(file.model.families.items()):
        rows.append((name, "", None, f"± {family.error:.1%}", family.measurements))
        for feature, value in zip(feature_names(name, len(family.coefficients)), family.coefficients, strict=True):
            if value > 0:
                rows.append(("", feature, f"{value:,.2f}", "", None))
    print_table(("kernels", "for each", file.model.kind.replace("_", " "), "error", "measured"), rows)


def feature_names(family: str, size: int) -> Sequence[str]:
    """The names of a family's features."""
    known = next((entry.features for entry in features.FAMILIES if entry.name == family), features.ANY)
    return known if len(known) == size else [str(index) for index in range(size)]
