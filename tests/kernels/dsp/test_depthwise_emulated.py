"""Depthwise convolutions, ADD, pools and MEAN for Cortex-M with DSP, planned by the compiler, on the emulated board."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device_profiles.loader import load_board
from device_profiles.schema import Board
from search.hardware.ops import Activation, Padding
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

FAST = {
    "mcn_depthwise_conv_2d_3x3_dsp",
    "mcn_depthwise_conv_2d_3x3_relu_dsp",
    "mcn_depthwise_conv_2d_3x3_s2_dsp",
    "mcn_depthwise_conv_2d_3x3_s2_relu_dsp",
    "mcn_depthwise_conv_2d_any_dsp",
    "mcn_depthwise_conv_2d_dsp",
    "mcn_add_dsp",
    "mcn_add_relu_dsp",
    "mcn_max_pool_2d_dsp",
    "mcn_average_pool_2d_dsp",
    "mcn_mean_dsp",
}


class Chain:
    """A network that grows at its end; every output quantisation is such that the values fill it."""

    def __init__(self, seed: int, shape: tuple[int, int, int]) -> None:
        self.rng = np.random.default_rng(seed)
        self.builder = TfliteBuilder()
        self.end = self.builder.input((1, *shape), (0.05, int(self.rng.integers(-128, 128))))

    def _target(self, factor: float) -> Quantization:
        quantization = self.builder.quantization(self.end)
        assert quantization is not None
        return quantization[0] * factor, int(self.rng.integers(-128, 128))

    def depthwise(
        self, kernel: int, stride: int = 1, padding: Padding = "same", activation: Activation = "none",
        dilation: int = 1, multiplier: int = 1,
    ) -> Chain:  # fmt: skip
        channels = self.builder.shape(self.end)[3] * multiplier
        weights = self.rng.integers(-127, 128, (1, kernel, kernel, channels)).astype(np.int8)
        scales = 0.01 * 2.0 ** self.rng.uniform(-1, 1, channels)
        bias = self.rng.integers(-9000, 9000, channels).astype(np.int32)
        scale, zero_point = self._target(0.4 * kernel)
        target = (scale, -128 if activation != "none" else zero_point)
        self.end = self.builder.depthwise_conv_2d(
            self.end, weights, scales, target, bias, (stride, stride), (dilation, dilation), padding, activation
        )
        return self

    def add(self, other: int, activation: Activation) -> Chain:
        self.end = self.builder.add(self.end, other, self._target(1.3), activation)
        return self

    def pool(self, kind: str, kernel: int, stride: int) -> Chain:
        self.end = self.builder.pool(kind, self.end, (kernel, kernel), (stride, stride), "same")
        return self

    def mean(self) -> bytes:
        return self.builder.build(self.builder.mean(self.end, self._target(0.2)))


def even() -> bytes:
    chain = Chain(1, (24, 18, 12))
    skip = chain.depthwise(3, activation="relu").depthwise(3).end
    chain.depthwise(5).add(skip, "relu").pool("MAX_POOL_2D", 3, 1).depthwise(3, 2, activation="relu6")
    return chain.depthwise(3, 2).mean()


def odd() -> bytes:
    chain = Chain(2, (15, 13, 20))
    skip = chain.depthwise(3, 2).depthwise(3, activation="relu6").end
    chain.depthwise(7).add(skip, "none").pool("AVERAGE_POOL_2D", 2, 1)
    return chain.depthwise(3, padding="valid").depthwise(3, 2, "valid", "relu").mean()


def ragged() -> bytes:
    chain = Chain(3, (11, 9, 7))
    chain.depthwise(3, dilation=2).depthwise(3, multiplier=2, activation="relu6")
    return chain.depthwise(3).depthwise(5, 2, activation="relu").depthwise(2).pool("AVERAGE_POOL_2D", 3, 2).mean()


def compiled(model: bytes, board: Board) -> Compiled:
    return compile_model(read_model(model), board)


def dsp_board() -> Board:
    board = load_board("qemu_mps2_an386")
    return board.model_copy(update={"cpu": board.cpu.model_copy(update={"kernels": ("cortex_m_dsp", "ref")})})


def test_the_networks_use_every_kernel() -> None:
    steps = [step for make in (even, odd, ragged) for step in compiled(make(), dsp_board()).program.steps]
    assert {step.variant.name for step in steps} == FAST


def test_a_depthwise_convolution_needs_no_second_tensor() -> None:
    chain = Chain(4, (25, 5, 64)).depthwise(3).depthwise(3, activation="relu").depthwise(5)
    program = compiled(chain.builder.build(chain.end), dsp_board()).program
    scratch = max(step.variant.scratch_bytes(step.record) for step in program.steps)
    assert program.arena_bytes == 8000 + -(-scratch // 16) * 16


@pytest.mark.emulator
@pytest.mark.parametrize("make", [even, odd, ragged])
def test_bit_exact_on_the_emulated_board(make, tmp_path: Path) -> None:
    model, board = make(), dsp_board()
    require_tool(f"{board.cpu.compiler}gcc", "make", str(board.flasher.options["binary"]))
    result = compiled(model, board)
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
    assert measured <= bound <= measured + 256
