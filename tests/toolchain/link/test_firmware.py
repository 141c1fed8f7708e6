"""The link, verifying and timing against the real firmware: the host port over its pty, and the emulated board."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from device_profiles.loader import load_board
from device_profiles.schema import Board
from search.hardware.lowering import Program
from tests.support import require_tool
from tests.tflite_builder import TfliteBuilder
from tests.toolchain.link.simulator import Damage
from toolchain.build import Image, build
from toolchain.compile.compiler import compile_model
from toolchain.errors import BadInput, EnvironmentFailure, InvalidMeasurement
from toolchain.flashers import flasher
from toolchain.link.device import Device, open_device
from toolchain.link.hello import expect
from toolchain.link.transport import SerialTransport
from toolchain.measure import measure
from toolchain.oracle import run_oracle
from toolchain.samples import default_samples
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model
from toolchain.verify import expectation, verify


def small_model(first_bias: int = 500) -> bytes:
    """CONV_2D, DEPTHWISE_CONV_2D, MEAN, FULLY_CONNECTED, SOFTMAX on 8x8x3."""
    rng = np.random.default_rng(5)

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(np.int8)

    builder = TfliteBuilder()
    x = builder.input((1, 8, 8, 3), (0.05, 3))
    bias = np.array([first_bias, *range(7)], np.int32)
    x = builder.conv_2d(x, weights(8, 3, 3, 3), [0.01] * 8, (0.3, -5), bias, padding="same", activation="relu")
    bias = np.arange(8, dtype=np.int32)
    x = builder.depthwise_conv_2d(x, weights(1, 3, 3, 8), [0.01] * 8, (0.5, 2), bias, stride=(2, 2), padding="same")
    x = builder.mean(x, (0.3, 1))
    x = builder.fully_connected(x, weights(10, 8), [0.02], (0.2, 0), np.arange(10, dtype=np.int32))
    return builder.build(builder.softmax(x))


@dataclass(frozen=True)
class Built:
    data: bytes
    board: Board
    model: Model
    program: Program
    image: Image

    @contextmanager
    def running(self) -> Iterator[tuple[Device, str]]:
        start = flasher(self.board.flasher.name).start
        with start(self.image.elf, self.board, None, True) as url, open_device(url, self.board) as device:
            yield device, url


def built(board_name: str, data: bytes, folder: Path) -> Built:
    board, model = load_board(board_name), read_model(data)
    require_tool(f"{board.cpu.compiler}gcc", "make", *filter(None, [board.flasher.options.get("binary")]))
    compiled = compile_model(model, board)
    image = build(board, compiled.source, compiled.kernel_sources, folder)
    return Built(data, board, model, compiled.program, image)


@pytest.fixture(scope="module")
def on_host(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built("host", small_model(), tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def flawed(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The same model, but for one bias."""
    return built("host", small_model(first_bias=900), tmp_path_factory.mktemp("flawed"))


def proof(firmware: Built, device: Device, url: str) -> None:
    """HELLO is right, every output is bit-exact."""
    hello = device.hello()
    expect(hello, url, board=firmware.board.name, build_id=firmware.image.build_id, model_sha256=firmware.model.sha256)
    assert (hello.inputs, hello.outputs, hello.steps) == (1, 1, len(firmware.program.steps))
    expected = expectation(firmware.model, firmware.program, firmware.image.model_crc32)
    samples = default_samples(firmware.model, seed=0).inputs
    found = verify(device, expected, samples, partial(run_oracle, firmware.data))
    assert (found.samples, found.first_mismatch) == (10, None)
    assert len({output[0].tobytes() for output in found.outputs}) > 1


def test_the_host_port_is_bit_exact_and_has_no_counts(on_host: Built):
    with on_host.running() as (device, url):
        proof(on_host, device, url)
        sample = default_samples(on_host.model, seed=0).inputs[0]
        assert measure(device, device.hello(), on_host.board, sample) is None
        assert device.memory().arena_bytes == on_host.program.arena_bytes
        device.reset()
        proof(on_host, device, url)


