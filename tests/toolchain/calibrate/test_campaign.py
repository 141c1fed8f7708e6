"""Measuring: what is invalid is no number, a lost board loses nothing, and an interrupted calibration goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_profiles import load_board
from search.hardware.common_models import ds_cnn
from search.hardware.lowering import lower
from search.hardware.prior import prior
from toolchain.bench.image import Constants
from toolchain.bench.job import Job, job_of
from toolchain.bench.operation import isolate, operation_id
from toolchain.bench.session import Count, EngineCost, Unbelievable
from toolchain.calibrate import campaign
from toolchain.calibrate.campaign import Campaign, measure_plan
from toolchain.calibrate.design import Design
from toolchain.calibrate.journal import Journal
from toolchain.calibrate.plan import Plan
from toolchain.errors import EnvironmentFailure, InvalidMeasurement

BOARD = load_board("qemu_mps2_an386")
PROGRAM = lower(ds_cnn(), BOARD.cpu.kernels)
GRAPHS = {operation_id(graph): graph for graph in (isolate(ds_cnn(), step) for step in PROGRAM.steps)}
KEY = {"board": "qemu_mps2_an386"}


def plan() -> Plan:
    jobs = {name: job_of(graph, BOARD) for name, graph in GRAPHS.items()}
    steps = [job.step for job in jobs.values()]
    return Plan(jobs, Design(steps, [PROGRAM], prior(BOARD)), {}, Constants(1 << 20))


class FakeBoard:
    """Counts 1000 for everything; `event(number)` may raise at the measurement of that number (from 0 on)."""

    def __init__(self, event: Callable[[int], None] = lambda number: None) -> None:
        self.event, self.measured, self.opened = event, 0, 0

    @contextmanager
    def open(self, *_: object) -> Iterator[FakeBoard]:
        self.opened += 1
        yield self

    def check_clock(self, job: Job) -> None:
        pass

    def measure(self, job: Job, crc: int) -> dict[str, Count]:
        number, self.measured = self.measured, self.measured + 1
        self.event(number)
        return {"instructions": Count(1000, 1000, 1000)}

    def engine(self) -> dict[str, EngineCost]:
        return {"instructions": EngineCost(7.0, 1.0)}


class FakeImage:
    """Of which every object has the same digest."""

    def __init__(self, digest: str = "a" * 64) -> None:
        self.objects = type("Same", (dict,), {"__missing__": lambda self, key: digest})()


class FakeBench:
    board = BOARD

    def __init__(self, digest: str = "a" * 64) -> None:
        self.image = FakeImage(digest)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Campaign]:
    """run(board, digest=...): a campaign over the five operations of a DS-CNN, with one journal for the test."""

    def measure(board: FakeBoard, digest: str = "a" * 64, budget: int = 4) -> Campaign:
        monkeypatch.setattr(campaign, "build_bench", lambda *_: FakeBench(digest))
        monkeypatch.setattr(campaign, "_host_crcs", lambda plan, _: dict.fromkeys(plan.jobs, 5))
        monkeypatch.setattr(campaign, "open_session", board.open)
        journal = Journal(tmp_path / "journal", KEY)
        return measure_plan(BOARD, plan(), ("instructions",), budget, journal, lambda *_: None)

    return measure


def raising(error: Exception, *numbers: int) -> Callable[[int], None]:
    def event(number: int) -> None:
        if number in numbers:
            raise error

    return event


def test_measurements_are_kept_with_all_that_they_depend_on(run: Callable[..., Campaign], tmp_path: Path) -> None:
    found = run(FakeBoard())
    assert len(found.valid) == 4
    entry = found.valid[0]
    assert entry["counts"] == {"instructions": {"min": 1000, "count": 1000, "max": 1000}}
    assert len(entry["object_sha256"]) == 64
    assert entry["crc32"] == "00000005"
    lines = (tmp_path / "journal").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines[1:]] == list(found.entries)


def test_what_is_not_to_be_believed_is_invalid_and_another_takes_its_place(run: Callable[..., Campaign]) -> None:
    board = FakeBoard(raising(Unbelievable("frozen counter"), 1))
    found = run(board)
    assert (len(found.entries), len(found.valid), board.opened) == (5, 4, 1)
    (invalid,) = [entry for entry in found.entries.values() if not entry["valid"]]
    assert (invalid["why"], invalid["counts"]) == ("frozen counter", {})


@pytest.mark.parametrize("error", [EnvironmentFailure("went away"), InvalidMeasurement("crashed at pc 0x10")])
def test_a_lost_board_is_opened_again_and_loses_nothing(run: Callable[..., Campaign], error: Exception) -> None:
    board = FakeBoard(raising(error, 2))
    found = run(board)
    assert (len(found.entries), len(found.valid), board.opened) == (4, 4, 2)


def test_an_operation_that_always_loses_the_board_is_invalid(run: Callable[..., Campaign]) -> None:
    board = FakeBoard(raising(EnvironmentFailure("hangs"), 1, 2))
    found = run(board)
    assert len(found.valid) == 4
    assert [entry["why"] for entry in found.entries.values() if not entry["valid"]] == ["hangs"]


def test_a_board_that_stays_away_ends_the_calibration_with_what_there_is(
    run: Callable[..., Campaign], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "_MAX_LOSSES", 2)
    board = FakeBoard(raising(EnvironmentFailure("unplugged."), *range(2, 100)))
    with pytest.raises(EnvironmentFailure, match=r"2 measurements are kept in .*journal.*say the same command again"):
        run(board)
    assert [json.loads(line)["valid"] for line in (tmp_path / "journal").read_text().splitlines()[1:3]] == [True, True]


def test_an_interrupted_calibration_goes_on(run: Callable[..., Campaign]) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(FakeBoard(raising(KeyboardInterrupt(), 2)))
    again = FakeBoard()
    assert len(run(again).valid) == 4
    assert again.measured == 2


def test_a_changed_kernel_is_measured_again(run: Callable[..., Campaign]) -> None:
    run(FakeBoard())
    again = FakeBoard()
    found = run(again, digest="b" * 64)
    assert again.measured == len(found.valid) == 4


def test_no_board_at_all_is_said_at_once(run: Callable[..., Campaign]) -> None:
    board = FakeBoard()

    @contextmanager
    def absent(*_: object) -> Iterator[FakeBoard]:
        raise EnvironmentFailure("No probe found")
        yield board

    board.open = absent
    with pytest.raises(EnvironmentFailure, match="No probe found"):
        run(board)


def test_a_journal_for_another_key_and_half_a_line_are_left_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", KEY)
    journal.add({"id": "one", "valid": True})
    with (tmp_path / "j").open("a") as stream:
        stream.write('{"id": "tw')
    again = Journal(tmp_path / "j", KEY)
    assert list(again.entries) == ["one"]
    again.add({"id": "three", "valid": True})
    assert list(Journal(tmp_path / "j", KEY).entries) == ["one", "three"]
    assert Journal(tmp_path / "j", {"board": "another"}).entries == {}
    journal.end()
    assert not (tmp_path / "j").exists()
