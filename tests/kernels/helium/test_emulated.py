"""Helium kernels, planned by the compiler, on the emulated board: the host has no such vectors to run them on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device_profiles.loader import load_board
from search.hardware.ops import Activation, Padding
from search.hardware.variants import VARIANTS
from tests.support import require_tool
from tests.tflite_builder import Quantization, TfliteBuilder
from toolchain.build import build
from toolchain.compile.compiler import Compiled, compile_model
from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.oracle import run_oracle
from toolchain.samples import default_samples
from toolchain.tflite.reader import read_model
from toolchain.verify import expectation, verify

KERNELS = {row.name for row in VARIANTS if row.folder == "helium"}
BOARD = "qemu_mps3_an547"
SCALE = 0.0625


class Chain:
    """A network that grows at its end; weight scales are such that the values fill the outputs.

    ties: all scales are powers of two, so that many values lie half-way between two outputs, on either side of 0.
    """

    def __init__(self, seed: int, shape: tuple[int, int, int], ties: bool = False, zero_point: int = -128) -> None:
        self.rng = np.random.default_rng(seed)
        self.ties = ties
        self.builder = TfliteBuilder()
        self.end = self.builder.input((1, *shape), (SCALE, zero_point))

    @property
    def channels(self) -> int:
        return self.builder.shape(self.end)[3]

    def _target(self, activation: Activation, factor: float = 1.0) -> Quantization:
        return SCALE * factor, -128 if activation == "relu" else int(self.rng.integers(-60, 60))

    def _scales(self, depth: int, count: int) -> np.ndarray:
        exponents = np.log2(0.012 * depth**-0.5) + self.rng.uniform(-1, 1, count)
        return 2.0 ** (np.round(exponents) if self.ties else exponents)

    def conv(
        self, channels: int, kernel: tuple[int, int], stride: int = 1, activation: Activation = "none",
        padding: Padding = "same", dilation: int = 1,
    ) -> Chain:  # fmt: skip
        shape = (channels, *kernel, self.channels)
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        scales = self._scales(weights[0].size, channels)
        bias = self.rng.integers(-9000, 9000, channels).astype(np.int32)
        self.end = self.builder.conv_2d(
            self.end, weights, scales, self._target(activation), bias, (stride, stride), (dilation, dilation), padding,
            activation,
        )  # fmt: skip
        return self

    def depthwise(
        self, kernel: tuple[int, int], stride: int = 1, activation: Activation = "none", padding: Padding = "same"
    ) -> Chain:
        weights = self.rng.integers(-127, 128, (1, *kernel, self.channels)).astype(np.int8)
        scales = self._scales(kernel[0] * kernel[1], self.channels)
        bias = self.rng.integers(-9000, 9000, self.channels).astype(np.int32)
        self.end = self.builder.depthwise_conv_2d(
            self.end, weights, scales, self._target(activation), bias, (stride, stride), (1, 1), padding, activation
        )
        return self

    def add(self, other: int, activation: Activation = "none", factor: float = 1.3) -> Chain:
        self.end = self.builder.add(self.end, other, self._target(activation, factor), activation)
        return self

    def pool(self, kind: str, kernel: int, stride: int) -> Chain:
        self.end = self.builder.pool(kind, self.end, (kernel, kernel), (stride, stride), "same")
        return self

    def classify(self, features: int) -> bytes:
        mean = self.builder.mean(self.end, self._target("none", 0.25))
        weights = self.rng.integers(-127, 128, (features, self.builder.shape(mean)[1])).astype(np.int8)
        scales = self._scales(weights.shape[1], 1)
        return self.builder.build(self.builder.fully_connected(mean, weights, scales, (SCALE, 3), None, "none"))


def whole() -> bytes:
    """Channels in whole vectors, tensors written over each other."""
    chain = Chain(1, (9, 7, 16)).conv(32, (1, 1), activation="relu")
    skip = chain.depthwise((3, 3), activation="relu6").conv(32, (1, 1)).end
    chain.depthwise((5, 5)).add(skip, "relu").depthwise((7, 7)).depthwise((3, 3), 2).conv(48, (1, 1), 2)
    return chain.pool("AVERAGE_POOL_2D", 2, 1).classify(12)


def ragged() -> bytes:
    """Odd channels, last vectors and blocks that are not full, windows that stick out on all sides."""
    chain = Chain(2, (13, 11, 3), zero_point=127).conv(17, (3, 3), 2, "relu").depthwise((3, 3)).conv(7, (1, 1))
    skip = chain.depthwise((2, 3), activation="relu").conv(7, (5, 4), activation="relu6").end
    chain.pool("MAX_POOL_2D", 3, 1).add(skip).depthwise((4, 6), 1, "relu").depthwise((3, 2), padding="valid")
    chain.conv(5, (3, 3), dilation=2)
    return chain.depthwise((3, 3), 2, "relu", "valid").pool("AVERAGE_POOL_2D", 3, 2).classify(5)


def ties() -> bytes:
    chain = Chain(3, (10, 6, 16), ties=True, zero_point=0).depthwise((3, 3)).conv(20, (1, 1))
    skip = chain.depthwise((3, 3), 1).end
    return chain.conv(20, (3, 3)).add(skip, factor=1.0).depthwise((3, 3), 2).classify(9)


def compiled(model: bytes) -> Compiled:
    return compile_model(read_model(model), load_board(BOARD))


def test_the_networks_use_every_kernel_and_no_other() -> None:
    steps = [step for make in (whole, ragged, ties) for step in compiled(make()).program.steps]
    assert {step.variant.name for step in steps} == KERNELS


def test_a_block_needs_little_more_than_one_tensor() -> None:
    chain = Chain(4, (25, 5, 64)).depthwise((3, 3)).conv(64, (1, 1)).depthwise((5, 5))
    two_pixels, columns = 128, 3 * 8 * 14
    assert compiled(chain.builder.build(chain.end)).program.arena_bytes <= 8000 + two_pixels + columns


@pytest.mark.emulator
@pytest.mark.parametrize("make", [whole, ragged, ties])
def test_bit_exact_on_the_emulated_board(make, tmp_path: Path) -> None:
    model, board = make(), load_board(BOARD)
    require_tool(f"{board.cpu.compiler}gcc", "make", str(board.flasher.options["binary"]))
    result = compiled(model)
    image = build(board, result.source, result.kernel_sources, tmp_path)
    start = flasher(board.flasher.name).start
    with start(image.elf, board, None, True) as url, open_device(url, board) as device:
        device.hello()
        expected = expectation(result.model, result.program, image.model_crc32)
        samples = default_samples(result.model, seed=0).inputs
        found = verify(device, expected, samples, partial(run_oracle, model))
        assert (found.samples, found.first_mismatch) == (len(samples), None)
        assert len({output[0].tobytes() for output in found.outputs}) > 1
        measured, bound = device.memory().stack_bytes, image.stack_bound_bytes
    assert measured is not None
    assert bound is not None
    assert measured <= bound <= measured + 128