@pytest.mark.emulator
def test_the_emulated_board_is_bit_exact_and_counts_the_same_every_time(tmp_path: Path):
    firmware = built("qemu_mps2_an386", small_model(), tmp_path)
    sample = default_samples(firmware.model, seed=0).inputs[0]
    timings = []
    for _ in range(2):
        with firmware.running() as (device, url):
            proof(firmware, device, url)
            timings.append(measure(device, device.hello(), firmware.board, sample, repeats=3))
            assert 50 < (device.memory().stack_bytes or 0) < 4096
    assert timings[0] == timings[1]
    assert (timings[0].kind, timings[0].latency_us) == ("instructions", None)
    assert len(timings[0].steps) == 5
    assert 0.9 * timings[0].total.median < sum(timings[0].steps) <= timings[0].total.median


def test_the_operation_at_fault_is_found_in_real_firmware(on_host: Built, flawed: Built):
    expected = expectation(flawed.model, flawed.program, flawed.image.model_crc32)
    samples = default_samples(flawed.model, seed=0).inputs
    with flawed.running() as (device, _):
        device.hello()
        found = verify(device, expected, samples, partial(run_oracle, on_host.data))
    assert found.mismatches > 0
    assert found.first_mismatch.op == "CONV_2D (operator 0)"
    assert found.first_mismatch.got > found.first_mismatch.want


def test_firmware_of_another_model_is_refused(on_host: Built, flawed: Built):
    with flawed.running() as (device, url):
        hello = device.hello()
        with pytest.raises(EnvironmentFailure, match=f"Another firmware answers at {url}: model is .*; build is "):
            expect(hello, url, board="host", build_id=on_host.image.build_id, model_sha256=on_host.model.sha256)
        with pytest.raises(EnvironmentFailure, match="The model in the device's flash is not that of the image"):
            verify(device, expectation(on_host.model, on_host.program, on_host.image.model_crc32), [], run_oracle)


class NoisyPort(SerialTransport):
    """A real port that damages what it carries."""

    def __init__(self, url: str, rate: float, seed: int) -> None:
        super().__init__(url, 115_200)
        self._damage = Damage(rate, seed)

    def write(self, data: bytes) -> None:
        super().write(b"".join(self._damage(data)))

    def read(self) -> bytes:
        return b"".join(self._damage(super().read()))


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_line_to_the_real_firmware_delays_but_never_falsifies(on_host: Built, seed: int):
    start = flasher("host").start
    with start(on_host.image.elf, on_host.board, None, True) as url:
        # A clock that runs fast makes the waits for lost answers short; the host port answers in no time.
        device = Device(NoisyPort(url, 0.1, seed), on_host.board, lambda: 30 * time.monotonic())
        proof(on_host, device, url)
        device.close()


def test_a_reset_between_two_requests_is_noticed(on_host: Built):
    sample = default_samples(on_host.model, seed=0).inputs[0]
    with on_host.running() as (device, _):
        device.hello()
        device.write_input(0, sample[0].tobytes())
        assert device.run(profile=True).steps == 5
        assert len(device.read_profile(5)) == 5
        payload = device.payload_bytes
        device.reset()
        with pytest.raises(InvalidMeasurement, match="the profile of the last run is gone"):
            device.read_profile(5)
        device._pace.payload_bytes = device._pace.limit_bytes = payload
        with pytest.raises(InvalidMeasurement, match="the payload size that HELLO settled is gone"):
            device.read_arena(0, 300)


def test_a_program_that_dies_in_the_middle_is_told_with_its_end(on_host: Built):
    def use() -> None:
        with on_host.running() as (device, _):
            device.hello()
            program = int(Path("/proc/thread-self/children").read_text().split()[-1])
            os.kill(program, signal.SIGKILL)
            for _ in range(1000):
                device.check()

    with pytest.raises(
        EnvironmentFailure, match=r"went away in the middle of the work.*ended by itself \(killed by SIGK"
    ):
        use()


def test_a_running_board_can_be_used_without_flashing(on_host: Built):
    with on_host.running() as (device, url):
        device.close()
        with flasher("host").start(on_host.image.elf, on_host.board, url, False) as same:
            assert same == url
            with open_device(same, on_host.board) as again:
                assert again.hello().board == "host"
        with pytest.raises(BadInput, match=f"--port {url}: host is started anew"):
            flasher("host").start(on_host.image.elf, on_host.board, url, True).__enter__()
