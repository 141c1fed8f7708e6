"""Running stages from the command line: a configuration or run folder in, progress shown, an exit code out."""

from __future__ import annotations

from pathlib import Path

import click

from device_profiles import load_board
from search.files import write_atomic
from search.limits import bounds
from toolchain.cli.outcome import exit_code, show
from toolchain.config import load_config
from toolchain.errors import BadInput
from toolchain.pipeline import (
    CONFIG,
    STAGES,
    Context,
    require_upstream,
    run_stages,
    stage_named,
    store_config,
    stored_config,
)
from toolchain.progress import stages_progress
from toolchain.report.junit import junit_xml
from toolchain.report.stored import read_report
from toolchain.runfolder import RunFolder

RUNS = Path("runs")


def open_context(run: Path, out: Path | None, board: str | None, port: str | None) -> Context:
    """The context of `run`: a configuration (.toml), or a run folder that holds one already. Writes nothing."""
    if run.is_dir():
        if out is not None:
            raise BadInput(f"{run} is a run folder already; --out goes with a configuration file.")
        folder = RunFolder(run)
        if not folder.file(CONFIG).exists():
            raise BadInput(
                f"{run} is not a run folder (it has no {CONFIG}). Start one: mcunas run examples/digits.toml"
            )
        stored = stored_config(folder)
        config = stored.model_copy(update={"board": board}) if board else stored
    else:
        config = load_config(run, board)
        folder = RunFolder(out or RUNS / config.name)
    profile = load_board(config.board)
    bounds(config.limits, profile)  # a limit of another timing kind is refused before anything is written
    return Context(folder, config, profile, port)


def run_all(run: Path, out: Path | None, board: str | None, port: str | None, as_json: bool) -> int:
    """Every stage, then the report; the exit code is the verdict's."""
    context = open_context(run, out, board, port)
    with context.folder.locked(), stages_progress() as stages:
        store_config(context.folder, context.config)
        run_stages(context, STAGES, lambda stage: stages.task(stage.name))
    report = read_report(context.folder, "report.json")
    show(report, context.board, as_json)
    if not as_json:
        click.echo(f"\nReport: {context.folder.file('report.html')}")
    return exit_code(report)


def run_stage(
    name: str,
    run: Path,
    out: Path | None = None,
    board: str | None = None,
    port: str | None = None,
    as_json: bool = False,
    flash: bool = True,
    junit: Path | None = None,
) -> int:
    """One stage, after those before it; where it judges, the exit code is the verdict's."""
    context = open_context(run, out, board, port)
    context.flash = flash
    stage = stage_named(name)
    with context.folder.locked(), stages_progress() as stages:
        require_upstream(stage, context)
        store_config(context.folder, context.config)
        run_stages(context, [stage], lambda stage: stages.task(stage.name), by_name=True)
    if name in ("validate", "report"):
        report = read_report(context.folder, "validate/result.json" if name == "validate" else "report.json")
        if junit is not None:
            write_atomic(junit, junit_xml(report, context.config.name))
        show(report, context.board, as_json)
        return exit_code(report)
    click.echo(f"{name}: {', '.join(str(context.folder.file(file)) for file in stage.writes)}")
    return 0
