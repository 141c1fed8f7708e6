"""Running stages from the command line: a configuration or run folder in, progress shown, an exit code out."""

from __future__ import annotations

from pathlib import Path

import click

from device_profiles import load_board
from toolchain.cli.outcome import exit_code, show
from toolchain.config import load_config
from toolchain.errors import BadInput
from toolchain.pipeline import CONFIG, STAGES, Context, open_run, run_stages, stage_named
from toolchain.progress import stages_progress
from toolchain.report.schema import Report
from toolchain.runfolder import RunFolder

RUNS = Path("runs")


def open_context(run: Path, out: Path | None, board: str | None, port: str | None) -> Context:
    """The context of `run`: a configuration (.toml), or a run folder that holds one already."""
    if run.is_dir():
        if out is not None:
            raise BadInput(f"{run} is a run folder already; --out goes with a configuration file.")
        folder = RunFolder(run)
        if not folder.file(CONFIG).exists():
            raise BadInput(
                f"{run} is not a run folder (it has no {CONFIG}). Start one: mcunas run examples/digits.toml"
            )
        stored = open_run(folder, None)
        config = stored.model_copy(update={"board": board}) if board else stored
    else:
        config = load_config(run, board)
        folder = RunFolder(out or RUNS / config.name)
    profile = load_board(config.board)
    with folder.locked():
        return Context(folder, open_run(folder, config), profile, port)


def run_all(run: Path, out: Path | None, board: str | None, port: str | None, as_json: bool) -> int:
    """Every stage, then the report; the exit code is the verdict's."""
    context = open_context(run, out, board, port)
    with context.folder.locked(), stages_progress() as stages:
        run_stages(context, STAGES, lambda stage: stages.task(stage.name))
    report = Report.model_validate(context.folder.read_json("report.json"))
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
) -> int:
    """One stage; where it judges, the exit code is the verdict's."""
    context = open_context(run, out, board, port)
    stage = stage_named(name)
    with context.folder.locked(), stages_progress() as stages:
        run_stages(context, [stage], lambda stage: stages.task(stage.name))
    if name in ("validate", "report"):
        file = "validate/result.json" if name == "validate" else "report.json"
        report = Report.model_validate(context.folder.read_json(file))
        show(report, context.board, as_json)
        return exit_code(report)
    click.echo(f"{name}: {', '.join(str(context.folder.file(file)) for file in stage.writes)}")
    return 0
