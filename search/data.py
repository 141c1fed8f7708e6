"""Data sets: scikit-learn's digits or an .npz of the user's in, images scaled to [0, 1] with a stratified split out."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.errors import SearchError
from search.files import why_no_arrays
from search.settings import DataSettings

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

SPLITS = ("train", "validation", "test")
_SAVE = "Save it by np.savez(path, x=x, y=y)."


@dataclass(frozen=True)
class Dataset:
    """Labelled images. x: float32 [N, H, W, C] in [0, 1]; y: int64 [N], classes 0 to K-1.

    indices: for each of SPLITS the images that belong to it, in a seeded random order.
    """

    name: str
    x: Images
    y: Labels
    indices: Mapping[str, npt.NDArray[np.int64]]

    @property
    def classes(self) -> int:
        return int(self.y.max()) + 1

    @property
    def channels(self) -> int:
        return int(self.x.shape[-1])

    def split(self, name: str) -> tuple[Images, Labels]:
        """Images and labels of one of SPLITS."""
        chosen = self.indices[name]
        return self.x[chosen], self.y[chosen]

    @cached_property
    def sha256(self) -> str:
        """Digest of the images, the labels and the split."""
        digest = hashlib.sha256(repr((self.x.shape, *(len(self.indices[split]) for split in SPLITS))).encode())
        for array in (self.x, self.y, *(self.indices[split] for split in SPLITS)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def load_data(settings: DataSettings, seed: int) -> Dataset:
    """Read and split the data set. Raises SearchError that tells what is wrong with a file and what is expected."""
    if settings.npz is None:
        name, (x, y) = "digits", read_digits()
    else:
        name, (x, y) = settings.npz.stem, read_npz(settings.npz)
    indices = stratified_split(y, {"validation": settings.validation, "test": settings.test}, seed)
    return Dataset(name, x, y, indices)


def read_digits() -> tuple[Images, Labels]:
    """1,797 handwritten digits of 8x8 pixels (Alpaydin and Kaynak 1998, UCI repository), which scikit-learn bundles."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.images[..., None] / 16).astype(np.float32), digits.target.astype(np.int64)


def read_npz(path: Path) -> tuple[Images, Labels]:
    """x and y of an .npz file, checked and scaled; raises SearchError."""
    x, y = read_images(path)
    if y is None:
        raise SearchError(f"{path} has no array 'y', only x. {_SAVE}")
    return x, y


