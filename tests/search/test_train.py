"""Training: that it learns, that it is repeatable, that it goes on after a kill, what it refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from search.data import Dataset, load_data
from search.errors import SearchError
from search.settings import DataSettings, TrainSettings
from search.spaces import mobilenet
from search.train import TrainResult, augment, load_network, train

ARCH = mobilenet.parse("r12_c8s2_w8.k3e3_w16.k3e3_none_h64")
SETTINGS = TrainSettings(epochs=6, checkpoint_epochs=2)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_data(DataSettings(), seed=1)


@pytest.fixture(scope="module")
def few(digits: Dataset) -> Dataset:
    """150 images, for what does not need accuracy."""
    y = digits.y[:150]
    indices = {"train": np.arange(110), "validation": np.arange(110, 130), "test": np.arange(130, 150)}
    return Dataset("few", digits.x[:150], y, indices)


@pytest.fixture(scope="module")
def trained(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return train(mobilenet, ARCH, digits, SETTINGS, 1, tmp_path_factory.mktemp("train"))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_small_network_learns_the_digits_in_a_few_epochs(trained: TrainResult) -> None:
    assert trained.accuracies["test"] > 0.88
    assert trained.losses[-1] < trained.losses[0] / 2
    assert set(files(trained.weights.parent)) == {"weights.npz", "metrics.json"}
    metrics = json.loads((trained.weights.parent / "metrics.json").read_text())
    assert metrics["accuracy"] == trained.accuracies
    assert (metrics["arch"], metrics["epochs"], len(metrics["losses"])) == (mobilenet.arch_id(ARCH), 6, 6)


def test_the_weights_written_are_the_network_measured(trained: TrainResult, digits: Dataset) -> None:
    network = load_network(mobilenet, ARCH, digits.classes, digits.channels, trained.weights)
    assert not network.training
    x, y = digits.split("test")
    from search.data import resize

    with torch.no_grad():
        answers = network(torch.from_numpy(resize(x, 12, 12).transpose(0, 3, 1, 2))).argmax(1).numpy()
    assert (answers == y).mean() == trained.accuracies["test"]


def test_the_same_seed_writes_the_same_bytes(few: Dataset, tmp_path: Path) -> None:
    for name, global_seed, seed in (("a", 1, 5), ("b", 2, 5), ("c", 2, 6)):
        torch.manual_seed(global_seed)
        train(mobilenet, ARCH, few, SETTINGS, seed, tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a")["weights.npz"] != files(tmp_path / "c")["weights.npz"]


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


@pytest.mark.parametrize("epoch", [1, 3, 5])
def test_a_killed_training_goes_on_and_ends_the_same(few: Dataset, tmp_path: Path, epoch: int) -> None:
    def kill(done: int, total: int, what: str) -> None:
        if done == epoch:
            raise Killed

    train(mobilenet, ARCH, few, SETTINGS, 5, tmp_path / "whole")
    with pytest.raises(Killed):
        train(mobilenet, ARCH, few, SETTINGS, 5, tmp_path / "killed", kill)
    epochs: list[int] = []
    train(mobilenet, ARCH, few, SETTINGS, 5, tmp_path / "killed", lambda done, *_: epochs.append(done))
    assert epochs[0] == epoch // 2 * 2  # a checkpoint every two epochs
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_a_checkpoint_of_another_training_or_a_damaged_one_is_not_taken(few: Dataset, tmp_path: Path) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if done == 3:
            raise Killed

    train(mobilenet, ARCH, few, SETTINGS, 5, tmp_path / "whole")
    for name, content in (("other", None), ("cut", 1000), ("empty", 0)):
        with pytest.raises(Killed):
            train(mobilenet, ARCH, few, SETTINGS, 6, tmp_path / name, stop)
        checkpoint = tmp_path / name / "checkpoint.npz"
        checkpoint.write_bytes(checkpoint.read_bytes()[:content])
        train(mobilenet, ARCH, few, SETTINGS, 5, tmp_path / name)
        assert files(tmp_path / name) == files(tmp_path / "whole")


def test_torch_is_left_as_it_was(few: Dataset, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    train(mobilenet, ARCH, few, TrainSettings(epochs=1, threads=threads + 1), 5, tmp_path)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_training_that_diverges_is_told(few: Dataset, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=5, learning_rate=1e30)
    with pytest.raises(SearchError, match=r"training loss of r12_c8s2_\S+ is nan after epoch 1\. Lower learning_rate"):
        train(mobilenet, ARCH, few, settings, 5, tmp_path)
    assert not (tmp_path / "weights.npz").exists()


def test_weights_of_another_architecture_are_refused(trained: TrainResult, tmp_path: Path) -> None:
    other = mobilenet.parse("r12_c8s2_w8.k3e3_w16.k3e3_none_h128")
    with pytest.raises(SearchError, match=r"weights\.npz does not hold the weights of r12_\S+h128\. Train again\."):
        load_network(mobilenet, other, 10, 1, trained.weights)
    for path, content in ((tmp_path / "cut.npz", b"PK"), (tmp_path / "gone.npz", None)):
        if content:
            path.write_bytes(content)
        with pytest.raises(SearchError, match=rf"{path.name} holds no weights \(.*\)\. Train again\."):
            load_network(mobilenet, ARCH, 10, 1, path)


def test_augmentation_moves_and_turns_by_what_is_asked_for() -> None:
    x = torch.zeros(400, 1, 21, 21)
    x[:, 0, 10, 10] = 1
    generator = torch.Generator().manual_seed(0)
    torch.testing.assert_close(augment(x, 0.0, 0.0, generator), x)
    torch.testing.assert_close(augment(x, 0.0, 40.0, generator)[:, 0, 10, 10], torch.ones(400))  # about the centre
    moved = augment(x, 0.2, 0.0, generator)
    rows = (moved.sum((1, 3)) @ torch.arange(21.0)) - 10
    assert rows.abs().max().item() == pytest.approx(0.2 * 21, rel=0.05)
    assert rows.std().item() == pytest.approx(0.2 * 21 / math.sqrt(3), rel=0.1)
    x[:, 0, 10, 10], x[:, 0, 2, 10] = 0, 1  # eight above the centre
    turned = augment(x, 0.0, 30.0, generator).sum(2).squeeze(1)
    columns = ((turned @ torch.arange(21.0)) / turned.sum(1) - 10).abs().max().item()
    assert columns == pytest.approx(8 * math.sin(math.radians(30)), rel=0.1)
