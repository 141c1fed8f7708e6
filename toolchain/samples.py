"""Inputs for a validation: files of the user, or seeded defaults, in; one array per model input and sample out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from search.files import why_no_arrays
from toolchain.errors import BadInput
from toolchain.tflite.model import Model, Quantization

Array = npt.NDArray[np.generic]
RANDOM_SAMPLES = 8
_WRITE = "Write it with numpy.save or numpy.savez."


@dataclass(frozen=True, slots=True)
class Samples:
    """inputs[sample][k]: what model input k is given, in its own type and shape [1, ...]. labels: int64 [N] or None."""

    inputs: tuple[tuple[Array, ...], ...]
    labels: npt.NDArray[np.int64] | None = None


def default_samples(model: Model, seed: int) -> Samples:
    """8 seeded random samples, then one of all -128 and one of all 127 (float inputs: normal, all 0, all 1)."""
    rng = np.random.default_rng(seed)
    tensors = [model.graph.tensors[index] for index in model.graph.inputs]

    def random(shape: tuple[int, ...], dtype: str) -> Array:
        if dtype == "float32":
            return rng.standard_normal(shape).astype(np.float32)
        return rng.integers(-128, 128, shape).astype(np.int8)

    rows = [tuple(random(t.shape, t.dtype) for t in tensors) for _ in range(RANDOM_SAMPLES)]
    for quantised_value, real_value in ((-128, 0.0), (127, 1.0)):
        values = {"int8": quantised_value, "float32": real_value}
        rows += [tuple(np.full(t.shape, values[t.dtype], t.dtype) for t in tensors)]
    return Samples(tuple(rows))


def load_samples(model: Model, inputs: Path, labels: Path | None, limit: int | None) -> Samples:
    """Samples from an .npy (one model input) or .npz (arrays by tensor name), at most `limit` of them.

    Arrays are [N, ...] with the model's shape behind N; int8 is taken as it is, floats are quantised with the model's
    parameters. Raises BadInput.
    """
    columns = [
        _column(model, k, _pick(model, k, _load(inputs), inputs), inputs) for k in range(len(model.graph.inputs))
    ]
    counts = {len(column) for column in columns}
    if len(counts) != 1 or 0 in counts:
        raise BadInput(
            f"{inputs} holds {sorted(counts)} samples for the model's inputs; give each the same, at least 1."
        )
    total = counts.pop()
    truth = None if labels is None else _labels(labels, total, _classes(model))
    keep = total if limit is None else min(limit, total)
    rows = tuple(tuple(column[i : i + 1] for column in columns) for i in range(keep))
    return Samples(rows, None if truth is None else truth[:keep])


def quantised(values: npt.NDArray[np.floating], quantization: Quantization) -> npt.NDArray[np.int8]:
    """Real values as int8, rounded half away from zero as TensorFlow Lite's QUANTIZE does, saturated."""
    scaled = values.astype(np.float32) / np.float32(quantization.scale)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)) + quantization.zero_point
    clipped: npt.NDArray[np.int8] = np.clip(rounded, -128, 127).astype(np.int8)
    return clipped


def _load(path: Path) -> Array | Mapping[str, Array]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist. {_WRITE}") from None
    except (ValueError, OSError, BadZipFile, EOFError) as error:
        raise BadInput(
            f"{path} is not a .npy or .npz of plain arrays: {why_no_arrays(path, error)}. {_WRITE}"
        ) from None


def _pick(model: Model, index: int, loaded: Array | Mapping[str, Array], path: Path) -> Array:
    if isinstance(loaded, np.ndarray):
        if len(model.input_names) == 1:
            return loaded
        raise BadInput(
            f"{path} holds one array, the model has {len(model.input_names)} inputs. "
            f"Give an .npz with the arrays {', '.join(model.input_names)}."
        )
    assert isinstance(loaded, Mapping)
    name = model.input_names[index]
    if name in loaded:
        return loaded[name]
    if len(model.input_names) == 1 and len(loaded) == 1:
        return next(iter(loaded.values()))
    raise BadInput(
        f"{path} has no array '{name}', only {', '.join(loaded)}. The model's inputs: {', '.join(model.input_names)}."
    )


def _column(model: Model, index: int, values: Array, path: Path) -> Array:
    """All samples of one model input, [N, ...] in its own type."""
    tensor = model.graph.tensors[model.graph.inputs[index]]
    want = tensor.shape[1:]
    if values.shape == tensor.shape and values.shape[0] == 1 and values.ndim == len(tensor.shape):
        pass
    elif values.ndim == 0 or values.shape[1:] != want:
        raise BadInput(
            f"{path}: samples for input '{model.input_names[index]}' have shape {list(values.shape)}, "
            f"the model wants [N, {', '.join(map(str, want))}]. Reshape them."
        )
    if np.issubdtype(values.dtype, np.floating):
        if not np.isfinite(values).all():
            raise BadInput(f"{path} holds values that are not finite. Remove them: int8 has no NaN.")
        quantization = model.quantization[model.graph.inputs[index]]
        if tensor.dtype == "float32" or quantization is None:
            return values.astype(np.float32)
        return quantised(values.astype(np.float32), quantization)
    if values.dtype == np.int8 and tensor.dtype == "int8":
        return values
    raise BadInput(
        f"{path} holds {values.dtype}, the model's input '{model.input_names[index]}' is {tensor.dtype}. "
        "Give float32 (quantised here) or int8 (taken as it is)."
    )


def _classes(model: Model) -> int:
    return math.prod(model.graph.tensors[model.graph.outputs[0]].shape)


def _labels(path: Path, count: int, classes: int) -> npt.NDArray[np.int64]:
    loaded = _load(path)
    if not isinstance(loaded, np.ndarray) or loaded.ndim != 1 or not np.issubdtype(loaded.dtype, np.integer):
        raise BadInput(f"{path} must be an .npy with one class number a sample (integers, one axis).")
    if len(loaded) != count:
        raise BadInput(f"{path} holds {len(loaded)} labels for {count} samples. Give one a sample.")
    values = loaded.astype(np.int64)
    wrong = np.flatnonzero((values < 0) | (values >= classes))
    if len(wrong):
        raise BadInput(
            f"{path} has label {values[wrong[0]]} at sample {wrong[0]}, the model's classes are 0 to {classes - 1}. "
            "Number the labels as the model's outputs."
        )
    return values


def accuracy(outputs: Sequence[Array], labels: npt.NDArray[np.int64] | None) -> float | None:
    """Share of samples whose largest output (the first of equals) is the label; None without labels."""
    if labels is None:
        return None
    hits = [int(np.argmax(out)) == int(label) for out, label in zip(outputs, labels, strict=True)]
    return sum(hits) / len(hits)
