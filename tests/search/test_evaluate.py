"""Evaluation by processes: independent of their number, of the order and of interruptions."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from search import candidate, proxies
from search.data import load_data
from search.errors import SearchError
from search.evaluate import Evaluator, Task
from search.hardware.estimate import Estimate
from search.hardware.ops import Graph
from search.layers import Layer
from search.proxies import Proxy
from search.settings import DataSettings
from search.spaces import Arch, mobilenet
from tests.search.fakes import FakeEstimator, silent


def make_task(*names: str, estimate: Callable[[Graph], Estimate] | None = None, seed: int = 1) -> Task:
    x, y = load_data(DataSettings(), seed=1).split("train")
    return Task(mobilenet.__name__, names, x[:8], y[:8], 10, seed, estimate or FakeEstimator())


def archs(count: int = 4) -> list[Arch]:
    rng = np.random.default_rng(0)
    return [mobilenet.sample(rng) for _ in range(count)]


def test_scores_do_not_depend_on_processes_or_order(tmp_path: Path) -> None:
    task = make_task("synflow", "naswot", "zico")
    with Evaluator(task, tmp_path / "one.sqlite", jobs=1) as alone:
        expected = alone.scores(archs(), silent, "")
        alone.compact()
    with Evaluator(task, tmp_path / "two.sqlite", jobs=2) as pool:
        got = pool.scores(archs()[::-1], silent, "")[::-1]
        estimates = pool.estimates(archs(), silent, "")
        pool.compact()
    assert got == expected
    assert estimates == [task.estimated(arch) for arch in archs()]
    assert (tmp_path / "one.sqlite").read_bytes() == (tmp_path / "two.sqlite").read_bytes()


def test_what_is_known_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[tuple[Arch, str]] = []
    plain = candidate.Candidate.score
    monkeypatch.setattr(candidate.Candidate, "score", lambda c, name: scored.append((c.arch, name)) or plain(c, name))
    with Evaluator(make_task("params"), tmp_path / "s.sqlite", jobs=1) as evaluator:
        first = evaluator.scores(archs(3), silent, "")
    with Evaluator(make_task("params", "depth"), tmp_path / "s.sqlite", jobs=1) as evaluator:
        again = evaluator.scores(archs(4), silent, "")
    assert [s["params"] for s in again[:3]] == [s["params"] for s in first]
    assert scored[3:] == [*((arch, "depth") for arch in archs(3)), (archs(4)[3], "params"), (archs(4)[3], "depth")]


def test_scores_of_other_settings_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task("params")
    base = task.digest("params")
    assert base == make_task("params", "depth").digest("params")
    brighter = dataclasses.replace(task, images=task.images * 2)
    others = [make_task("params", seed=2), brighter, dataclasses.replace(task, classes=11)]
    assert base not in {other.digest("params") for other in others}
    assert base != task.digest("depth")  # the code of the proxy counts


def test_progress_tells_what_is_done_of_how_much(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []

    def note(done: int, total: int, what: str) -> None:
        seen.append((done, total, what))

    with Evaluator(make_task("params"), tmp_path / "s.sqlite", jobs=1) as evaluator:
        evaluator.scores(archs(2), note, "first")
        evaluator.scores(archs(3), note, "then")
    assert seen == [(0, 2, "first"), (1, 2, "first"), (2, 2, "first"), (2, 3, "then"), (3, 3, "then")]


def test_one_failure_does_not_end_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(layers: tuple[Layer, ...]) -> float:
        if layers == mobilenet.layers(archs()[1], 10):
            raise RuntimeError("no convergence")
        return math.nan

    monkeypatch.setitem(proxies._registered(), "picky", Proxy("picky", "higher", ("layers",), picky))
    with Evaluator(make_task("picky", "depth"), tmp_path / "s.sqlite", jobs=1) as evaluator:
        scores = evaluator.scores(archs(3), silent, "")
    reasons = [s["picky"].reason for s in scores]
    assert reasons == ["picky is nan", "picky: RuntimeError: no convergence", "picky is nan"]
    assert all(s["depth"].usable for s in scores)


@dataclasses.dataclass(frozen=True)
class Killed:
    """An estimate during which the process is killed, as by the kernel when memory runs out."""

    def __call__(self, graph: Graph) -> Estimate:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def test_a_killed_process_is_told_with_what_to_do(tmp_path: Path) -> None:
    task = make_task("depth", estimate=Killed())
    with (
        pytest.raises(
            SearchError, match=r"was killed, most likely because memory ran out\. The scores so far are kept"
        ),
        Evaluator(task, tmp_path / "s.sqlite", jobs=2) as evaluator,
    ):
        evaluator.estimates(archs(), silent, "")


@dataclasses.dataclass(frozen=True)
class Interrupted:
    """An estimate that every process of the terminal's group gets a Ctrl-C before; tells whether it came here."""

    def __call__(self, graph: Graph) -> Estimate:
        os.kill(os.getpid(), signal.SIGINT)
        return cast(Estimate, signal.SIGINT in signal.sigpending())


def test_interrupts_are_the_parents_matter(tmp_path: Path) -> None:
    with Evaluator(make_task("depth", estimate=Interrupted()), tmp_path / "s.sqlite", jobs=2) as evaluator:
        assert evaluator.estimates(archs(), silent, "") == [True] * 4
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
