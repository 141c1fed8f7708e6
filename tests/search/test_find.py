"""The whole search, small: what it finds and writes, bytes, interruptions, limits that nothing meets."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from search.data import Dataset, load_data
from search.errors import SearchError
from search.evaluate import Progress
from search.find import find_architecture
from search.limits import Bound
from search.result import SearchResult
from search.settings import DataSettings, SearchSettings
from tests.search.fakes import FakeEstimator, silent
from tests.support import ROOT

SETTINGS = SearchSettings(candidates=24, population=8, reference=6, random=60, batch=4, jobs=1)
BOUNDS = (
    Bound("arena_bytes", "arena_bytes", 9000, "B", True),
    Bound("flash_bytes", "flash_bytes", 2500, "B", True),
    Bound("instructions", "count", 800_000, "instructions", True),
)
FILES = {"candidates.csv", "front.json", "limits.json", "pick.json", "reference.json", "scores.sqlite"}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_data(DataSettings(), seed=1)


def find(
    digits: Dataset,
    folder: Path,
    settings: SearchSettings = SETTINGS,
    bounds: tuple[Bound, ...] = BOUNDS,
    counts: bool = True,
    progress: Progress = silent,
    seed: int = 1,
) -> SearchResult:
    return find_architecture(digits, FakeEstimator(counts), bounds, settings, seed, folder, progress)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def found(digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[SearchResult, Path]:
    folder = tmp_path_factory.mktemp("search")
    return find(digits, folder), folder


def test_enough_candidates_are_scored_and_only_those_within_the_limits(found: tuple[SearchResult, Path]) -> None:
    result, _ = found
    scored = [c for c in result.candidates if c.scores]
    assert len(scored) >= SETTINGS.candidates
    assert len({c.arch for c in result.candidates}) == len(result.candidates)
    for candidate in result.candidates:
        within = all(bound.excess(candidate.estimate) == 0 for bound in BOUNDS)
        assert bool(candidate.scores) == within == (not candidate.rejected)
        assert set(candidate.scores) in (set(SETTINGS.proxies), set())


def test_the_pick_has_the_best_aggregate_and_is_explained(found: tuple[SearchResult, Path]) -> None:
    result, folder = found
    aggregates = [c.aggregate for c in result.candidates if c.aggregate is not None]
    assert result.pick.aggregate == max(aggregates)
    assert result.explanation.startswith(f"{result.pick.arch_id} is the pick of {len(result.front)} ")
    assert json.loads((folder / "pick.json").read_text())["arch"] == result.pick.arch_id


def test_limits_tell_what_they_reject_of_random_architectures(found: tuple[SearchResult, Path]) -> None:
    result, folder = found
    shares = result.rejection.shares
    assert all(0 < share < 1 for share in shares.values())
    assert max(shares.values()) <= result.rejection.together <= sum(shares.values())
    assert json.loads((folder / "limits.json").read_text())["random"]["samples"] == SETTINGS.random


def test_files_are_complete(found: tuple[SearchResult, Path]) -> None:
    result, folder = found
    assert set(contents(folder)) == FILES
    rows = list(csv.DictReader((folder / "candidates.csv").open()))
    assert [row["arch"] for row in rows] == [c.arch_id for c in result.candidates]
    assert len(json.loads((folder / "reference.json").read_text())) == SETTINGS.reference


def test_an_aggregate_depends_on_its_architecture_and_the_seed_alone(
    digits: Dataset, found: tuple[SearchResult, Path], tmp_path: Path
) -> None:
    """Other limits and sizes of the search lead to other candidates, but no score changes."""
    settings = SETTINGS.model_copy(update={"population": 12, "candidates": 30})
    other = find(digits, tmp_path, settings, bounds=BOUNDS[1:])
    known = {c.arch: c.aggregate for c in found[0].candidates if c.scores}
    common = [c for c in other.candidates if c.arch in known]
    assert common
    assert all(c.aggregate == known[c.arch] for c in common)


def test_two_processes_write_the_same_bytes(digits: Dataset, found: tuple[SearchResult, Path], tmp_path: Path) -> None:
    find(digits, tmp_path, SETTINGS.model_copy(update={"jobs": 2}))
    assert contents(tmp_path) == contents(found[1])


def test_another_seed_gives_another_search(digits: Dataset, found: tuple[SearchResult, Path], tmp_path: Path) -> None:
    other = find(digits, tmp_path, SETTINGS.model_copy(update={"proxies": ("params", "depth")}), seed=2)
    assert not {c.arch for c in other.candidates[:8]} & {c.arch for c in found[0].candidates[:8]}


def killed_search(folder: Path, jobs: int, at: int) -> list[int]:
    """Search in another process that is killed when candidate `at` was scored; the ids of its workers."""
    code = f"""
import multiprocessing, os, signal, sys
from pathlib import Path
from search.data import load_data
from search.settings import DataSettings
from tests.search import test_find

def progress(done, total, what):
    if what == "scoring candidates" and done == {at}:
        print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    settings = test_find.SETTINGS.model_copy(update={{"jobs": {jobs}}})
    test_find.find(load_data(DataSettings(), 1), Path(sys.argv[1]), settings, progress=progress)
"""
    script = folder.with_name("search_and_die.py")
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    return [int(pid) for pid in run.stdout.split()]


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_killed_search_goes_on_and_ends_the_same(
    digits: Dataset, found: tuple[SearchResult, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "search"
    workers = killed_search(folder, jobs=2, at=10)
    assert len(workers) == 2
    assert {path.name for path in folder.iterdir()} <= {"scores.sqlite", "scores.sqlite-journal"}
    scored: list[int] = []
    find(digits, folder, progress=lambda done, _, what: scored.append(done) if what == "scoring candidates" else None)
    assert scored[1] >= 8  # the first generation was known
    assert contents(folder) == contents(found[1])
    deadline = time.monotonic() + 30
    while any(map(running, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(running, workers)), "processes outlive the search that was killed"


def test_a_board_without_counts_is_searched_by_two_objectives(digits: Dataset, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"proxies": ("params", "depth")})
    result = find(digits, tmp_path, settings, BOUNDS[:2], counts=False)
    assert len(result.pick.objectives) == 2
    assert result.pick.estimate.count is None
    assert "count" not in result.explanation.splitlines()[-1]


def test_limits_that_nothing_meets_are_told_with_the_nearest(digits: Dataset, tmp_path: Path) -> None:
    bounds = (Bound("arena_bytes", "arena_bytes", 10, "B", True),)
    settings = SETTINGS.model_copy(update={"proxies": ("params",), "candidates": 8})
    with pytest.raises(SearchError) as error:
        find(digits, tmp_path, settings, bounds)
    assert str(error.value).startswith("None of 80 architectures meets the limits. The nearest, r12_c")
    assert ", has arena_bytes 288 > 10 B. Raise [limits] or choose a larger board." in str(error.value)


def test_too_few_training_images_for_the_batches(digits: Dataset, tmp_path: Path) -> None:
    with pytest.raises(
        SearchError, match=r"need 2 batches of 900 training images, but digits has 1,167\. .* most 583\."
    ):
        find(digits, tmp_path, SETTINGS.model_copy(update={"batch": 900}))
