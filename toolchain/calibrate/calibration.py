"""A calibration from beginning to end: a board and a budget in; a latency file for each timing kind out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from device_profiles import Board
from device_profiles.schema import TimingKind
from search.hardware.latency import FamilyModel, LatencyModel
from search.hardware.lowering import lower
from search.hardware.prior import prior
from toolchain import latency_file
from toolchain.bench.operation import from_json, model_of
from toolchain.calibrate.campaign import Campaign, Progress, measure_plan
from toolchain.calibrate.fit import Fit, Sample, fit
from toolchain.calibrate.journal import Entry, Journal
from toolchain.calibrate.operations import networks
from toolchain.calibrate.plan import Plan, plan
from toolchain.compile.constants import settle_step
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.latency_file import LatencyFile

_SEED = 22  # of the networks that the expected error is for
_NETWORKS = 40
_FEWEST = 3  # valid measurements, below which nothing is fitted


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted. out: of the board's own kind; other kinds go beside it. update: measure only what changed.

    transfer: a calibration of another board of the same core, to start from.
    """

    board: Board
    budget: int
    out: Path
    port: str | None = None
    flash: bool = True
    update: bool = False
    transfer: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """files: written, by timing kind. refused: operations for which the bench had no room, and why."""

    files: Mapping[TimingKind, tuple[Path, LatencyFile]]
    campaign: Campaign
    refused: Mapping[str, str]


def out_path(request: Request, kind: str) -> Path:
    """Where the file of `kind` goes: the board's own kind to `out`, others beside it with their name in it."""
    if kind == request.board.timing.kind:
        return request.out
    stem = request.out.stem.removesuffix(f".{request.board.timing.kind}")
    return request.out.with_name(f"{stem}.{kind}.json")


def calibrate(request: Request, progress: Progress) -> Outcome:
    """Measure, fit and write. Raises BadInput for a board without a timing kind, EnvironmentFailure if it is lost."""
    board = request.board
    kinds = tuple(board.timing.counters)
    if not kinds:
        raise BadInput(f"{board.name} measures no time: its ticks mean nothing. Choose another board: mcunas boards")
    beliefs = {kind: _belief(request, kind) for kind in kinds}
    done = _earlier(request) if request.update else []
    first = tuple(from_json(entry["operation"]) for entry in done)
    progress(0, request.budget, "choosing what to measure")
    planned = plan(board, request.budget, beliefs[kinds[0]], first)
    key = {"key": latency_file.key_of(board, "any"), "kinds": list(kinds)}
    journal = Journal(request.out.with_name(f".{request.out.name}.journal"), key)
    journal.entries |= {entry["id"]: entry for entry in done if set(entry["counts"]) >= set(kinds)}
    wanted = tuple(entry["id"] for entry in done if entry["id"] in planned.jobs) if done else None
    budget = len(wanted) if wanted else request.budget
    campaign = measure_plan(board, planned, kinds, budget, journal, progress, request.port, request.flash, wanted)
    if len(campaign.valid) < _FEWEST:
        raise EnvironmentFailure(
            f"Only {len(campaign.valid)} of {len(campaign.entries)} measurements on {board.name} can be believed: "
            f"{_reasons(campaign)} Nothing was fitted."
        )
    files = {kind: _file(request, kind, beliefs[kind], campaign) for kind in kinds}
    for path, file in files.values():
        latency_file.write(path, file)
    journal.end()
    return Outcome(files, campaign, planned.refused)


def _reasons(campaign: Campaign) -> str:
    return "; ".join(dict.fromkeys(entry["why"] for entry in campaign.entries.values() if not entry["valid"]))


def _belief(request: Request, kind: str) -> LatencyModel:
    """What is known of the board before: the prior, or the calibration of a board of the same core."""
    if request.transfer is None:
        found = prior(request.board, kind)
        assert found is not None, "the board has timing kinds"
        return found
    file = latency_file.read(request.transfer)
    if file.key["timing_kind"] != kind:
        raise BadInput(
            f"{request.transfer} has {file.key['timing_kind']}, {request.board.name} counts {kind}, of which it says "
            "nothing. Name a calibration of the same kind."
        )
    return file.model


