"""`mcunas validate` of a user's own .tflite: files and options in, report and exit code out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device_profiles import Board, load_board
from search.files import write_atomic
from search.limits import bounds
from search.settings import Limits
from toolchain.budget import read_budget
from toolchain.cli.options import DEFAULT_BOARD
from toolchain.cli.outcome import exit_code, show
from toolchain.compile.compiler import Compiled
from toolchain.compile.memory_map import memory_map
from toolchain.progress import stages_progress
from toolchain.report.details import Details
from toolchain.report.html import render_html
from toolchain.report.junit import junit_xml
from toolchain.report.schema import Report
from toolchain.runfolder import to_json
from toolchain.samples import default_samples, load_samples
from toolchain.tflite.reader import read_model
from toolchain.validation import Subject, validate
from toolchain.workspace import compile_and_build

SEED = 0


@dataclass(frozen=True, slots=True)
class ModelJob:
    """What the command line asked for."""

    model: Path
    board: str | None
    inputs: Path | None
    labels: Path | None
    samples: int | None
    budget: Path | None
    repeats: int
    port: str | None
    flash: bool


def validate_model(job: ModelJob, folder: Path, keep: bool, junit: Path | None, as_json: bool) -> int:
    """Validate and tell; with `keep` the reports go to `folder` beside model.c and the firmware."""
    board = load_board(job.board or DEFAULT_BOARD)
    report, compiled = _validated(job, board, folder)
    if keep:
        details = Details(title=f"{job.model.name} on {board.name}", arena=memory_map(compiled.program))
        write_atomic(folder / "report.json", to_json(report.to_json()))
        write_atomic(folder / "report.html", render_html(report, board, details))
    if junit is not None:
        write_atomic(junit, junit_xml(report, job.model.name))
    show(report, board, as_json)
    return exit_code(report)


def _validated(job: ModelJob, board: Board, folder: Path) -> tuple[Report, Compiled]:
    model = read_model(job.model)
    budget = read_budget(job.budget) if job.budget else Limits()
    bounds(budget, board)  # a limit of another timing kind is refused before anything is built
    if job.inputs is not None:
        samples = load_samples(model, job.inputs, job.labels, job.samples)
    else:
        samples = default_samples(model, SEED)
    with stages_progress() as stages:
        with stages.task("build", 1):
            compiled, image = compile_and_build(model, board, folder)
        with stages.task("validate", len(samples.inputs)) as progress:
            subject = Subject(job.model.read_bytes(), compiled, image, board, job.port, job.flash)
            return validate(subject, samples, job.repeats, budget, progress), compiled
