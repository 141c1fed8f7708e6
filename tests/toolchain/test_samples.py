"""Inputs of a validation: what is accepted, what is refused with which words."""

import pickle

import numpy as np
import pytest

from search.hardware.ops import GraphBuilder
from toolchain.errors import BadInput
from toolchain.samples import accuracy, default_samples, load_samples, quantised
from toolchain.tflite.model import Constants, Model, Quantization


@pytest.fixture
def model():
    build = GraphBuilder((1, 4, 4, 3))
    graph = build.build(build.global_mean(build.input))
    scale = Quantization(0.5, -10)
    return Model(graph, (Constants(),), (scale, scale), (0, 1), ("image",), ("scores",), "0" * 64, 100)


def saved(tmp_path, values, name="x.npy"):
    path = tmp_path / name
    np.savez(path, **values) if isinstance(values, dict) else np.save(path, values)
    return path


def test_defaults_are_seeded_and_end_with_the_extremes(model):
    first, again, other = (default_samples(model, seed).inputs for seed in (1, 1, 2))
    assert len(first) == 10
    assert all((a[0] == b[0]).all() for a, b in zip(first, again, strict=True))
    assert (first[0][0] != other[0][0]).any()
    assert {int(v) for v in first[8][0].flat} == {-128}
    assert {int(v) for v in first[9][0].flat} == {127}


def test_floats_are_quantised_with_ties_away_from_zero():
    values = np.array([0.0, 0.25, -0.25, 0.24, 1e9, -1e9], np.float32)
    assert quantised(values, Quantization(0.5, -10)).tolist() == [-10, -9, -11, -10, 127, -128]


def test_int8_is_taken_as_it_is_and_limited(model, tmp_path):
    x = np.arange(144).astype(np.int8).reshape(3, 4, 4, 3)
    y = saved(tmp_path, np.array([2, 0, 1]), "y.npy")
    samples = load_samples(model, saved(tmp_path, x), y, limit=2)
    assert [row[0].ravel().tolist() for row in samples.inputs] == [x[0].ravel().tolist(), x[1].ravel().tolist()]
    assert samples.labels.tolist() == [2, 0]


def test_npz_by_tensor_name(model, tmp_path):
    x = np.zeros((2, 4, 4, 3), np.int8)
    path = saved(tmp_path, {"image": x, "other": x[:1]}, "x.npz")
    assert len(load_samples(model, path, None, None).inputs) == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((2, 5, 4, 3), np.int8), r"have shape \[2, 5, 4, 3\], the model wants \[N, 4, 4, 3\]"),
        (np.zeros((0, 4, 4, 3), np.int8), r"holds \[0\] samples"),
        (np.zeros((2, 4, 4, 3), np.uint8), "holds uint8, the model's input 'image' is int8"),
        (np.full((1, 4, 4, 3), np.nan, np.float32), "not finite"),
        ({"a": np.zeros(3), "b": np.zeros(3)}, "has no array 'image', only a, b"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(model, tmp_path, values, words):
    path = saved(tmp_path, values, "x.npz" if isinstance(values, dict) else "x.npy")
    with pytest.raises(BadInput, match=words):
        load_samples(model, path, None, None)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00garbage"])
def test_files_that_are_no_arrays_are_refused(model, tmp_path, content):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"is not a \.npy or \.npz"):
        load_samples(model, path, None, None)
    with pytest.raises(BadInput, match="does not exist"):
        load_samples(model, tmp_path / "none.npy", None, None)


def test_labels_must_match(model, tmp_path):
    x = saved(tmp_path, np.zeros((2, 4, 4, 3), np.int8))
    with pytest.raises(BadInput, match="3 labels for 2 samples"):
        load_samples(model, x, saved(tmp_path, np.zeros(3, int), "y.npy"), None)
    with pytest.raises(BadInput, match="one class number a sample"):
        load_samples(model, x, saved(tmp_path, np.zeros(2), "y.npy"), None)
    for wrong in (3, -1):
        labels = saved(tmp_path, np.array([0, wrong]), "y.npy")
        with pytest.raises(BadInput, match=rf"y\.npy has label {wrong} at sample 1, the model's classes are 0 to 2\."):
            load_samples(model, x, labels, None)


def test_pickled_objects_are_refused_in_our_own_words(model, tmp_path):
    for name, values in (("x.npy", np.array([{}])), ("x.npz", {"image": np.array([{}])})):
        path = saved(tmp_path, values, name)
        with pytest.raises(BadInput, match="it holds Python objects, which could run code when loaded"):
            load_samples(model, path, None, None)
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([1]))
    with pytest.raises(BadInput, match=r"plain arrays: it is a file of another kind\. Write it with numpy\.save"):
        load_samples(model, tmp_path / "x.pkl", None, None)


def test_accuracy_takes_the_first_of_equals():
    outputs = [np.array([[1, 5, 5]]), np.array([[3, 2, 1]])]
    assert accuracy(outputs, np.array([1, 2])) == 0.5
    assert accuracy(outputs, None) is None
