"""`mcunas validate` of a user's own .tflite: files and options in, report and exit code out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device_profiles import Board, load_board
from search.files import write_atomic
from search.settings import Limits
from toolchain.budget import check_budget, read_budget
from toolchain.cli.options import DEFAULT_BOARD
from toolchain.cli.outcome import exit_code, show
from toolchain.compile.memory_map import Span, memory_map
from toolchain.errors import BadInput, UserError
from toolchain.progress import stages_progress
from toolchain.report.details import Details
from toolchain.report.html import render_html
from toolchain.report.junit import junit_xml
from toolchain.report.schema import Report
from toolchain.runfolder import to_json
from toolchain.samples import Samples, default_samples, load_samples
from toolchain.tflite.reader import read_model
from toolchain.validation import Subject, failed_to_build, validate
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
    if junit is not None:
        junit.unlink(missing_ok=True)  # so that none of an earlier run is taken for this one's
    report, arena = _validated(job, board, folder)
    if keep:
        details = Details(title=job.model.name, arena=arena)
        write_atomic(folder / "report.json", to_json(report.to_json()))
        write_atomic(folder / "report.html", render_html(report, board, details))
    if junit is not None:
        write_atomic(junit, junit_xml(report, job.model.name))
    show(report, board, as_json)
    return exit_code(report)


def _validated(job: ModelJob, board: Board, folder: Path) -> tuple[Report, tuple[Span, ...]]:
    """The report, and the arena over time; a product that cannot be built is a verdict, too."""
    model = read_model(job.model)
    budget = read_budget(job.budget) if job.budget else Limits()
    check_budget(budget, board)
    if job.inputs is not None:
        samples = load_samples(model, job.inputs, job.labels, job.samples)
    elif job.labels is not None:
        raise BadInput("--labels go with --inputs: the default samples have no labels. Give --inputs too.")
    else:
        samples = Samples(default_samples(model, SEED).inputs[: job.samples])
    with stages_progress() as stages:
        with stages.task("build", 1):
            try:
                compiled, image = compile_and_build(model, board, folder)
            except UserError as error:
                if error.verdict is None:
                    raise
                return failed_to_build(error, board, model), ()
        with stages.task("validate", len(samples.inputs)) as progress:
            subject = Subject(job.model.read_bytes(), compiled, image, board, job.port, job.flash)
            return validate(subject, samples, job.repeats, budget, progress), memory_map(compiled.program)
