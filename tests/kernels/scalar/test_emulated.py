"""Kernels for cores without DSP through the whole chain: random operations, many in an image, on emulated boards."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device_profiles import Board, load_board
from search.hardware.variants import VARIANTS
from tests.fuzz.boards import side_by_side
from tests.kernels.cases import CASES, Case
from tests.kernels.networks import network
from tests.kernels.probes import PROBES
from tests.support import require_tool, shared_data
from toolchain.compile.compiler import Compiled, compile_model
from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.oracle import run_oracle
from toolchain.samples import default_samples
from toolchain.tflite.reader import read_model
from toolchain.verify import expectation, verify
from toolchain.workspace import compile_and_build

SEED = 32
BOARDS = ("qemu_mps2_an385", "qemu_mps2_an385_m0plus", "qemu_riscv_virt")
COUNTS = {  # in an image; a model may have 64 inputs
    "conv_2d": 16, "depthwise_conv_2d": 16, "fully_connected": 6, "add": 5, "average_pool_2d": 6, "max_pool_2d": 3,
    "mean": 6,
}  # fmt: skip

pytestmark = pytest.mark.parametrize("board_name", BOARDS)


def operations() -> list[Case]:
    return [CASES[kind](np.random.default_rng([SEED, i])) for kind, count in COUNTS.items() for i in range(count)]


def board_of(name: str) -> Board:
    board = load_board(name)
    require_tool(f"{board.cpu.compiler}gcc", "make", str(board.flasher.options["binary"]))
    return board


def assert_exact(model: bytes, inputs: list[tuple[np.ndarray, ...]], board: Board, folder: Path) -> Compiled:
    """Build and run; also holds the stack to its bound."""
    compiled, image = compile_and_build(read_model(model), board, folder)
    with flasher(board.flasher.name).start(image.elf, board, None, True) as url, open_device(url, board) as device:
        device.hello()
        expected = expectation(compiled.model, compiled.program, image.model_crc32)
        found = verify(device, expected, inputs, partial(run_oracle, model))
        assert (found.samples, found.first_mismatch) == (len(inputs), None)
        measured, bound = device.memory().stack_bytes, image.stack_bound_bytes
    assert measured is not None
    assert bound is not None
    assert measured <= bound <= measured + 128
    return compiled


@pytest.mark.slow
@pytest.mark.emulator
def test_random_operations(board_name: str, tmp_path: Path) -> None:
    board, whole = board_of(board_name), side_by_side(operations())
    compiled = assert_exact(whole.model, [whole.inputs], board, tmp_path)
    used = {step.variant.name for step in compiled.program.steps}
    assert {row.name for row in VARIANTS if row.folder == board.cpu.kernels[0]} <= used


@pytest.mark.emulator
def test_multipliers_to_the_last_bit(board_name: str, tmp_path: Path) -> None:
    kinds = [kind for kind in PROBES if kind.split()[0] in COUNTS]
    probes = [PROBES[kind](np.random.default_rng([SEED, index])) for kind in kinds for index in range(6)]
    whole = side_by_side(probes)
    assert_exact(whole.model, [whole.inputs], board_of(board_name), tmp_path)


@pytest.mark.emulator
def test_networks_whose_tensors_share_memory(board_name: str, tmp_path: Path) -> None:
    whole = side_by_side([network(np.random.default_rng([SEED, index])) for index in range(8)])
    assert_exact(whole.model, [whole.inputs], board_of(board_name), tmp_path)


@pytest.mark.parametrize(("name", "arena_bytes"), [("kws01", 10_000), ("ic01", 36_000)])
def test_reference_models_need_little_more_than_their_tensors(board_name: str, name: str, arena_bytes: int) -> None:
    raw = (shared_data() / f"{name}_int8.tflite").read_bytes()
    assert compile_model(read_model(raw), load_board(board_name)).program.arena_bytes <= arena_bytes


@pytest.mark.emulator
def test_a_reference_model(board_name: str, tmp_path: Path) -> None:
    raw = (shared_data() / "kws01_int8.tflite").read_bytes()
    samples = default_samples(read_model(raw), seed=0).inputs
    assert_exact(raw, list(samples)[:3], board_of(board_name), tmp_path)
