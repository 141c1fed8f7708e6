"""Evaluation of many architectures: estimates and proxy scores out, computed by a pool of processes, kept in SQLite.

A score depends on the architecture, the proxy and the settings alone; it is stored when it is ready, so a search that
was killed goes on where it was. Every process runs one torch thread: two processes are faster than two threads.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import connection, get_context, parent_process, resource_tracker
from pathlib import Path
from types import TracebackType
from typing import TypeVar, cast

from search.candidate import Candidate, Score
from search.data import Images, Labels
from search.errors import SearchError
from search.hardware.estimate import Estimate
from search.hardware.ops import Graph
from search.proxies import get_proxy
from search.score_cache import ScoreCache
from search.spaces import Arch, DeployableSpace, Space

#: done, total, what is being done.
Progress = Callable[[int, int, str], None]
Scores = dict[str, Score]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Task:
    """What evaluations depend on besides the architecture; a plain value that is sent to every process once.

    estimate: what a graph needs on the board, None where architectures are only ranked.
    images, labels: as in search.candidate.Candidate. space_module: name of the module that is the space.
    """

    space_module: str
    proxies: tuple[str, ...]
    images: Images
    labels: Labels
    classes: int
    seed: int
    estimate: Callable[[Graph], Estimate] | None
    device: str = "cpu"
    thin: bool = False

    @property
    def space(self) -> Space:
        """The search space."""
        return cast(Space, importlib.import_module(self.space_module))

    def estimated(self, arch: Arch) -> Estimate:
        """What `arch` needs on the board."""
        assert self.estimate is not None, "only ranked"
        return self.estimate(cast(DeployableSpace, self.space).graph(arch, self.classes, self.images.shape[-1]))

    def scored(self, arch: Arch, proxies: Sequence[str]) -> Scores:
        """The scores of `arch` by some of the proxies, on one torch thread."""
        import torch

        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            given = (self.images, self.labels, self.classes, self.seed, self.device, self.thin)
            candidate = Candidate(self.space, arch, *given)
            return {name: candidate.score(name) for name in proxies}
        finally:
            torch.set_num_threads(threads)

    def digest(self, proxy: str) -> str:
        """Digest of everything that a score by `proxy` depends on besides the architecture, the code included."""
        modules = (importlib.import_module(f"search.{name}") for name in ("candidate", "layers", "network", "passes"))
        code = (sys.modules[get_proxy(proxy).score.__module__], sys.modules[self.space_module], *modules)
        folders = (Path(__file__).parent / name for name in ("proxies", "spaces"))
        shared = sorted(path for folder in folders for path in folder.glob("_[a-z]*.py"))
        facts = (self.seed, self.classes, self.device, self.thin, self.images.shape, version("torch"))
        digest = hashlib.sha256(json.dumps(facts).encode())
        sources = (*(Path(cast(str, module.__file__)) for module in code), *shared)
        for part in (self.images.tobytes(), self.labels.tobytes(), *(source.read_bytes() for source in sources)):
            digest.update(part)
        return digest.hexdigest()[:16]


class Evaluator:
    """Evaluates architectures by `jobs` processes (1: in this one), which it owns: use it as a context manager."""

    def __init__(self, task: Task, cache: Path, jobs: int | None = None) -> None:
        self._task = task
        self._digests = {name: task.digest(name) for name in task.proxies}
        self._cache = ScoreCache(cache)
        self._jobs = jobs or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Evaluator:
        if self._jobs > 1:
            self._pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), _start_worker, (self._task,))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._cache.close()

    def estimates(self, archs: Sequence[Arch], progress: Progress, what: str) -> list[Estimate]:
        """What each architecture needs on the board."""
        calls = dict.fromkeys(archs, ())
        results = {}
        for arch, estimate in self._run(Task.estimated, calls):
            results[arch] = estimate
            progress(len(results), len(calls), what)
        return [results[arch] for arch in archs]

    def scores(self, archs: Sequence[Arch], progress: Progress, what: str) -> list[Scores]:
        """The scores of each architecture by all proxies of the task; what the cache holds is not computed again."""
        known = {arch: self._cached(arch) for arch in archs}
        missing = {arch: [name for name in self._digests if name not in scores] for arch, scores in known.items()}
        calls = {arch: (names,) for arch, names in missing.items() if names}
        done = len(known) - len(calls)
        progress(done, len(known), what)
        for arch, scores in self._run(Task.scored, calls):
            known[arch].update(scores)
            arch_id = self._task.space.arch_id(arch)
            self._cache.put((arch_id, name, self._digests[name], score) for name, score in scores.items())
            done += 1
            progress(done, len(known), what)
        return [{name: known[arch][name] for name in self._digests} for arch in archs]

    def compact(self) -> None:
        """Make the cache's bytes independent of the order in which scores were computed."""
        self._cache.compact()

    def _cached(self, arch: Arch) -> Scores:
        arch_id = self._task.space.arch_id(arch)
        found = {name: self._cache.get(arch_id, name, digest) for name, digest in self._digests.items()}
        return {name: score for name, score in found.items() if score is not None}

    def _run(
        self, function: Callable[..., Result], calls: Mapping[Arch, tuple[object, ...]]
    ) -> Iterator[tuple[Arch, Result]]:
        """`function(task, arch, *arguments)` for all calls, in any order, as they get ready."""
        if self._pool is None:
            for arch, arguments in calls.items():
                yield arch, function(self._task, arch, *arguments)
            return
        try:
            with _interrupts_held_back():  # here the processes start, and inherit it
                futures = {self._pool.submit(_work, function, arch, *rest): arch for arch, rest in calls.items()}
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise SearchError(
                "A process that scores architectures was killed, most likely because memory ran out. The scores so far "
                "are kept: run again, with a smaller batch or fewer jobs in [search]."
            ) from None


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C comes when the block ends; the processes started in it never get it, not even while they import."""
    resource_tracker.ensure_running()  # its start would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_task: Task


def _start_worker(task: Task) -> None:
    """Set up a process of the pool, which ends when its parent does."""
    global _task
    _task = task
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work(function: Callable[..., Result], *arguments: object) -> Result:
    return function(_task, *arguments)
