"""The latency model of an engine measured elsewhere: a table of layers in; a latency file, or predictions, out.

Each operation that has a family of its own (search/hardware/features/cmsis_nn.py) is fitted to its rows; families of
one kind of operation lean on a fit to all rows of that kind. An operation without rows is predicted by `any`, which is
fitted to all rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from device_profiles import Board
from search.files import write_csv
from search.hardware.features import ANY, any_counts
from search.hardware.features.cmsis_nn import family_of
from search.hardware.latency import FamilyModel, Interval, LatencyModel, interval
from toolchain import latency_file
from toolchain.calibrate.fit import fit_family
from toolchain.errors import BadInput
from toolchain.latency_file import LatencyFile
from toolchain.layers.table import Layer, read_layers

ENGINES = ("tflm-cmsis-nn",)
FALLBACK = "any"
_FEWEST = 3


def calibrate_layers(path: Path, board: Board, engine: str, out: Path, clock_hz: int | None = None) -> LatencyFile:
    """Fit the layers measured at `path` and write the latency file `out`. Raises BadInput for bad tables."""
    layers = read_layers(path, measured=True, board=board.name)
    if len(layers) < _FEWEST:
        raise BadInput(f"{path} has {len(layers)} rows for {board.name}, at least {_FEWEST} are needed for a fit.")
    families, residuals = fit_layers(layers)
    errors = np.abs(np.concatenate(list(residuals.values())))
    key = latency_file.key_of(board, "cycles", clock_hz) | {
        "engine": engine, "compiler": None, "flags": None, "placement": None, "wait_states": None, "caches": None,
    }  # fmt: skip
    expected = {
        "operation": round(float(errors.mean()), 5),
        "within_10_percent": round(float(np.mean(errors <= 0.1)), 4),
        "by_family": {name: round(float(np.mean(np.abs(found))), 5) for name, found in residuals.items()},
    }
    source = f"{len(layers)} layers of {path.name}"
    file = LatencyFile(
        key, datetime.now(UTC).date().isoformat(), LatencyModel("cycles", families, source), expected,
        [{"valid": True, "cycles": layer.cycles, **layer.cells} for layer in layers],
    )  # fmt: skip
    latency_file.write(out, file, names(layers))
    return file


def names(layers: Sequence[Layer]) -> dict[str, Sequence[str]]:
    """The features of every family that `layers` has."""
    found: dict[str, Sequence[str]] = {FALLBACK: ANY}
    for layer in layers:
        family, features, _ = family_of(layer.record)
        found[family] = found[_kind(layer)] = features
    return found


def _kind(layer: Layer) -> str:
    """The name of the fit that all families of the layer's kind lean on."""
    return f"cmsis all {layer.record.kind.lower()}"


def fit_layers(layers: Sequence[Layer]) -> tuple[dict[str, FamilyModel], dict[str, np.ndarray]]:
    """(models by family, with `any` and those of whole kinds; cross-validated relative errors by family)."""
    families: dict[str, FamilyModel] = {}
    residuals: dict[str, np.ndarray] = {}
    everything = [(any_counts(layer.record), layer.cycles) for layer in layers]
    families[FALLBACK], _ = _fit(everything, None)
    kinds: dict[str, list[tuple[tuple[float, ...], float | None]]] = {}
    members: dict[tuple[str, str], list[tuple[tuple[float, ...], float | None]]] = {}
    for layer in layers:
        family, _, counts = family_of(layer.record)
        kinds.setdefault(_kind(layer), []).append((counts, layer.cycles))
        members.setdefault((_kind(layer), family), []).append((counts, layer.cycles))
    for kind, rows in kinds.items():
        families[kind], _ = _fit(rows, None)
    for (kind, family), rows in members.items():
        families[family], residuals[family] = _fit(rows, families[kind])
    return families, residuals


def _fit(
    rows: Sequence[tuple[tuple[float, ...], float | None]], known: FamilyModel | None
) -> tuple[FamilyModel, np.ndarray]:
    X = np.array([counts for counts, _ in rows], float)
    y = np.array([cycles for _, cycles in rows], float)
    model, residuals, _ = fit_family(X, y, None if known is None else known.weights)
    return model, residuals


@dataclass(frozen=True, slots=True)
class LayerPrediction:
    """interval: of the layer's cycles. fallback: the family that stood in for one without rows, '' if none did."""

    interval: Interval
    fallback: str


def predict_layer(model: LatencyModel, layer: Layer) -> LayerPrediction:
    """The cycles of one layer: by its family, else by its kind of operation, else by `any`."""
    family, _, counts = family_of(layer.record)
    for name, found in ((family, counts), (_kind(layer), counts), (FALLBACK, any_counts(layer.record))):
        known = model.families.get(name)
        if known is not None and len(known.coefficients) == len(found):
            row = np.array(found, float)
            count = float(row @ known.weights)
            return LayerPrediction(
                interval(count, known.variance(row, np.array([count]))), "" if name == family else name
            )
    raise BadInput(
        f"The latency model ({model.source}) was not made from measured layers. Make one: mcunas calibrate --from"
    )


def predict_layers(path: Path, latency: Path, out: Path, board: str | None = None) -> Mapping[str, int]:
    """Write the rows of the table at `path` with predicted_cycles, low and high to `out`.

    Returns {op: rows} of those that a fallback had to predict. Raises BadInput.
    """
    file = latency_file.read(latency)
    layers = read_layers(path, measured=False, board=board)
    flagged: dict[str, int] = {}
    rows = []
    for layer in layers:
        found = predict_layer(file.model, layer)
        if found.fallback:
            flagged[layer.cells["op"]] = flagged.get(layer.cells["op"], 0) + 1
        rows.append([*layer.cells.values(), found.interval.count, found.interval.low, found.interval.high])
    write_csv(out, [*layers[0].cells, "predicted_cycles", "low", "high"], rows)
    return flagged
