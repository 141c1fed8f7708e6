"""Every registered board: its firmware builds, and where a program stands for the board, boots, answers and counts."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from device_profiles import Board, board_names, load_board
from tests.firmware.toy import SHA256, SPIN_INSTRUCTIONS, WIDTH, toy_model, toy_output
from tests.support import require_tool
from toolchain.build import Image, build
from toolchain.elf import read_elf
from toolchain.errors import InvalidMeasurement
from toolchain.flashers import flasher
from toolchain.link.device import Device, open_device

BOARDS = board_names()
EMULATED = [name for name in BOARDS if load_board(name).emulated]
COUNTING = [name for name in EMULATED if load_board(name).timing.kind == "instructions"]
#: Turns of the spin steps; the last takes SysTick around several times.
SPINS = (1, 2, 3, 1000, 1001, 1_000_000, 20_000_000)
DATA = bytes(i % 256 for i in range(WIDTH))


@dataclass(frozen=True)
class Built:
    """A board and the toy's image for it."""

    board: Board
    image: Image

    @contextmanager
    def running(self) -> Iterator[Device]:
        require_tool(*tools(self.board))
        with (
            flasher(self.board.flasher.name).start(self.image.elf, self.board, None, True) as port,
            open_device(port, self.board) as device,
        ):
            yield device

    def instructions(self, ticks: int) -> int:
        timing = self.board.timing
        assert timing.ns_per_instruction is not None
        return round(ticks * 1e9 / timing.hz / timing.ns_per_instruction)


def tools(board: Board) -> list[str]:
    program = board.flasher.options.get("binary")
    return [f"{board.cpu.compiler}gcc", "make", *([str(program)] if program else [])]


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The toy of the board `request.param`, built once for this file."""
    board = load_board(request.param)
    require_tool(f"{board.cpu.compiler}gcc", "make")
    return Built(board, build(board, toy_model(SPINS, crashes=True), [], tmp_path_factory.mktemp(board.name)))


@pytest.fixture(scope="module")
def device(built: Built) -> Iterator[Device]:
    """The board with the toy, running for all tests of this file."""
    with built.running() as device:
        device.hello()
        yield device


on_boards = pytest.mark.parametrize("built", BOARDS, indirect=True, scope="module")
on_emulated = pytest.mark.parametrize("built", EMULATED, indirect=True, scope="module")
on_counting = pytest.mark.parametrize("built", COUNTING, indirect=True, scope="module")


@on_boards
def test_the_image_is_the_sum_of_its_parts(built: Built):
    image, board = built.image, built.board
    if board.cpu.core == "host":
        assert image.flash_sections is image.flash_bytes is image.stack_bound_bytes is None
        return
    assert image.flash_sections is not None
    assert list(image.flash_sections) == ["startup", "engine", "kernels", "model", "app", "libc"]
    assert image.flash_bytes == sum(image.flash_sections.values())
    sections = read_elf(image.elf).sections
    assert sections[".startup"].address == board.memory.flash.origin
    last = sections[".model"]
    assert last.address + last.size_bytes - board.memory.flash.origin + (image.data_bytes or 0) == image.flash_bytes
    assert image.arena_bytes == 3 * WIDTH


@on_boards
def test_reserved_ram_holds_stack_and_data(built: Built):
    """An arena as large as the profile allows still leaves room for all else, with a profile of 1,000 steps."""
    image, board = built.image, built.board
    if image.bss_bytes is not None:
        data = image.bss_bytes + (image.data_bytes or 0) - 4 * (2 + len(SPINS) + 1)
        assert data + 4 * 1000 + board.firmware.stack_bytes <= board.memory.reserve_bytes


@pytest.mark.emulator
@on_emulated
def test_the_board_answers_as_its_profile_says(built: Built, device: Device):
    board, image, hello = built.board, built.image, device.hello()
    assert (hello.board, hello.build_id, hello.model_sha256) == (board.name, image.build_id, SHA256.hex())
    assert (hello.clock_hz, hello.timer_hz, hello.timer) == (board.clock.hz, board.timing.hz, board.timing.source)
    assert hello.timer_ok == (board.timing.kind is not None)
    assert hello.max_payload == board.firmware.max_payload
    assert hello.arena_bytes == image.arena_bytes
    assert device.check()[0] == image.model_crc32


@pytest.mark.emulator
@on_emulated
def test_a_restarted_board_is_as_new(device: Device):
    before = device.hello()
    device.write_input(0, DATA)
    device.run(steps=2, profile=True)
    device.reset()
    assert device.hello() == before
    with pytest.raises(InvalidMeasurement, match="profile of the last run is gone"):
        device.read_profile(2)


@pytest.mark.emulator
@on_emulated
def test_inference_over_the_line(device: Device):
    device.write_input(0, DATA)
    device.run(steps=2)
    assert device.read_output(0, WIDTH) == toy_output(DATA)
    assert device.read_arena(0, WIDTH) == DATA


@pytest.mark.emulator
@on_counting
def test_counts_are_exact_and_the_same_in_every_run(built: Built, device: Device):
    steps = 2 + len(SPINS)
    overhead = built.instructions(device.hello().timer_overhead)
    runs = []
    for _ in range(2):
        device.write_input(0, DATA)
        whole = device.run(steps).ticks
        profiled = device.run(steps, profile=True).ticks
        runs.append((whole, profiled, device.read_profile(steps)))
    assert runs[0] == runs[1]
    whole, _, ticks = runs[0]
    counts = [built.instructions(t) - overhead for t in ticks]
    around_loops = {count - SPIN_INSTRUCTIONS * turns for count, turns in zip(counts[2:], SPINS, strict=True)}
    assert len(around_loops) == 1
    # What the whole run has besides its steps: the engine's loop, the same few instructions a step.
    engine = built.instructions(whole) - overhead - sum(counts)
    assert -10 * steps < engine < 10 * steps


@pytest.mark.emulator
@on_counting
def test_the_stack_stays_below_its_bound_and_near_it(built: Built, device: Device):
    device.run(2 + len(SPINS), profile=True)
    device.read_output(0, WIDTH)
    measured, bound = device.memory().stack_bytes, built.image.stack_bound_bytes
    assert measured is not None
    assert bound is not None
    assert measured <= bound <= measured + 128


@pytest.mark.emulator
@on_emulated
def test_a_crash_is_told_once_with_its_place(built: Built):
    core = built.board.cpu.core
    cause = "illegal|Illegal" if core == "host" or core.startswith("rv") else r"undefined instruction \(UNDEFINSTR\)"
    with built.running() as device:
        device.hello()
        with pytest.raises(InvalidMeasurement, match=cause) as error:
            device.run()
    if core != "host":
        place = read_elf(built.image.elf).symbols["crash"].value & ~1
        assert f"pc 0x{place:08x}" in str(error.value)


def test_all_texts_of_hello_fit():
    for name in BOARDS:
        board = load_board(name)
        assert len(board.name) <= 32
        assert len(" ".join(board.cpu.kernels)) <= 32
        assert struct.pack("<H", board.firmware.max_payload)


def test_files_stay_where_the_profile_says():
    root = Path(__file__).resolve().parents[2] / "firmware"
    for name in BOARDS:
        firmware = load_board(name).firmware
        assert all((root / "hal" / source).is_file() for source in firmware.hal)
        assert (root / "ld" / (firmware.linker_script or "host.ld.in")).is_file()
