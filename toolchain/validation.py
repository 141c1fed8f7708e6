"""The heart of `mcunas validate` and of a run's verdict: a built model and samples in, a `Report` out.

The device must equal TensorFlow Lite Micro bit for bit; it is timed, its memory is read, and all of it is held against
the budget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from device_profiles import Board
from search.settings import Limits
from toolchain.budget import over_budget
from toolchain.build import Image
from toolchain.compile.compiler import Compiled
from toolchain.errors import UserError
from toolchain.flashers import flasher
from toolchain.link.device import Device, open_device
from toolchain.link.hello import Hello, expect
from toolchain.measure import Timing, measure
from toolchain.oracle import run_oracle
from toolchain.prediction import predict, predicted, prediction_missed
from toolchain.report.schema import (
    Accuracy,
    BitExact,
    Counts,
    FlashSections,
    Memory,
    Mismatch,
    OpCount,
    Report,
    Spread,
    Total,
)
from toolchain.samples import Samples, accuracy
from toolchain.tflite.model import Model
from toolchain.verify import Verification, expectation, verify

Progress = Callable[[int, int, str], None]
RUN_TIMEOUT_S = 60.0
SLOWEST_EMULATOR_PER_S = 5e6  # instructions; Helium code in QEMU runs three times as fast


@dataclass(frozen=True, slots=True)
class Subject:
    """What is validated: a .tflite, what it was compiled and built into, and where it is to run."""

    tflite: bytes
    compiled: Compiled
    image: Image
    board: Board
    port: str | None = None
    flash: bool = True


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the device showed."""

    verification: Verification
    timing: Timing | None
    stack_bytes: int | None


def validate(
    subject: Subject,
    samples: Samples,
    repeats: int,
    budget: Limits,
    progress: Progress,
    float_accuracy: float | None = None,
) -> Report:
    """Run `samples` on the device and in TensorFlow Lite Micro, time the first one, and judge.

    Failures of board, link or measurement become the verdict, with what could be said without the device.
    """
    blank = static_report(subject, float_accuracy)
    try:
        outcome = _run(subject, samples, repeats, progress)
    except UserError as error:
        if error.verdict is None:
            raise
        return blank.model_copy(update={"verdict": error.verdict, "reasons": (str(error),)})
    report = _filled(blank, subject, samples, outcome)
    failures = [*_mismatch_reasons(report, outcome), *over_budget(report, budget, subject.board)]
    missed = prediction_missed(report.predicted, report.counts.total if report.counts else None)
    reasons = (*failures, *filter(None, [missed]))
    return report.model_copy(update={"verdict": "failed" if failures else "passed", "reasons": reasons})


def static_report(subject: Subject, float_accuracy: float | None = None) -> Report:
    """What is known of a model before it has run; the verdict stays 'invalid' until something was seen."""
    image, prediction = subject.image, predict(subject.compiled.program, subject.board)
    return Report(
        verdict="invalid",
        board=subject.board.name,
        model_sha256=subject.compiled.model.sha256,
        accuracy=Accuracy(float_=float_accuracy),
        predicted=prediction and predicted(prediction, subject.compiled.program),
        memory=Memory(
            arena_bytes=image.arena_bytes,
            ram_bytes=image.ram_bytes,
            stack_bound_bytes=image.stack_bound_bytes,
            flash_bytes=image.flash_bytes,
            flash_sections=FlashSections(**(image.flash_sections or {})),
        ),
    )


def failed_to_build(error: UserError, board: Board, model: Model) -> Report:
    """The report on a model that did not become an image: it does not fit, or a tool is missing."""
    assert error.verdict is not None
    report = Report(verdict="invalid", board=board.name, model_sha256=model.sha256)
    return report.model_copy(update={"verdict": error.verdict, "reasons": (str(error),)})


def connect(subject: Subject, device: Device) -> Hello:
    """HELLO, and the proof that this board, build and model answer. Raises EnvironmentFailure."""
    hello = device.hello()
    model = subject.compiled.model
    expect(hello, device.port, board=subject.board.name, build_id=subject.image.build_id, model_sha256=model.sha256)
    return hello


def _run(subject: Subject, samples: Samples, repeats: int, progress: Progress) -> _Outcome:
    board, program = subject.board, subject.compiled.program
    prediction = predict(program, board)
    timeout_s = max(RUN_TIMEOUT_S, 4 * (prediction.total if prediction else 0) / SLOWEST_EMULATOR_PER_S)
    start = flasher(board.flasher.name).start
    progress(0, len(samples.inputs), f"starting {board.name}")
    with start(subject.image.elf, board, subject.port, subject.flash) as url, open_device(url, board) as device:
        hello = connect(subject, device)
        expected = expectation(subject.compiled.model, program, subject.image.model_crc32)
        oracle = partial(run_oracle, subject.tflite)
        verification = verify(device, expected, samples.inputs, oracle, progress, timeout_s)
        timing = measure(device, hello, board, samples.inputs[0], repeats, timeout_s)
        return _Outcome(verification, timing, device.memory().stack_bytes)


def _filled(blank: Report, subject: Subject, samples: Samples, outcome: _Outcome) -> Report:
    """`blank` with everything that the device showed."""
    verification, timing = outcome.verification, outcome.timing
    first = verification.first_mismatch
    mismatch = first and Mismatch(sample=first.index, op=first.op, index=first.element, got=first.got, want=first.want)
    update: dict[str, object] = {
        "bit_exact": BitExact(
            samples=verification.samples, mismatches=verification.mismatches, first_mismatch=mismatch
        ),
        "accuracy": blank.accuracy.model_copy(
            update={
                "int8": accuracy([outputs[0] for outputs in verification.oracle.outputs], samples.labels),
                "device": accuracy([outputs[0] for outputs in verification.outputs], samples.labels),
            }
        ),
        "memory": blank.memory.model_copy(update={"stack_bytes": outcome.stack_bytes}),
    }
    if timing is not None:
        total = timing.total
        update |= {
            "counts": Counts(kind=timing.kind, total=total.median, ops=op_counts(subject.compiled, timing.steps)),
            "repeats": Spread(min=total.min, median=total.median, max=total.max),
            "clock_hz": timing.clock_hz,
            "latency_us": timing.latency_us,
            "startup": Total(kind=timing.kind, total=timing.startup),
            "other_counts": tuple(
                Counts(kind=other.kind, total=other.total.median, ops=op_counts(subject.compiled, other.steps))
                for other in timing.others
            ),
        }
    return blank.model_copy(update=update)


def op_counts(compiled: Compiled, counts: tuple[int, ...] | None) -> tuple[OpCount, ...]:
    """One row a step; count is None where nothing was measured."""
    return tuple(
        OpCount(
            index=index,
            op=step.record.kind,
            tflite_ops=step.op_indices,
            variant=step.variant.name,
            macs=step.record.macs,
            count=None if counts is None else counts[index],
        )
        for index, step in enumerate(compiled.program.steps)
    )


def _mismatch_reasons(report: Report, outcome: _Outcome) -> list[str]:
    bits, first = report.bit_exact, outcome.verification.first_mismatch
    if not bits.mismatches:
        return []
    where = ""
    if first is not None:
        where = (
            f" First: {first.op} of sample {first.index}, element {first.element}: the device computed {first.got}, "
            f"TensorFlow Lite Micro {first.want}."
        )
    return [f"{bits.mismatches} of {bits.samples} samples differ from TensorFlow Lite Micro.{where}"]
