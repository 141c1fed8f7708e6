"""The device class against a simulated device: every command, bad lines, crashes, resets, foreign firmware."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import threading
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.toolchain.link.simulator import BUILD_ID, SHA256, FakeLine, Simulator, board, on_pty, step
from toolchain.errors import EnvironmentFailure, InvalidMeasurement
from toolchain.link.device import Counter, Device, MemoryUse, RunResult, open_device
from toolchain.link.exchange import NoAnswer
from toolchain.link.faults import fault_words
from toolchain.link.frames import Frame, Kind, encode
from toolchain.link.hello import expect


def connect(simulator: Simulator, rate: float = 0.0, seed: int = 0) -> tuple[Device, FakeLine]:
    line = FakeLine(simulator, rate, seed)
    return Device(line, board(), line.clock), line


def infer(device: Device, simulator: Simulator, data: bytes) -> None:
    """Every command once around one inference, all answers compared."""
    device.write_input(0, data)
    want = [data]
    for k in range(simulator.steps):
        want.append(step(want[-1], k))
    ticks = simulator.overhead + simulator.steps * simulator.ticks_a_step
    assert device.run() == RunResult(ticks, zlib.crc32(want[-1]), simulator.steps)
    assert device.read_output(0, simulator.width) == want[-1]
    assert device.read_arena(simulator.width, 2 * simulator.width) == want[1] + want[2]
    assert device.run(steps=2, profile=True).steps == 2
    assert device.read_profile(2) == [simulator.overhead + simulator.ticks_a_step + k for k in range(2)]
    assert device.check() == (zlib.crc32(simulator.constants), len(simulator.constants))
    assert device.memory() == MemoryUse(1600, len(simulator.arena))


def test_every_command_on_a_clean_line():
    simulator = Simulator()
    device, _ = connect(simulator)
    hello = device.hello()
    assert (hello.board, hello.engine, hello.kernels) == ("simulated", "1.0", "ref")
    assert (hello.build_id, hello.model_sha256) == (BUILD_ID.hex(), SHA256.hex())
    assert (hello.timer, hello.timer_ok, hello.timer_overhead, hello.startup) == ("dwt", True, 7, 55)
    assert (hello.steps, hello.inputs, hello.outputs, hello.window) == (4, 1, 1, 1)
    infer(device, simulator, bytes(range(256)) + bytes(44))
    device.reset()
    assert simulator.arena == bytes(len(simulator.arena))
    assert device.payload_bytes == 64


def test_counters_of_a_cost_model():
    device, _ = connect(Simulator(costs_a_step=(1500, 800)))
    device.hello()
    assert device.counter(0) == Counter("dwt", True, 7, 55)
    assert device.counter(1) == Counter("cost_cycles", True, 8, 56)
    assert device.counter(2) == Counter("cost_instructions", True, 9, 57)
    assert [device.run(counter=index).ticks for index in range(3)] == [4007, 6008, 3209]
    device.run(profile=True, counter=1)
    assert device.read_profile(4) == [1508, 1509, 1510, 1511]
    with pytest.raises(EnvironmentFailure, match=r"refused COUNTER: out of range \(3\)"):
        device.counter(3)


def test_stack_of_zero_means_not_known():
    simulator = Simulator()
    simulator._memory = lambda payload: struct.pack("<II", 0, 9)
    device, _ = connect(simulator)
    assert device.memory() == MemoryUse(None, 9)


@settings(max_examples=60, deadline=None)
@given(rate=st.sampled_from([0.02, 0.1]), seed=st.integers(0, 2**32))
def test_a_bad_line_delays_but_never_falsifies(rate: float, seed: int):
    simulator = Simulator()
    device, _ = connect(simulator, rate, seed)
    device.hello()
    infer(device, simulator, random.Random(seed).randbytes(300))


@settings(max_examples=30, deadline=None)
@given(rate=st.sampled_from([0.3, 0.6]), seed=st.integers(0, 2**32))
def test_a_line_that_is_mostly_broken_ends_right_or_in_a_clear_error(rate: float, seed: int):
    simulator = Simulator()
    device, _ = connect(simulator, rate, seed)
    with contextlib.suppress(NoAnswer):
        device.hello()
        infer(device, simulator, bytes(300))


def test_no_request_is_carried_out_twice_when_answers_are_lost():
    simulator = Simulator()
    device, _ = connect(simulator)
    device.hello()
    device.write_input(0, bytes(300))
    real, calls = simulator.feed, 0

    def forgetful(data: bytes) -> bytes:
        nonlocal calls
        calls += 1
        answer = real(data)
        return answer if calls == 3 else b""

    simulator.feed = forgetful
    assert device.run().steps == 4
    assert calls == 3
    assert simulator.runs == 1


def test_half_a_frame_that_the_device_still_holds_costs_no_repeat():
    simulator = Simulator()
    device, line = connect(simulator)
    simulator.feed(b"\x09half")
    device.hello()
    simulator.feed(b"\x09half")
    device.check()
    assert line.now_s == pytest.approx(2 * 0.02)


def test_payload_shrinks_on_repeats_and_grows_on_a_clean_line():
    simulator = Simulator(width=6000, max_payload=256)
    device, line = connect(simulator)
    device.hello()
    assert device.payload_bytes == 256
    line.damage = lambda data: []
    with pytest.raises(EnvironmentFailure, match="No answer to WRITE"):
        device.write_input(0, bytes(300))
    assert device.payload_bytes == 64
    line.damage = lambda data: [data]
    device.write_input(0, bytes(16 * 56))
    assert device.payload_bytes == 128
    device.read_output(0, 16 * 128)
    assert device.payload_bytes == 256
    device.read_output(0, 6000)
    assert device.payload_bytes == 256


def test_stale_answers_are_dropped():
    simulator = Simulator()
    device, line = connect(simulator)
    device.hello()
    late = encode(Frame(Kind.CHECK + 0x80, 1, struct.pack("<II", 1, 2)))
    wrong_type = encode(Frame(Kind.MEMORY + 0x80, 2, struct.pack("<II", 1, 2)))
    line.arriving += [late, wrong_type]
    assert device.check() == (zlib.crc32(simulator.constants), len(simulator.constants))


def test_a_silent_port_names_port_baud_and_what_to_check():
    device, line = connect(Simulator())
    line.damage = lambda data: []
    with pytest.raises(EnvironmentFailure) as caught:
        device.hello(timeout_s=3)
    text = str(caught.value)
    assert "No answer to HELLO from fake: sent 6 times in 3." in text
    assert "not one byte came back" in text
    assert "115,200 baud, expected board: simulated" in text
    assert "--no-flash" in text
    assert "--port" in text


def test_noise_instead_of_an_answer_is_told():
    device, line = connect(Simulator())
    line.write = lambda data: line.arriving.append(b"boot\r\n\0")
    with pytest.raises(EnvironmentFailure, match=r"42 bytes came back in all, with 6 broken frames"):
        device.hello(timeout_s=3)


@pytest.mark.parametrize(
    ("core", "words"),
    [
        ("cortex-m4", r"data access \(PRECISERR\) \(CFSR 0x00000200\)"),
        ("rv32imac", r"unknown cause \(mcause 512\)"),
        ("host", r"unknown cause \(signal 512\)"),
    ],
)
def test_a_crash_is_told_in_words(core: str, words: str):
    simulator = Simulator(crash_before=lambda kind, count: kind == Kind.RUN)
    line = FakeLine(simulator)
    cpu = board().cpu.model_copy(update={"core": core})
    device = Device(line, board(cpu=cpu.model_dump()), line.clock)
    device.hello()
    with pytest.raises(InvalidMeasurement, match=words) as caught:
        device.run()
    assert "crashed at pc 0x00001234" in str(caught.value)
    assert "addr2line -e firmware.elf 0x1234" in str(caught.value)


def test_words_for_status_registers():
    assert fault_words("cortex-m33", 1 << 20 | 1 << 9).startswith("bus error on a data access (PRECISERR), stack over")
    assert fault_words("cortex-m0", 0) == "hard fault, no cause recorded (CFSR 0x00000000)"
    assert fault_words("rv32imac", 5) == "load from a forbidden address (mcause 5)"
    assert fault_words("host", 11) == "Segmentation fault (signal 11)"


def test_a_profile_that_is_gone_means_that_the_device_was_reset():
    simulator = Simulator(reset_before=lambda kind, count: kind == Kind.READ and count < 4)
    device, _ = connect(simulator)
    device.hello()
    device.run(profile=True)
    with pytest.raises(InvalidMeasurement, match=r"was reset in the middle of the measurement: the profile .* is gone"):
        device.read_profile(4)


def test_a_payload_size_that_is_gone_means_that_the_device_was_reset():
    simulator = Simulator()
    device, _ = connect(simulator)
    device.hello()
    simulator.restart()
    with pytest.raises(InvalidMeasurement, match=r"was reset in the middle of the measurement: the payload size"):
        device.read_output(0, 300)


def test_a_refused_request_names_the_reason():
    device, _ = connect(Simulator())
    device.hello()
    with pytest.raises(EnvironmentFailure, match=r"refused RUN: out of range \(9\)"):
        device.run(steps=9)
    with pytest.raises(EnvironmentFailure, match=r"refused READ: out of range \(100000\)"):
        device.read_arena(100_000, 4)


def test_a_run_that_never_ends_stops_at_its_time_limit():
    simulator = Simulator()
    device, line = connect(simulator)
    device.hello()
    simulator.feed = lambda data: b""
    before_s = line.now_s
    with pytest.raises(EnvironmentFailure, match=r"No answer to RUN from fake: sent 4 times in 20\."):
        device.run(timeout_s=20)
    assert 20 <= line.now_s - before_s < 21


def test_answers_of_another_protocol_are_refused():
    simulator = Simulator()
    simulator._check = lambda payload: b"abc"
    device, _ = connect(simulator)
    device.hello()
    with pytest.raises(EnvironmentFailure, match=r"answers CHECK with 61 62 63 \(3 bytes\)"):
        device.check()
    simulator._write = lambda payload: struct.pack("<I", 7)
    with pytest.raises(EnvironmentFailure, match="answers WRITE with 07 00 00 00"):
        device.write_input(0, bytes(10))


@pytest.mark.parametrize(
    ("payload", "words"), [(b"\2" + bytes(90), "protocol version 2"), (b"\1abc", "4 bytes that do")]
)
def test_a_foreign_hello_is_refused(payload: bytes, words: str):
    simulator = Simulator()
    simulator._hello = lambda request: payload
    device, _ = connect(simulator)
    with pytest.raises(EnvironmentFailure, match=words) as caught:
        device.hello()
    assert "--no-flash" in str(caught.value)


def test_expect_tells_got_and_want():
    device, _ = connect(Simulator())
    hello = device.hello()
    expect(hello, "fake", board="simulated", build_id=BUILD_ID.hex(), model_sha256=SHA256.hex())
    expect(hello, "fake")
    with pytest.raises(EnvironmentFailure) as caught:
        expect(hello, "/dev/ttyACM0", board="nucleo_f446re", model_sha256="ab" * 32)
    text = str(caught.value)
    assert "Another firmware answers at /dev/ttyACM0" in text
    assert "board is simulated, not nucleo_f446re" in text
    assert f"model is {SHA256.hex()[:32]}, not {'ab' * 16}" in text
    assert "Run without --no-flash" in text


def test_over_a_real_pty():
    simulator = Simulator()
    with on_pty(simulator) as url, open_device(url, board()) as device:
        assert device.hello().board == "simulated"
        infer(device, simulator, bytes(range(150)) * 2)


def test_over_a_socket():
    simulator = Simulator()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                while data := line.recv(4096):
                    line.sendall(simulator.feed(data))

        thread = threading.Thread(target=serve)
        thread.start()
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with open_device(port, board()) as device:
            device.hello()
            infer(device, simulator, bytes(range(150)) * 2)
        thread.join()
    with pytest.raises(EnvironmentFailure, match=f"Cannot open serial port {port}: .*Connection refused"):
        open_device(port, board()).__enter__()


def test_a_socket_that_is_closed_at_the_other_end():
    server = socket.create_server(("127.0.0.1", 0))
    with server, open_device(f"socket://127.0.0.1:{server.getsockname()[1]}", board()) as device:
        server.accept()[0].close()
        with pytest.raises(EnvironmentFailure, match="went away in the middle of the work"):
            device.hello()


def test_a_port_that_another_program_holds():
    with on_pty(Simulator()) as url, open_device(url, board()):
        with pytest.raises(EnvironmentFailure, match=f"Cannot open serial port {url}: it is busy") as caught:
            open_device(url, board()).__enter__()
        assert "fuser" in str(caught.value)


def test_a_port_that_does_not_exist():
    with pytest.raises(EnvironmentFailure, match="Cannot open serial port /dev/ttyNONE0: it does not exist"):
        open_device("/dev/ttyNONE0", board()).__enter__()


def test_a_port_without_permission(monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **named: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(EnvironmentFailure, match=r"no permission.*dialout"):
        open_device("/dev/ttyACM0", board()).__enter__()


def test_a_file_and_an_unknown_scheme_are_no_ports(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"")
    with pytest.raises(EnvironmentFailure, match=r"Cannot open serial port .*Could not configure port"):
        open_device(str(file), board()).__enter__()
    with pytest.raises(EnvironmentFailure, match="nonsense://x is not a serial port or pyserial URL"):
        open_device("nonsense://x", board()).__enter__()


def test_a_port_that_goes_away_in_the_middle():
    with on_pty(Simulator()) as url:
        opened = open_device(url, board())
        device = opened.__enter__()
        device.hello()
    with pytest.raises(EnvironmentFailure, match=f"{url} went away in the middle of the work"):
        device.check()
    device.close()
