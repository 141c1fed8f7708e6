"""NSGA-II: what it proposes, and that it finds what it is asked for."""

from __future__ import annotations

import itertools

import numpy as np

from search.spaces import Arch, mobilenet
from search.strategies.nsga2 import Outcome, nsga2

POPULATION = 16


def population(seed: int = 0) -> list[Arch]:
    rng = np.random.default_rng(seed)
    return [mobilenet.sample(rng) for _ in range(POPULATION)]


def propose(generations: int, seed: int = 1, feasible: bool = True) -> list[list[Arch]]:
    """Generations that NSGA-II proposes when many operations and a small resolution are wanted."""
    proposed: list[list[Arch]] = []

    def evaluate(archs: list[Arch]) -> Outcome | None:
        if len(proposed) == generations:
            return None
        proposed.append(archs)
        objectives = [(-float(len(mobilenet.graph(a, 10).ops)), float(a[0])) for a in archs]
        excess = [0.0 if feasible or len(mobilenet.graph(a, 10).ops) < 18 else 1.0 for a in archs]
        return objectives, excess

    nsga2(mobilenet, population(), 2, evaluate, seed)
    return proposed


def test_the_first_generation_is_the_given_population() -> None:
    assert propose(1) == [list(dict.fromkeys(population()))]


def test_proposals_are_new_canonical_members_of_the_space() -> None:
    proposed = propose(4)
    everything = [arch for generation in proposed for arch in generation]
    assert [len(generation) for generation in proposed] == [POPULATION] * 4
    assert all(mobilenet.canonical(arch) == arch for arch in everything)
    assert all(type(choice) is int for arch in everything for choice in arch)
    for before, after in itertools.pairwise(proposed):
        assert not set(before) & set(after)


def test_the_seed_alone_decides() -> None:
    np.random.seed(1)
    first = propose(3)
    np.random.seed(2)
    assert propose(3) == first
    assert propose(3, seed=2) != first


def test_objectives_improve() -> None:
    proposed = propose(12)
    depths = [max(len(mobilenet.graph(a, 10).ops) for a in generation) for generation in proposed]
    assert depths[-1] > depths[0]
    assert np.mean([a[0] for a in proposed[-1]]) < np.mean([a[0] for a in proposed[0]])


def test_limits_come_before_objectives() -> None:
    proposed = propose(12, feasible=False)
    within = [np.mean([len(mobilenet.graph(a, 10).ops) < 18 for a in generation]) for generation in proposed]
    assert within[0] < 0.4
    assert np.mean(within[-4:]) > 0.6