def _earlier(request: Request) -> list[Entry]:
    """The measurements of the files that are to be brought up to date, all kinds in one entry."""
    merged: dict[str, Entry] = {}
    for kind in request.board.timing.counters:
        for row in latency_file.read(out_path(request, kind)).measurements:
            count = {kind: {name: row[name] for name in ("min", "count", "max")}} if row["valid"] else {}
            facts = {
                name: row[name] for name in ("id", "variant", "object_sha256", "operation", "crc32", "valid", "why")
            }
            entry = merged.setdefault(row["id"], {**facts, "counts": {}})
            entry["counts"].update(count)
    return list(merged.values())


def samples_of(board: Board, entries: Sequence[Entry], kind: str) -> list[Sample]:
    """What the fit works from: the records and counts of valid measurements."""
    found = []
    for entry in entries:
        graph = from_json(entry["operation"])
        model = model_of(graph)
        step = lower(graph, board.cpu.kernels, lambda step, model=model: settle_step(model, step)).steps[0]  # type: ignore[misc]
        found.append(Sample(step.variant.name, step.record, entry["counts"][kind]["count"]))
    return found


def _file(request: Request, kind: TimingKind, belief: LatencyModel, campaign: Campaign) -> tuple[Path, LatencyFile]:
    board, engine = request.board, campaign.engine[kind]
    found = fit(samples_of(board, campaign.valid, kind), belief.families)
    invalid = len(campaign.entries) - len(campaign.valid)
    source = f"{len(campaign.valid)} operations measured on {board.name}, {invalid} more invalid"
    model = LatencyModel(kind, _used(board, found.families), source, engine.invoke, engine.step)
    rows = [
        {name: entry[name] for name in ("id", "variant", "valid", "why", "object_sha256", "crc32")}
        | entry["counts"].get(kind, {})
        | {"operation": entry["operation"]}
        for entry in campaign.entries.values()
    ]
    date = datetime.now(UTC).date().isoformat()
    file = LatencyFile(latency_file.key_of(board, kind), date, model, expected_error(board, model, found), rows)
    return out_path(request, kind), file


def _used(board: Board, families: Mapping[str, FamilyModel]) -> dict[str, FamilyModel]:
    """The families that the board's kernels belong to."""
    from search.hardware.features import family_of
    from toolchain.bench.image import variants_of

    names = {family_of(variant.name).name for variant in variants_of(board)}
    return {name: model for name, model in families.items() if name in names}


def expected_error(board: Board, model: LatencyModel, found: Fit) -> dict[str, Any]:
    """What error to expect, relative: of an operation (cross-validated) and of a network (by the model's own account).

    operation: mean over the measurements, with a 90 % interval of that mean from the bootstrap. network_half_width:
    median over random networks of the deployable spaces, of their 90 % intervals.
    """
    errors = np.abs(np.array(found.residuals))
    rng = np.random.default_rng(_SEED)
    means = errors[rng.integers(len(errors), size=(1000, len(errors)))].mean(axis=1)
    widths = []
    for graph in networks(rng, _NETWORKS):
        total = model.predict(lower(graph, board.cpu.kernels)).total
        widths.append((total.high - total.low) / 2 / max(total.count, 1))
    half_width = float(np.median(widths))
    return {
        "operation": round(float(errors.mean()), 5),
        "operation_low": round(float(np.quantile(means, 0.05)), 5),
        "operation_high": round(float(np.quantile(means, 0.95)), 5),
        "within_10_percent": round(float(np.mean(errors <= 0.1)), 4),
        "network_half_width": round(half_width, 5),
    }


__all__ = ["Outcome", "Plan", "Request", "calibrate", "expected_error", "out_path", "samples_of"]
