"""Bounds: what a board and a configuration allow, and what is said about a limit that means nothing."""

from __future__ import annotations

import pytest

from device_profiles import load_board
from device_profiles.schema import Board
from search.errors import SearchError
from search.hardware.estimate import Estimate
from search.limits import Bound, bounds
from search.settings import Limits

ESTIMATE = Estimate(arena_bytes=3000, flash_bytes=None, count=150, macs=9)


@pytest.fixture
def emulator() -> Board:
    return load_board("qemu_mps2_an386")


def on_silicon(board: Board) -> Board:
    """The board as if it had a cycle counter and 100 MHz."""
    timing = board.timing.model_copy(update={"kind": "cycles"})
    clock = board.clock.model_copy(update={"hz": 100_000_000})
    return board.model_copy(update={"timing": timing, "clock": clock})


def test_memories_of_the_board_are_bounds_that_limits_only_lower(emulator: Board) -> None:
    arena, flash = bounds(Limits(flash_bytes=1000), emulator)
    assert arena == Bound("arena_bytes", "arena_bytes", emulator.arena_limit_bytes, "B", False)
    assert flash == Bound("flash_bytes", "flash_bytes", 1000, "B", True)
    huge = bounds(Limits(arena_bytes=2**40, flash_bytes=2**40), emulator)
    assert [bound.at_most for bound in huge] == [emulator.arena_limit_bytes, emulator.memory.flash.bytes]


def test_a_count_is_bounded_in_the_boards_own_kind(emulator: Board) -> None:
    assert bounds(Limits(instructions=5000), emulator)[2] == Bound("instructions", "count", 5000, "instructions", True)
    latency = bounds(Limits(latency_us=20), on_silicon(emulator))[2]
    assert latency == Bound("latency_us", "count", 2000, "cycles", True)


@pytest.mark.parametrize(
    ("board", "limits", "message"),
    [
        ("emulator", Limits(latency_us=5), "latency_us = 5.0 means nothing on qemu_mps2_an386: it counts instructions"),
        (
            "silicon",
            Limits(instructions=5000),
            "instructions = 5,000 means nothing on qemu_mps2_an386: it counts cycles",
        ),
        ("host", Limits(instructions=5000), "instructions = 5,000 means nothing on host: it measures no time"),
    ],
)
def test_another_kind_is_an_error(emulator: Board, board: str, limits: Limits, message: str) -> None:
    boards = {"emulator": emulator, "silicon": on_silicon(emulator), "host": load_board("host")}
    advice = {"emulator": "Give limits.instructions instead.", "silicon": "Give limits.latency_us instead."}
    with pytest.raises(SearchError) as error:
        bounds(limits, boards[board])
    assert str(error.value) == f"limits.{message}. {advice.get(board, 'Remove it.')}"


def test_the_excess_is_a_share_of_the_bound() -> None:
    assert Bound("arena_bytes", "arena_bytes", 2000, "B", True).excess(ESTIMATE) == pytest.approx(0.5)
    assert Bound("arena_bytes", "arena_bytes", 3000, "B", True).excess(ESTIMATE) == 0
    bound = Bound("instructions", "count", 100, "instructions", True)
    assert bound.explain(ESTIMATE) == "instructions 150 > 100 instructions"


def test_a_limit_on_a_figure_that_nothing_predicts_is_not_ignored() -> None:
    assert Bound("flash_bytes", "flash_bytes", 10, "B", False).excess(ESTIMATE) == 0
    with pytest.raises(SearchError, match=r"limits\.flash_bytes cannot be held: nothing predicts it for this board"):
        Bound("flash_bytes", "flash_bytes", 10, "B", True).excess(ESTIMATE)
