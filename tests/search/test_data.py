"""Data sets: the digits, files of the user's, what is wrong with them, the split, resizing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.data import SPLITS, load_data, resize, stratified_split
from search.errors import SearchError
from search.settings import DataSettings


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def images(n: int = 60, dtype: Any = np.uint8, shape: tuple[int, ...] = (6, 5)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *shape)).astype(dtype)


def labels(n: int = 60, classes: int = 3) -> np.ndarray:
    return np.arange(n) % classes


def test_the_digits_are_scaled_and_split_with_360_test_images() -> None:
    data = load_data(DataSettings(), seed=1)
    assert data.x.shape == (1797, 8, 8, 1)
    assert (data.x.dtype, data.x.min(), data.x.max()) == (np.float32, 0, 1)
    assert (data.classes, data.channels, data.y.dtype) == (10, 1, np.int64)
    assert {split: len(data.indices[split]) for split in SPLITS} == {"train": 1167, "validation": 270, "test": 360}


def test_the_split_follows_the_seed_and_is_stratified_and_disjoint() -> None:
    data = load_data(DataSettings(), seed=1)
    again, other = load_data(DataSettings(), seed=1), load_data(DataSettings(), seed=2)
    assert data.sha256 == again.sha256 != other.sha256
    together = np.concatenate([data.indices[split] for split in SPLITS])
    assert np.array_equal(np.sort(together), np.arange(1797))
    for split, share in (("test", 0.2), ("validation", 0.15)):
        counts = np.bincount(data.split(split)[1])
        assert np.abs(counts - share * np.bincount(data.y)).max() < 1.5


def test_a_split_has_its_share_rounded_up() -> None:
    indices = stratified_split(np.arange(101) % 2, {"validation": 0.1, "test": 0.3}, seed=0)
    assert [len(indices[split]) for split in SPLITS] == [59, 11, 31]
    assert len(stratified_split(np.arange(100) % 2, {"validation": 0.1, "test": 0.3}, seed=0)["test"]) == 30


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.array([0, 51, 255], np.uint8), [0, 0.2, 1]),
        (np.array([0, 0.25, 0.5], np.float64), [0, 0.25, 0.5]),
        (np.array([-1, 0, 1], np.float32), [0, 0.5, 1]),
        (np.array([0, 100, 400], np.int32), [0, 0.25, 1]),
    ],
)
def test_values_are_scaled_to_one(tmp_path: Path, x: np.ndarray, expected: list[float]) -> None:
    x = np.tile(x, 20).reshape(60, 1, 1)
    data = load_data(DataSettings(npz=save(tmp_path / "a.npz", x=x, y=labels())), seed=0)
    np.testing.assert_allclose(data.x[:3, 0, 0, 0], expected, rtol=1e-6)


def test_grey_and_colour_images_of_any_shape_are_read(tmp_path: Path) -> None:
    grey = load_data(DataSettings(npz=save(tmp_path / "grey.npz", x=images(), y=labels())), seed=0)
    assert (grey.name, grey.x.shape) == ("grey", (60, 6, 5, 1))
    colour = save(tmp_path / "c.npz", x=images(shape=(6, 5, 3)), y=labels().astype(np.uint8))
    assert load_data(DataSettings(npz=colour), seed=0).channels == 3


def nan_images() -> np.ndarray:
    x = images().astype(np.float32)
    x[7, 0, :2] = np.nan
    return x


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": images()}, "has no array 'y', only x. Save it by np.savez(path, x=x, y=y)."),
        ({"images": images(), "y": labels()}, "has no array 'x', only images, y."),
        ({"x": images(0), "y": labels(0)}, "x has shape [0, 6, 5], so there are no images."),
        ({"x": images(shape=(6,)), "y": labels()}, "x has shape [60, 6]. It must be [N, H, W] or [N, H, W, C]."),
        ({"x": images(), "y": labels().reshape(60, 1)}, "y has shape [60, 1]. It must be [N]"),
        ({"x": images(), "y": labels(59)}, "60 images in x, but 59 labels in y."),
        ({"x": nan_images(), "y": labels()}, "2 values of x are NaN or infinite, first in image 7."),
        ({"x": images(dtype=np.complex64), "y": labels()}, "x holds complex64. It must be uint8"),
        ({"x": images(), "y": labels().astype(np.float32)}, "y holds float32. It must be integers"),
        ({"x": images(), "y": labels() * 0 + 4}, "every image has label 4. At least two classes are needed."),
        ({"x": images(), "y": labels() + 1}, "the labels are 1, 2, 3. Number the classes from 0 to 2."),
        ({"x": images(), "y": labels() - 1}, "the labels are -1, 0, 1. Number the classes from 0 to 2."),
        ({"x": np.full((60, 2, 2), 0.5), "y": labels()}, "every pixel of x is 0.5, so there is nothing to learn from."),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    path = save(tmp_path / "bad.npz", **arrays)
    with pytest.raises(SearchError) as error:
        load_data(DataSettings(npz=path), seed=0)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_a_class_too_small_for_the_splits_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "few.npz", x=images(62), y=np.array([0, 1] * 30 + [2, 2]))
    with pytest.raises(SearchError, match=r"Class 2 has 2 images, too few for one in each of train, validation, test"):
        load_data(DataSettings(npz=path), seed=0)


def test_files_that_are_no_npz_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"gone\.npz does not exist\. Correct npz in \[data\]"):
        load_data(DataSettings(npz=tmp_path / "gone.npz"), seed=0)
    for name, content in (("text.npz", b"hello"), ("empty.npz", b""), ("cut.npz", b"PK\x03\x04 and no more")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SearchError, match=rf"{name} is not an \.npz file of plain arrays: "):
            load_data(DataSettings(npz=tmp_path / name), seed=0)
    np.save(tmp_path / "array.npy", images())
    with pytest.raises(SearchError, match=r"array\.npy is not an \.npz file of plain arrays: it is a single array"):
        load_data(DataSettings(npz=tmp_path / "array.npy"), seed=0)
    objects = save(tmp_path / "objects.npz", x=np.array([{}], dtype=object), y=labels(1))
    with pytest.raises(SearchError, match="it holds Python objects"):
        load_data(DataSettings(npz=objects), seed=0)


def test_resizing_is_bilinear_with_half_pixel_centres() -> None:
    x = np.array([0, 1], np.float32).reshape(1, 1, 2, 1)
    assert resize(x, 1, 4)[0, 0, :, 0].tolist() == [0, 0.25, 0.75, 1]
    assert resize(x, 3, 2)[0, :, 1, 0].tolist() == [1, 1, 1]


def test_resizing_keeps_constants_and_agrees_with_torch_when_it_enlarges() -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).random((3, 8, 8, 2), np.float32)
    ours = resize(x, 20, 12)
    theirs = torch.nn.functional.interpolate(torch.from_numpy(x.transpose(0, 3, 1, 2)), (20, 12), mode="bilinear")
    np.testing.assert_allclose(ours, theirs.numpy().transpose(0, 2, 3, 1), atol=1e-6)
    np.testing.assert_array_equal(resize(np.full_like(x, 0.7), 5, 31), np.full((3, 5, 31, 2), np.float32(0.7)))
    assert np.array_equal(resize(x, 8, 8), x)


def test_shrinking_averages_instead_of_leaving_pixels_out() -> None:
    x = np.zeros((1, 16, 16, 1), np.float32)
    x[0, ::4, ::4] = 1  # between the sampling points of 4x4
    assert resize(x, 4, 4).mean() == pytest.approx(x.mean(), rel=0.1)
