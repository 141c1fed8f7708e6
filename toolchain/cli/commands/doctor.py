"""`mcunas doctor`: what is installed, what is missing, how to get it."""

from __future__ import annotations

import dataclasses

import click

from toolchain.doctor import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--apt", is_flag=True, help="Print only the Debian packages that are missing, for scripts.")
def command(as_json: bool, apt: bool) -> int:
    """Show what is installed, what is missing, what for, and how to get it.

    Exits with 0 if the host port and the emulated default board can work, else with 3.

    \b
    Example:
      mcunas doctor
    """
    from toolchain.doctor import findings, is_ready, missing_apt
    from toolchain.errors import ENVIRONMENT, PASSED
    from toolchain.text import print_json

    found = findings()
    if apt:
        click.echo(" ".join(missing_apt(found)))
        return PASSED
    ready = is_ready(found)
    if as_json:
        print_json({"ready": ready, "findings": [dataclasses.asdict(finding) for finding in found]})
    else:
        _print(found, ready)
    return PASSED if ready else ENVIRONMENT


def _print(found: list[Finding], ready: bool) -> None:
    width = max(len(finding.name) for finding in found)
    for purpose in dict.fromkeys(f.purpose if f.kind == "python package" else "programs" for f in found):
        click.secho(purpose.capitalize() if purpose == "programs" else f"Python packages to {purpose}", bold=True)
        for finding in found:
            if purpose in (finding.purpose, "programs" if finding.kind == "program" else ""):
                click.echo(_line(finding, width))
    click.echo()
    lacking = [f.name for f in found if f.required and not f.version]
    if ready:
        click.secho("Ready: the host port and the emulated boards work here.", fg="green")
    else:
        click.secho(f"Not ready. Missing: {', '.join(lacking)}.", fg="red")


def _line(finding: Finding, width: int) -> str:
    name = finding.name.ljust(width)
    purpose = f"  {finding.purpose}" if finding.kind == "program" else ""
    if finding.version:
        return f"  {click.style('ok', fg='green')}  {name}  {finding.version.ljust(10)}{purpose}".rstrip()
    mark = click.style("!!" if finding.required else "--", fg="red" if finding.required else "yellow")
    return f"  {mark}  {name}  {finding.problem}.{purpose and f' Needed for{purpose[1:]}.'} Get it: {finding.get}"