def read_images(path: Path) -> tuple[Images, Labels | None]:
    """x and, if there are labels, y of an .npz file, checked and scaled; raises SearchError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if "x" not in file:
                has = ", ".join(file.files) or "nothing"
                raise SearchError(f"{path} has no array 'x', only {has}. {_SAVE}")
            x, y = file["x"], file.get("y", None)
    except FileNotFoundError:
        raise SearchError(f"{path} does not exist. Correct npz in [data], relative to the configuration.") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise SearchError(
            f"{path} is not an .npz file of plain arrays: {why_no_arrays(path, error)}. {_SAVE}"
        ) from None
    _check_shapes(path, x, y)
    if y is not None:
        _check_labels(path, y)
    images = _scaled(path, x if x.ndim == 4 else x[..., None])
    return images, None if y is None else y.astype(np.int64)


def _check_shapes(path: Path, x: npt.NDArray[np.generic], y: npt.NDArray[np.generic] | None) -> None:
    if x.ndim not in (3, 4):
        raise SearchError(f"{path}: x has shape {list(x.shape)}. It must be [N, H, W] or [N, H, W, C].")
    if y is not None and y.ndim != 1:
        raise SearchError(f"{path}: y has shape {list(y.shape)}. It must be [N], one class number an image.")
    if x.size == 0:
        raise SearchError(f"{path}: x has shape {list(x.shape)}, so there are no images.")
    if y is not None and len(x) != len(y):
        raise SearchError(f"{path}: {len(x):,} images in x, but {len(y):,} labels in y. They must go together.")
    if x.dtype.kind not in "uif":
        raise SearchError(f"{path}: x holds {x.dtype}. It must be uint8, another integer, or float.")
    if y is not None and y.dtype.kind not in "ui":
        raise SearchError(f"{path}: y holds {y.dtype}. It must be integers, classes 0 to K-1.")


def _check_labels(path: Path, y: npt.NDArray[np.generic]) -> None:
    present = np.unique(y)
    if len(present) < 2:
        raise SearchError(f"{path}: every image has label {present[0]}. At least two classes are needed.")
    if not np.array_equal(present, np.arange(len(present))):
        shown = ", ".join(map(str, present[:8])) + (", ..." if len(present) > 8 else "")
        raise SearchError(f"{path}: the labels are {shown}. Number the classes from 0 to {len(present) - 1}.")


def _scaled(path: Path, x: npt.NDArray[np.generic]) -> Images:
    """uint8 / 255; floats within [0, 1] as they are; everything else from its smallest to its largest value."""
    if x.dtype == np.uint8:
        return (x.astype(np.float64) / 255).astype(np.float32)
    values = x.astype(np.float64)
    broken = ~np.isfinite(values)
    if broken.any():
        image = int(np.argwhere(broken)[0][0])
        raise SearchError(f"{path}: {int(broken.sum()):,} values of x are NaN or infinite, first in image {image}.")
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise SearchError(f"{path}: every pixel of x is {low:g}, so there is nothing to learn from.")
    if x.dtype.kind != "f" or low < 0 or high > 1:
        values = (values - low) / (high - low)
    return values.astype(np.float32)


def stratified_split(y: Labels, shares: Mapping[str, float], seed: int) -> dict[str, npt.NDArray[np.int64]]:
    """Indices of SPLITS: every class has its share in each; a split has ceil(share * N) images, "train" the rest.

    Raises SearchError if a class is so small that a split would have none of it.
    """
    rng = np.random.default_rng([seed, len(y)])
    members = [rng.permutation(np.flatnonzero(y == label)) for label in range(int(y.max()) + 1)]
    parts: dict[str, list[npt.NDArray[np.int64]]] = {split: [] for split in SPLITS}
    counts = {split: _apportion([len(m) for m in members], share) for split, share in shares.items()}
    for label, indices in enumerate(members):
        start = 0
        for split in ("test", "validation", "train"):
            end = start + counts[split][label] if split in counts else len(indices)
            if end <= start:
                raise SearchError(
                    f"Class {label} has {len(indices)} images, too few for one in each of {', '.join(SPLITS)} "
                    f"(shares: {', '.join(f'{name} {share:g}' for name, share in shares.items())}). Add images of it."
                )
            parts[split].append(indices[start:end])
            start = end
    return {split: rng.permutation(np.concatenate(chosen)) for split, chosen in parts.items()}


def _apportion(sizes: list[int], share: float) -> list[int]:
    """How many of each class make ceil(share * all), by largest remainders."""
    total = int(np.ceil(round(share * sum(sizes), 9)))
    exact = np.array(sizes) * total / sum(sizes)
    counts = np.floor(exact).astype(int)
    for label in np.argsort(counts - exact, kind="stable")[: total - counts.sum()]:
        counts[label] += 1
    return [int(count) for count in counts]


def resize(x: Images, height: int, width: int) -> Images:
    """Bilinear, half-pixel centres, smoothed when it shrinks: [N, H, W, C] -> [N, height, width, C].

    Computed in float64 and rounded once, so that results do not depend on the order of sums.
    """
    rows, columns = _weights(x.shape[1], height), _weights(x.shape[2], width)
    resized: npt.NDArray[np.float64] = np.einsum("hH,wW,nHWc->nhwc", rows, columns, x.astype(np.float64), optimize=True)
    return resized.astype(np.float32)


def _weights(size: int, target: int) -> npt.NDArray[np.float64]:
    """[target, size]: triangular weights of every input for every output; rows sum to 1."""
    if size == target:
        return np.eye(size)
    scale = size / target
    centres = (np.arange(target) + 0.5) * scale - 0.5
    distance = np.abs(np.clip(centres, 0, size - 1)[:, None] - np.arange(size)[None, :])
    weights = np.maximum(1 - distance / max(scale, 1.0), 0)
    normalised: npt.NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return normalised
