"""Latency files: what a calibration found, as JSON that people can read; and which file a prediction uses.

A file belongs to one board, clock, timing kind, compiler, set of flags, engine, and placement in memory: its key. For
any other it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import device_profiles
from device_profiles import Board, TimingKind
from search.files import write_atomic
from search.hardware import features
from search.hardware.latency import FamilyModel, LatencyModel
from search.hardware.prior import prior
from toolchain.build import compiler_version
from toolchain.build_files import recipe
from toolchain.errors import BadInput, EnvironmentFailure

FORMAT = 1
ENGINE = "mcunas"
FOLDER = Path("latency")  # of the user's own files, in the current folder
SHIPPED = Path(device_profiles.__file__).parent / "latency"

Key = dict[str, Any]


@dataclass(frozen=True)
class LatencyFile:
    """A file's content. expected: the error that the calibration expects. measurements: every single one."""

    key: Key
    date: str
    model: LatencyModel
    expected: Mapping[str, Any]
    measurements: Sequence[Mapping[str, Any]]


def key_of(board: Board, kind: str, clock_hz: int | None = None) -> Key:
    """What a measurement on `board` depends on besides the operation. compiler: None if it is not installed here."""
    try:
        compiler: str | None = compiler_version(board)
    except EnvironmentFailure:
        compiler = None
    return {
        "board": board.name,
        "engine": ENGINE,
        "clock_hz": clock_hz or board.clock.hz,
        "timing_kind": kind,
        "compiler": compiler,
        "flags": " ".join(recipe(board, (), sanitize=False).flags),
        "placement": {
            "constants": f"flash {board.memory.flash.origin:#x}",
            "arena": f"ram {board.memory.ram.origin:#x}",
        },
        "wait_states": board.firmware.defines.get("STM32_FLASH_LATENCY"),
        "caches": "not emulated" if board.emulated else f"as firmware/hal sets them: {' '.join(board.firmware.hal)}",
    }


def default_path(board: Board, kind: str) -> Path:
    """Where a calibration is written, and looked for first."""
    return FOLDER / f"{board.name}.{kind}.json"


def write(path: Path, file: LatencyFile, names: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write a latency file, one line for each measurement. names: features of families that are not our kernels'."""
    model = file.model
    head = {
        "format": FORMAT,
        "key": file.key,
        "date": file.date,
        "source": model.source,
        "expected_error": file.expected,
        "engine": {"invoke": model.invoke, "step": model.step},
        "families": {
            name: _family_json(family, (names or {}).get(name) or _names(name, len(family.coefficients)))
            for name, family in sorted(model.families.items())
        },
    }
    text = json.dumps(head, indent=1, allow_nan=False)
    rows = ",\n".join("  " + json.dumps(row, allow_nan=False) for row in file.measurements)
    write_atomic(path, f'{text[:-2]},\n "measurements": [\n{rows}\n ]\n}}\n')


def _names(name: str, size: int) -> Sequence[str]:
    known = next((family.features for family in features.FAMILIES if family.name == name), features.ANY)
    return known if len(known) == size else [str(index) for index in range(size)]


def _family_json(family: FamilyModel, names: Sequence[str]) -> dict[str, Any]:
    return {
        "coefficients": dict(zip(names, family.coefficients, strict=True)),
        "error": family.error,
        "measurements": family.measurements,
        "covariance": family.covariance and " / ".join(" ".join(f"{v:g}" for v in row) for row in family.covariance),
    }


def read(path: Path) -> LatencyFile:
    """The latency file at `path`. Raises BadInput if it is missing, malformed or of another format."""
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise BadInput(f"Cannot read the latency file {path}: {error.strerror}. Make it: mcunas calibrate") from None
    except ValueError as error:
        raise BadInput(f"{path} is no latency file: {error}. Make it again: mcunas calibrate") from None
    found = value.get("format") if isinstance(value, dict) else None
    if found != FORMAT:
        raise BadInput(
            f"{path} is a latency file of format {found}, this mcunas reads {FORMAT}. Make it again: mcunas calibrate"
        )
    try:
        return _parse(value, path)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"{path} is damaged ({error!r}). Make it again: mcunas calibrate") from None


def _parse(value: dict[str, Any], path: Path) -> LatencyFile:
    families = {name: _family(name, entry) for name, entry in value["families"].items()}
    kind, engine = str(value["key"]["timing_kind"]), value["engine"]
    source = f"{path}: {value['source']}"
    model = LatencyModel(kind, families, source, float(engine["invoke"]), float(engine["step"]))
    return LatencyFile(value["key"], value["date"], model, value["expected_error"], value["measurements"])


def _family(name: str, entry: Mapping[str, Any]) -> FamilyModel:
    """Coefficients by name, so that a feature that is new since is 0."""
    told = entry["coefficients"]
    names = next((f.features for f in features.FAMILIES if f.name == name), tuple(told))
    order = [list(told).index(feature) if feature in told else -1 for feature in names]
    spread = None
    if entry["covariance"] is not None:
        rows = [[float(cell) for cell in row.split()] for row in entry["covariance"].split("/")]
        spread = tuple(tuple(rows[a][b] if min(a, b) >= 0 else 0.0 for b in order) for a in order)
    coefficients = tuple(float(told.get(feature, 0.0)) for feature in names)
    return FamilyModel(coefficients, float(entry["error"]), spread, int(entry["measurements"]))


def differing(found: Key, wanted: Key) -> list[str]:
    """Which fields of two keys differ, in words. A compiler that is not installed is no difference."""
    fields = [name for name in wanted if found.get(name) != wanted[name]]
    if wanted.get("compiler") is None and "compiler" in fields:
        fields.remove("compiler")
    return [f"{name} is {_text(found.get(name))}, not {_text(wanted[name])}" for name in fields]


def _text(value: object) -> str:
    return "unknown" if value is None else str(value)


def load(path: Path, board: Board, kind: str) -> LatencyFile:
    """The latency file at `path`. Raises BadInput if it was made for another key than that of `board` and `kind`."""
    file = read(path)
    faults = differing(file.key, key_of(board, kind))
    if faults:
        raise BadInput(
            f"{path} was made for something else: {'; '.join(faults)}. Calibrate this board: "
            f"mcunas calibrate --board {board.name} --out {path.with_name(f'{board.name}.{kind}.json')}"
        )
    return file


def latency_model(board: Board, given: Path | None = None, kind: TimingKind | None = None) -> LatencyModel | None:
    """The model by which `board` is predicted; its source tells which it is. None if the board has no timing kind.

    The first of: `given`; ./latency/<board>.<kind>.json; the file that comes with the board's profile; the prior.
    Raises BadInput if a file of the user's was made for another key.
    """
    kind = kind or board.timing.kind
    if kind is None:
        return None
    path = given or default_path(board, kind)
    if given is not None or path.is_file():
        return load(path, board, kind).model
    shipped = SHIPPED / path.name
    if shipped.is_file():
        file = read(shipped)
        if not differing(file.key, key_of(board, kind)):
            return file.model
    return prior(board, kind)


def latency_inputs(board: Board) -> bytes:
    """The bytes of the file by which `board` is predicted when none is given, empty for the prior."""
    paths = [default_path(board, board.timing.kind or ""), SHIPPED / default_path(board, board.timing.kind or "").name]
    return next((path.read_bytes() for path in paths if path.is_file()), b"")
