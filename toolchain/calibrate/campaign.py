"""The measuring part of a calibration: a plan and a board in; measurements, good and invalid ones, out.

The bench is built and flashed once. A board that resets, hangs or disconnects is opened again; an operation at which it
is lost twice is invalid. Every measurement is in the journal before the next begins.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from device_profiles import Board, load_board
from device_profiles.schema import TimingKind
from toolchain.bench.image import Bench, Constants, build_bench, object_sha256
from toolchain.bench.job import Job, job_of
from toolchain.bench.operation import to_json
from toolchain.bench.session import EngineCost, Session, Unbelievable, host_crcs, open_session
from toolchain.calibrate.journal import Entry, Journal
from toolchain.calibrate.plan import Plan
from toolchain.errors import EnvironmentFailure, InvalidMeasurement

#: progress(done, total, what is happening)
Progress = Callable[[int, int, str], None]

_TRIES = 2  # of an operation at which the board is lost
_MAX_LOSSES = 5  # one after the other, before the board is given up


@dataclass
class Campaign:
    """What measuring found. entries: by operation id, in the order measured; engine: by timing kind."""

    entries: dict[str, Entry] = field(default_factory=dict)
    engine: dict[TimingKind, EngineCost] = field(default_factory=dict)

    @property
    def valid(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry["valid"]]


@dataclass
class _Line:
    """The board, opened again when it was lost."""

    bench: Bench
    kinds: tuple[TimingKind, ...]
    port: str | None
    flash: bool
    longest: Job
    was_open: bool = False
    _stack: ExitStack = field(default_factory=ExitStack)
    _session: Session | None = None

    def session(self) -> Session:
        if self._session is None:
            session = self._stack.enter_context(open_session(self.bench, self.kinds, self.port, self.flash))
            self.flash = self.bench.board.emulated  # an emulator starts anew, a real board keeps its flash
            session.check_clock(self.longest)
            self._session, self.was_open = session, True
        return self._session

    def lost(self) -> None:
        """Closes what there is, so that the next session() starts afresh."""
        self._session = None
        with contextlib.suppress(EnvironmentFailure):  # the port of a board that is gone
            self._stack.close()


def measure_plan(
    board: Board,
    plan: Plan,
    kinds: tuple[TimingKind, ...],
    budget: int,
    journal: Journal,
    progress: Progress,
    port: str | None = None,
    flash: bool = True,
    wanted: tuple[str, ...] | None = None,
) -> Campaign:
    """Measures up to `budget` operations of `plan`, or just those with the ids `wanted`.

    What the journal has of the same object code is not measured again. Raises EnvironmentFailure if the board is lost
    for good; the journal then has what was measured.
    """
    with TemporaryDirectory(prefix="mcunas-bench-") as name:
        folder = Path(name)
        progress(0, budget, f"building the bench for {board.name}")
        bench = build_bench(board, plan.constants, folder / "board")
        progress(0, budget, "computing the right outputs on the host port")
        crcs = _host_crcs(plan, folder / "host")
        longest = max(plan.jobs.values(), key=lambda job: job.step.record.macs)
        line = _Line(bench, kinds, port, flash, longest)
        try:
            return _measure(line, plan, crcs, budget, journal, progress, wanted)
        finally:
            line.lost()


def _host_crcs(plan: Plan, folder: Path) -> dict[str, int]:
    """The right outputs: by the reference kernels, which define them, in the bench built for this computer."""
    host = load_board("host")
    jobs = {name: job_of(job.graph, host) for name, job in plan.jobs.items()}
    constants = Constants(host.memory.flash.bytes)
    for job in jobs.values():
        constants.add([data for _, data in job.constants])
    return host_crcs(build_bench(host, constants, folder), jobs)


def _measure(
    line: _Line, plan: Plan, crcs: dict[str, int], budget: int, journal: Journal, progress: Progress,
    wanted: tuple[str, ...] | None,
) -> Campaign:  # fmt: skip
    campaign, numbers = Campaign(), list(plan.jobs)
    shas = {name: object_sha256(line.bench.image, job.step.variant) for name, job in plan.jobs.items()}
    queue = None if wanted is None else iter(wanted)
    losses = 0
    while len(campaign.valid) < budget:
        name = _next(plan, numbers) if queue is None else next(queue, None)
        if name is None:
            break
        job = plan.jobs[name]
        progress(len(campaign.valid), budget, f"{job.step.variant.name.removeprefix('mcn_')} {_shape(job)}")
        entry = journal.entries.get(name)
        if entry is None or entry["object_sha256"] != shas[name]:
            facts = {
                "id": name,
                "variant": job.step.variant.name,
                "object_sha256": shas[name],
                "operation": to_json(job.graph),
                "crc32": f"{crcs[name]:08x}",
            }
            entry = facts | _attempt(line, job, crcs[name])
            losses = losses + 1 if entry.pop("lost", False) else 0
            if losses >= _MAX_LOSSES:
                raise EnvironmentFailure(
                    f"{line.bench.board.name} was lost {_TRIES * losses} times in a row: {entry['why']} "
                    f"{len(campaign.valid)} measurements are kept in {journal.path}. Check power and cable, then say "
                    "the same command again: it goes on from there."
                )
            journal.add(entry)
        campaign.entries[name] = entry
        if entry["valid"] and queue is None:
            plan.design.note(numbers.index(name))
    campaign.engine = _engine(line)
    return campaign


def _next(plan: Plan, numbers: list[str]) -> str | None:
    number = plan.design.next()
    if number is None:
        return None
    plan.design.drop(number)
    return numbers[number]


def _attempt(line: _Line, job: Job, crc: int) -> dict[str, Any]:
    """The measured part of an entry. lost: whether the board was."""
    why = ""
    for _ in range(_TRIES):
        try:
            session = line.session()
        except EnvironmentFailure as error:
            if not line.was_open:
                raise
            why = str(error)
            continue
        try:
            counts = session.measure(job, crc)
        except Unbelievable as error:
            return {"valid": False, "why": str(error), "counts": {}}
        except (EnvironmentFailure, InvalidMeasurement) as error:  # gone, or crashed
            why = str(error)
            line.lost()
        else:
            found = {kind: {"min": c.min, "count": c.median, "max": c.max} for kind, c in counts.items()}
            return {"valid": True, "why": "", "counts": found}
    return {"valid": False, "why": why, "counts": {}, "lost": True}


def _engine(line: _Line) -> dict[TimingKind, EngineCost]:
    try:
        return line.session().engine()
    except (EnvironmentFailure, InvalidMeasurement):
        line.lost()
        return line.session().engine()


def _shape(job: Job) -> str:
    record = job.step.record
    return f"{'x'.join(map(str, record.input))} to {'x'.join(map(str, record.output))}"
