"""The counters of boards with a cost model: known code costs what its table says, and no instruction goes unseen."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from device_profiles import board_names, load_board
from device_profiles.schema import Board
from tests.firmware.toy import SPIN_INSTRUCTIONS, WIDTH, toy_model
from tests.support import require_tool
from toolchain.build import Image, build
from toolchain.emulator.cost_plugin import load_table
from toolchain.errors import EnvironmentFailure, InvalidMeasurement
from toolchain.flashers import flasher, qemu
from toolchain.link.device import Counter, Device, open_device
from toolchain.measure import Timing, measure
from toolchain.verify import load

pytestmark = pytest.mark.emulator

MODELLED = [name for name in board_names() if load_board(name).timing.cost_table]
SPINS = (1, 2, 1000, 7_000_000)  # turns of the spin steps; the last lets SysTick wrap
STEPS = 2 + len(SPINS)
CYCLES, INSTRUCTIONS = 1, 2  # the counters
SAMPLE = [np.arange(WIDTH, dtype=np.uint8).astype(np.int8).reshape(1, WIDTH)]


@contextmanager
def running(image: Image, board: Board) -> Iterator[Device]:
    require_tool("gcc", "qemu-system-arm")
    with flasher("qemu").start(image.elf, board, None, True) as url, open_device(url, board) as device:
        yield device


def measured(image: Image, board: Board, repeats: int = 3) -> Timing | None:
    with running(image, board) as device:
        return measure(device, device.hello(), board, SAMPLE, repeats)


def board_with(board: Board, **timing: object) -> Board:
    return Board.model_validate(board.model_dump() | {"timing": board.timing.model_dump() | timing})


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    require_tool("arm-none-eabi-gcc", "make")
    model = toy_model(SPINS)
    return {name: build(load_board(name), model, [], tmp_path_factory.mktemp(name)) for name in MODELLED}


@pytest.mark.parametrize("name", MODELLED)
def test_modelled_cycles_of_known_code_are_the_tables_and_the_same_in_every_run(images: dict[str, Image], name: str):
    board = load_board(name)
    first, again = measured(images[name], board), measured(images[name], board)
    assert first == again
    assert [timing.kind for timing in (first, *first.others)] == ["instructions", "modelled_cycles"]
    (cycles,) = first.others
    assert cycles.total.min == cycles.total.max
    turn = SPIN_INSTRUCTIONS + load_table(board.timing.cost_table).cycles.taken
    around = {count - turn * turns for count, turns in zip(cycles.steps[2:], SPINS, strict=True)}
    assert len(around) == 1
    assert 5 < around.pop() < 40
    assert abs(cycles.total.median - sum(cycles.steps)) < 30 * STEPS


@pytest.mark.parametrize("name", MODELLED)
def test_the_plugin_sees_every_instruction(images: dict[str, Image], name: str):
    board = load_board(name)
    counted = measured(images[name], board)
    with running(images[name], board) as device:
        device.hello()
        overhead = device.counter(INSTRUCTIONS).overhead
        load(device, SAMPLE)
        assert device.run(counter=INSTRUCTIONS).ticks - overhead == counted.total.median
        load(device, SAMPLE)
        device.run(profile=True, counter=INSTRUCTIONS)
        assert tuple(ticks - overhead for ticks in device.read_profile(STEPS)) == counted.steps


@pytest.mark.parametrize("name", MODELLED)
def test_counts_start_anew_with_a_reset(images: dict[str, Image], name: str):
    with running(images[name], load_board(name)) as device:
        startup = device.hello().startup
        counters = [device.counter(index) for index in (0, CYCLES, INSTRUCTIONS)]
        assert counters[0].startup == startup
        device.reset()
        device.hello()
        assert [device.counter(index) for index in (0, CYCLES, INSTRUCTIONS)] == counters
        assert 0 < counters[INSTRUCTIONS].startup < counters[CYCLES].startup < 10 * counters[INSTRUCTIONS].startup


@pytest.mark.parametrize("name", MODELLED)
def test_a_board_may_count_modelled_cycles_as_its_own_kind(images: dict[str, Image], name: str):
    board = load_board(name)
    usual = measured(images[name], board)
    own = measured(images[name], board_with(board, kind="modelled_cycles"))
    assert (own.kind, own.total, own.steps) == (usual.others[0].kind, usual.others[0].total, usual.others[0].steps)
    assert [(other.kind, other.total, other.steps) for other in own.others] == [
        ("instructions", usual.total, usual.steps)
    ]
    assert own.latency_us is None


def test_without_the_plugin_there_is_no_count(images: dict[str, Image]):
    board = load_board("qemu_mps2_an386")
    with running(images[board.name], board_with(board, cost_table="")) as device:
        with pytest.raises(InvalidMeasurement, match=r"\(cost_cycles\) does not count: the emulator runs without its"):
            measure(device, device.hello(), board, SAMPLE)
        device.run(counter=CYCLES)


def test_a_plugin_that_misses_instructions_is_found(images: dict[str, Image], monkeypatch: pytest.MonkeyPatch):
    board = load_board("qemu_mps2_an386")
    honest = Device.counter

    def more_overhead(device: Device, index: int) -> Counter:
        counter = honest(device, index)
        return dataclasses.replace(counter, overhead=counter.overhead + 3 * (index == INSTRUCTIONS))

    monkeypatch.setattr(Device, "counter", more_overhead)
    with pytest.raises(
        InvalidMeasurement, match=r"has seen [\d,]+ instructions of 14,[\d,]+: its modelled cycles mean"
    ):
        measured(images[board.name], board)


def test_a_counter_that_is_not_there_is_refused(images: dict[str, Image], tmp_path: Path):
    with running(images["qemu_mps2_an386"], load_board("qemu_mps2_an386")) as device:
        device.hello()
        with pytest.raises(EnvironmentFailure, match=r"refused COUNTER: out of range \(3\)"):
            device.counter(3)
        with pytest.raises(EnvironmentFailure, match=r"refused RUN: out of range \(3\)"):
            device.run(counter=3)
    plain = load_board("qemu_mps2_an500")
    with running(build(plain, toy_model(SPINS), [], tmp_path), plain) as device:
        assert device.counter(0).overhead == device.hello().timer_overhead
        with pytest.raises(EnvironmentFailure, match=r"refused RUN: out of range \(1\)"):
            device.run(counter=1)


def test_what_qemu_says_of_a_plugin_that_it_cannot_load(images: dict[str, Image], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(qemu, "plugin_argument", lambda table: "file=/nonexistent.so")
    board = load_board("qemu_mps2_an386")
    with pytest.raises(EnvironmentFailure) as caught, running(images[board.name], board) as device:
        device.hello(timeout_s=0.2)
    assert "nonexistent.so" in str(caught.value)
