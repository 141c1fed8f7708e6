"""Convolutions and fully connected layers for Cortex-M with DSP, planned by the compiler, on the emulated board."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device_profiles.loader import load_board
from device_profiles.schema import Board
from search.hardware.ops import Activation
from search.hardware.variants import VARIANTS
from tests.support import require_tool
from tests.tflite_builder import Quantization, TfliteBuilder
from toolchain.build import build
from toolchain.compile.compiler import compile_model
from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.oracle import run_oracle
from toolchain.samples import default_samples
from toolchain.tflite.reader import read_model
from toolchain.verify import expectation, verify

KERNELS = {row.name for row in VARIANTS if row.folder == "cortex_m_dsp" and row.kind in ("CONV_2D", "FULLY_CONNECTED")}


SCALE = 0.04  # of every tensor; 6 is 150 steps


class Chain:
    """A network that grows at its end; weight scales are such that the values fill the outputs.

    large: the first channel of each operation is multiplied by 1 or more.
    """

    def __init__(self, seed: int, shape: tuple[int, ...], large: bool = False) -> None:
        self.large = large
        self.rng = np.random.default_rng(seed)
        self.builder = TfliteBuilder()
        self.end = self.builder.input((1, *shape), (SCALE, int(self.rng.integers(-128, 128))))

    def _parts(self, shape: tuple[int, ...], activation: Activation) -> tuple[np.ndarray, np.ndarray, Quantization]:
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        scales = 0.01 * (weights.size / shape[0]) ** -0.5 * 2.0 ** self.rng.uniform(-1, 1, shape[0])
        if self.large:
            scales[0] = 1.5
        return weights, scales, (SCALE, -128 if activation == "relu" else int(self.rng.integers(-60, 60)))

    def conv(
        self, channels: int, kernel: tuple[int, int], stride: int = 1, activation: Activation = "none",
        dilation: int = 1,
    ) -> Chain:  # fmt: skip
        in_c = self.builder.shape(self.end)[3]
        weights, scales, target = self._parts((channels, *kernel, in_c), activation)
        bias = self.rng.integers(-9000, 9000, channels).astype(np.int32)
        self.end = self.builder.conv_2d(
            self.end, weights, scales, target, bias, (stride, stride), (dilation, dilation), "same", activation
        )
        return self

    def dense(self, features: int, activation: Activation = "none") -> Chain:
        inputs = int(np.prod(self.builder.shape(self.end)))
        weights, scales, target = self._parts((features, inputs), activation)
        flat = self.builder.reshape(self.end, (1, inputs))
        self.end = self.builder.fully_connected(flat, weights, scales[:1], target, None, activation)
        return self

    def model(self) -> bytes:
        return self.builder.build(self.end)


def narrow() -> bytes:
    chain = Chain(1, (13, 11, 3)).conv(9, (3, 3), 2, "relu").conv(20, (1, 1)).conv(17, (1, 1), 1, "relu6")
    chain.conv(12, (10, 4), 1).conv(16, (3, 3), 1, "relu").conv(7, (3, 3), 1).conv(8, (3, 3), 1, "none", 2)
    return chain.conv(5, (5, 5), 2, "relu6").dense(31, "relu6").dense(6).model()


def wide() -> bytes:
    chain = Chain(2, (7, 5, 60)).conv(56, (3, 3), 1, "relu").conv(64, (3, 3)).conv(62, (3, 3), 2, "relu")
    return chain.conv(24, (3, 3), 2).conv(23, (1, 1), 2).dense(501).dense(19, "relu").model()


def large() -> bytes:
    chain = Chain(3, (9, 7, 6), large=True).conv(17, (3, 3), 2, "relu6").conv(8, (1, 1)).conv(5, (3, 3), 1, "relu")
    return chain.dense(11, "relu").dense(6).model()


def dsp_board() -> Board:
    board = load_board("qemu_mps2_an386")
    return board.model_copy(update={"cpu": board.cpu.model_copy(update={"kernels": ("cortex_m_dsp", "ref")})})


def test_the_networks_use_every_kernel() -> None:
    board = dsp_board()
    programs = [compile_model(read_model(make()), board).program for make in (narrow, wide, large)]
    assert {step.variant.name for program in programs for step in program.steps} == KERNELS


@pytest.mark.emulator
@pytest.mark.parametrize("make", [narrow, wide, large])
def test_bit_exact_on_the_emulated_board(make, tmp_path: Path) -> None:
    board = dsp_board()
    require_tool(f"{board.cpu.compiler}gcc", "make", str(board.flasher.options["binary"]))
    data = make()
    compiled = compile_model(read_model(data), board)
    image = build(board, compiled.source, compiled.kernel_sources, tmp_path)
    start = flasher(board.flasher.name).start
    with start(image.elf, board, None, True) as url, open_device(url, board) as device:
        device.hello()
        expected = expectation(compiled.model, compiled.program, image.model_crc32)
        samples = default_samples(compiled.model, seed=0).inputs
        found = verify(device, expected, samples, partial(run_oracle, data))
        assert (found.samples, found.first_mismatch) == (len(samples), None)
        assert len({output[0].tobytes() for output in found.outputs}) > 1
        measured, bound = device.memory().stack_bytes, image.stack_bound_bytes
    assert measured is not None
    assert bound is not None
    assert measured <= bound <= measured + 256
