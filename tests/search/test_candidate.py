"""What proxies are given: networks, batches, gradients and signs, and what becomes of their failures."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from search import proxies
from search.candidate import BATCHES, Candidate, Score
from search.data import load_data
from search.proxies import Proxy
from search.settings import DataSettings
from search.spaces import mobilenet

ARCH = mobilenet.parse("r12_c8s2_w8.k3e3.k5e1_w12.k3e1_none_h64")


@pytest.fixture
def candidate() -> Candidate:
    x, y = load_data(DataSettings(), seed=1).split("train")
    return Candidate(mobilenet, ARCH, x[:16], y[:16], 10, seed=3)


def test_networks_are_fresh_but_equal_and_depend_on_seed_and_architecture(candidate: Candidate) -> None:
    first, second = candidate.network, candidate.network
    assert first is not second
    assert first.training
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    reseeded = Candidate(mobilenet, ARCH, candidate.images, candidate.labels, 10, seed=4)
    assert not torch.equal(next(first.parameters()), next(reseeded.network.parameters()))


def test_without_norm_there_is_none_left(candidate: Candidate) -> None:
    network = candidate.network_without_norm
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert all(parameter.dtype == torch.float64 for parameter in network.parameters())
    assert network(candidate.batches[0][0].double()).shape == (8, 10)


def test_batches_have_the_resolution_of_the_architecture(candidate: Candidate) -> None:
    assert [(x.shape, len(y)) for x, y in candidate.batches] == [((8, 1, 12, 12), 8)] * BATCHES
    assert torch.equal(torch.cat([y for _, y in candidate.batches]), torch.from_numpy(candidate.labels))


def test_gradients_are_those_of_each_batch(candidate: Candidate) -> None:
    network = candidate.network
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert [g.shape for g in candidate.gradients] == [(BATCHES, m.weight.numel()) for m in convolutions]
    x, y = candidate.batches[1]
    nn.functional.cross_entropy(network(x), y).backward()
    for gradient, layer in zip(candidate.gradients, convolutions, strict=True):
        assert layer.weight.grad is not None
        torch.testing.assert_close(gradient[1], layer.weight.grad.flatten())


def test_signs_are_taken_before_every_relu(candidate: Candidate) -> None:
    assert [signs.shape[1] for signs in candidate.relu_signs] == [8 * 36, 24 * 36, 24 * 36, 8 * 36, 8 * 9, 64 * 9]
    assert all(signs.dtype == torch.bool and len(signs) == 8 for signs in candidate.relu_signs)
    assert 0.3 < torch.cat(candidate.relu_signs, 1).double().mean() < 0.7  # BatchNorm centres them


def failing(kind: type[Exception], text: str) -> Proxy:
    def score() -> float:
        raise kind(text)

    return Proxy("broken", "higher", (), score)


def test_an_exception_becomes_the_reason(candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(proxies._registered(), "broken", failing(RuntimeError, "no convergence"))
    score = candidate.score("broken")
    assert score == Score(None, "broken: RuntimeError: no convergence")
    assert not score.usable


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_kept_but_not_usable(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    monkeypatch.setitem(proxies._registered(), "wild", Proxy("wild", "higher", (), lambda: value))
    score = candidate.score("wild")
    assert score.value == value or math.isnan(value)
    assert score.reason == f"wild is {value}"
    assert not score.usable


def test_an_interrupt_is_not_taken_for_a_failed_proxy(candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> float:
        raise KeyboardInterrupt

    monkeypatch.setitem(proxies._registered(), "slow", Proxy("slow", "higher", (), interrupted))
    with pytest.raises(KeyboardInterrupt):
        candidate.score("slow")
