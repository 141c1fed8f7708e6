"""The firmware as a PC program: every request of docs/protocol.md, and what bad lines do to it, byte by byte."""

from __future__ import annotations

import random
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from cobs import cobs

from device_profiles import load_board
from tests.firmware.toy import SHA256, WIDTH, toy_model, toy_output
from tests.support import require_tool
from toolchain.build import Image, build
from toolchain.link.frames import RESPONSE, Decoder, Frame, Kind, encode

ALL = 0xFFFFFFFF
OUTPUT, ARENA, PROFILE = 0, 1, 2
UNKNOWN, LENGTH, RANGE, NO_PROFILE = 1, 2, 3, 4
DATA = bytes(random.Random(1).randbytes(WIDTH))
HELLO = struct.pack("<BBH", 1, 1, 512)


class Line:
    """The firmware's serial line, without the retries of toolchain.link that would hide its faults."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.port = process.stdout.readline().split()[1]
        self.serial = serial.Serial(self.port, timeout=0.02)
        self.decoder = Decoder()
        self.seq = 0

    def frames(self, count: int, within_s: float = 5.0) -> list[Frame]:
        """The next `count` frames, or those that have come in time."""
        found: list[Frame] = []
        until = time.monotonic() + within_s
        while len(found) < count and time.monotonic() < until:
            found += self.decoder.feed(self.serial.read(4096))
        return found

    def ask(self, kind: int, payload: bytes = b"") -> Frame:
        self.seq += 1
        self.serial.write(encode(Frame(kind, self.seq, payload)))
        (answer,) = self.frames(1)
        assert answer.seq == self.seq
        return answer

    def get(self, kind: Kind, payload: bytes = b"") -> bytes:
        answer = self.ask(kind, payload)
        assert answer.kind == kind + RESPONSE
        return answer.payload

    def error(self, kind: int, payload: bytes = b"") -> tuple[int, int]:
        """(code, detail) of a refused request."""
        answer = self.ask(kind, payload)
        assert answer.kind == Kind.ERROR
        code, detail = struct.unpack("<HI", answer.payload)
        return code, detail


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    require_tool("gcc", "make")
    return build(load_board("host"), toy_model(crashes=True), [], tmp_path_factory.mktemp("host"), sanitize=True)


@pytest.fixture
def line(image: Image) -> Iterator[Line]:
    process = start(image.elf)
    line = Line(process)
    yield line
    line.serial.close()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(5) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""  # the sanitizers found nothing


def start(elf: Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([elf], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_hello_tells_who_answers(line: Line, image: Image):
    answer = line.get(Kind.HELLO, HELLO)
    head = struct.unpack_from("<BBHBBHIIIII16s32sBB", answer)
    assert head == (1, 1, 512, 0, 0, 3, 10**9, 10**9, 0, 0, 3 * WIDTH, bytes.fromhex(image.build_id), SHA256, 1, 1)
    assert answer[78:] == b"\x04host\x031.0\x03ref"


def test_check_covers_the_model_section(line: Line, image: Image):
    crc, size = struct.unpack("<II", line.get(Kind.CHECK))
    assert crc == image.model_crc32
    assert size > 0


def test_inference(line: Line):
    line.get(Kind.HELLO, HELLO)
    for at in (0, 100):
        part = DATA[at : at + 100] if at == 0 else DATA[at:]
        assert line.get(Kind.WRITE, struct.pack("<II", 0, at) + part) == struct.pack("<I", at + len(part))
    ticks, crc, steps = struct.unpack("<QII", line.get(Kind.RUN, struct.pack("<IB", 2, 0)))
    assert (ticks, crc, steps) == (0, zlib.crc32(toy_output(DATA)), 2)
    assert line.get(Kind.READ, struct.pack("<BBHI", OUTPUT, 0, WIDTH, 0)) == toy_output(DATA)
    assert line.get(Kind.READ, struct.pack("<BBHI", OUTPUT, 0, 5, 295)) == toy_output(DATA)[295:]
    assert line.get(Kind.READ, struct.pack("<BBHI", ARENA, 0, WIDTH, WIDTH)) == bytes(3 * x % 256 for x in DATA)


def test_a_part_of_the_steps(line: Line):
    line.get(Kind.WRITE, struct.pack("<II", 0, 0) + DATA[:50])
    assert struct.unpack("<QII", line.get(Kind.RUN, struct.pack("<IB", 1, 0)))[2] == 1
    assert line.get(Kind.READ, struct.pack("<BBHI", ARENA, 0, 50, WIDTH)) == bytes(3 * x % 256 for x in DATA[:50])
    assert line.get(Kind.READ, struct.pack("<BBHI", OUTPUT, 0, 50, 0)) == bytes(50)


def test_profile_has_a_word_a_step(line: Line):
    assert line.error(Kind.READ, struct.pack("<BBHI", PROFILE, 0, 8, 0)) == (NO_PROFILE, 0)
    line.get(Kind.RUN, struct.pack("<IB", 2, 1))
    assert line.get(Kind.READ, struct.pack("<BBHI", PROFILE, 0, 8, 0)) == bytes(8)
    assert line.error(Kind.READ, struct.pack("<BBHI", PROFILE, 0, 8, 4)) == (RANGE, 4)


def test_memory(line: Line):
    assert line.get(Kind.MEMORY) == struct.pack("<II", 0, 3 * WIDTH)


def test_payload_is_what_hello_settled(line: Line):
    read = struct.pack("<BBHI", ARENA, 0, 100, 0)
    assert line.error(Kind.READ, read) == (LENGTH, 100)
    line.get(Kind.HELLO, struct.pack("<BBH", 1, 1, 100))
    assert len(line.get(Kind.READ, read)) == 100
    assert line.error(Kind.READ, struct.pack("<BBHI", ARENA, 0, 101, 0)) == (LENGTH, 101)


@pytest.mark.parametrize(
    ("kind", "payload", "code", "detail"),
    [
        (0x70, b"", UNKNOWN, 0x70),
        (0x00, b"", UNKNOWN, 0),
        (Kind.HELLO, b"\x01", LENGTH, 1),
        (Kind.CHECK, b"12", LENGTH, 2),
        (Kind.WRITE, bytes(7), LENGTH, 7),
        (Kind.RUN, bytes(4), LENGTH, 4),
        (Kind.READ, bytes(9), LENGTH, 9),
        (Kind.MEMORY, b"1", LENGTH, 1),
        (Kind.RESET, b"1", LENGTH, 1),
        (Kind.WRITE, struct.pack("<II", 1, 0), RANGE, 1),
        (Kind.WRITE, struct.pack("<II", 0, WIDTH - 1) + b"12", RANGE, WIDTH - 1),
        (Kind.WRITE, struct.pack("<II", 0, ALL) + b"1", RANGE, ALL),
        (Kind.RUN, struct.pack("<IB", 4, 0), RANGE, 4),
        (Kind.READ, struct.pack("<BBHI", OUTPUT, 1, 1, 0), RANGE, 1),
        (Kind.READ, struct.pack("<BBHI", OUTPUT, 0, 2, WIDTH - 1), RANGE, WIDTH - 1),
        (Kind.READ, struct.pack("<BBHI", ARENA, 0, 1, ALL), RANGE, ALL),
        (Kind.READ, struct.pack("<BBHI", 9, 0, 1, 0), RANGE, 9),
    ],
)
def test_refused_requests_name_the_reason(line: Line, kind: int, payload: bytes, code: int, detail: int):
    assert line.error(kind, payload) == (code, detail)
    assert line.get(Kind.MEMORY)


def test_a_repeated_request_is_answered_again_but_not_carried_out_again(line: Line):
    """Two requests with one seq; other bytes in the second show that it was only answered."""
    line.serial.write(encode(Frame(Kind.WRITE, 8, bytes(8) + b"new")))
    line.serial.write(encode(Frame(Kind.WRITE, 8, bytes(8) + b"bad")))
    assert [(frame.seq, frame.payload) for frame in line.frames(2)] == [(8, struct.pack("<I", 3))] * 2
    assert line.get(Kind.READ, struct.pack("<BBHI", ARENA, 0, 3, 0)) == b"new"


def test_the_same_seq_of_another_type_is_a_new_request(line: Line):
    line.serial.write(encode(Frame(Kind.MEMORY, 5)) + encode(Frame(Kind.CHECK, 5)))
    assert [frame.kind for frame in line.frames(2)] == [Kind.MEMORY + RESPONSE, Kind.CHECK + RESPONSE]


def test_hello_is_always_carried_out(line: Line):
    for limit in (512, 64):
        line.serial.write(encode(Frame(Kind.HELLO, 3, struct.pack("<BBH", 1, 1, limit))))
        line.frames(1)
    assert line.error(Kind.READ, struct.pack("<BBHI", ARENA, 0, 65, 0)) == (LENGTH, 65)


def test_errors_are_repeated_too(line: Line):
    for _ in range(2):
        line.serial.write(encode(Frame(0x40, 9)))
    assert [frame.kind for frame in line.frames(2)] == [Kind.ERROR, Kind.ERROR]


@pytest.mark.parametrize("seed", range(5))
def test_garbage_costs_only_the_frames_that_it_touches(line: Line, seed: int):
    noise = random.Random(seed)
    request = encode(Frame(Kind.CHECK, 1))
    for _ in range(40):
        broken = bytearray(request)
        broken[noise.randrange(len(broken) - 1)] ^= 1 << noise.randrange(8)
        rubbish = bytes(noise.randbytes(noise.randrange(2000)))
        line.serial.write(rubbish + b"\0" + bytes(broken) + b"\0" + request[: noise.randrange(len(request))])
        line.serial.write(b"\0\0")
        time.sleep(0.001)
    line.serial.write(encode(Frame(Kind.MEMORY, 77)))
    answers = line.frames(1)
    while answers[-1].seq != 77:  # whatever the rubbish happened to mean
        answers += line.frames(1)
    assert all(frame.seq in (1, 77) for frame in answers)
    assert line.get(Kind.HELLO, HELLO)


def test_a_frame_longer_than_the_buffer_is_dropped(line: Line):
    line.serial.write(encode(Frame(Kind.WRITE, 1, bytes(2000))) + encode(Frame(Kind.MEMORY, 2)))
    assert [frame.seq for frame in line.frames(1)] == [2]


@pytest.mark.parametrize("version", [0, 2])
def test_another_version_is_dropped(line: Line, version: int):
    body = struct.pack("<BBHH", version, Kind.MEMORY, 1, 0)
    line.serial.write(cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + b"\0" + encode(Frame(Kind.MEMORY, 2)))
    assert [frame.seq for frame in line.frames(1)] == [2]


@pytest.mark.parametrize("size", [244, 245, 252, 253, 254, 255, 300])
def test_blocks_of_254_bytes_without_zero(line: Line, size: int):
    """Where COBS needs no code byte for a zero; the payload is made of ones."""
    line.get(Kind.HELLO, HELLO)
    ones = bytes([1]) * size
    line.get(Kind.WRITE, bytes(8) + ones)
    assert line.get(Kind.READ, struct.pack("<BBHI", ARENA, 0, size, 0)) == ones


def test_restart_keeps_the_line(line: Line):
    hello = line.get(Kind.HELLO, HELLO)
    line.get(Kind.WRITE, bytes(8) + b"left over")
    assert line.get(Kind.RESET) == b""
    assert line.error(Kind.READ, struct.pack("<BBHI", ARENA, 0, 65, 0)) == (LENGTH, 65)
    assert line.get(Kind.HELLO, HELLO) == hello
    assert line.get(Kind.READ, struct.pack("<BBHI", ARENA, 0, 9, 0)) == bytes(9)


def test_another_program_may_open_the_line_later(line: Line):
    line.get(Kind.MEMORY)
    line.serial.close()
    line.serial = serial.Serial(line.port, timeout=0.02)
    assert line.get(Kind.MEMORY)


def test_it_sleeps_while_nobody_asks(line: Line):
    line.get(Kind.MEMORY)
    stat = Path(f"/proc/{line.process.pid}/stat")
    before = stat.read_text().split()[13:15]
    time.sleep(0.3)
    assert stat.read_text().split()[13:15] == before


def test_it_ends_when_its_parent_is_gone_even_with_answers_unread(image: Image):
    process = start(image.elf)
    line = Line(process)
    line.serial.write(encode(Frame(Kind.HELLO, 0, HELLO)))
    for seq in range(40):  # far more than the line holds
        line.serial.write(encode(Frame(Kind.READ, seq, struct.pack("<BBHI", ARENA, 0, 500, 0))))
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(5) == 0
    line.serial.close()


def test_a_crash_is_told(tmp_path: Path):
    require_tool("gcc", "make")
    process = start(build(load_board("host"), toy_model(crashes=True), [], tmp_path).elf)
    line = Line(process)
    line.serial.write(encode(Frame(Kind.RUN, 1, struct.pack("<IB", ALL, 0))))
    (fault,) = line.frames(1)
    assert (fault.kind, fault.seq) == (Kind.FAULT, 0)
    assert fault.payload[4:] == struct.pack("<I", 4)  # SIGILL
    line.serial.write(encode(Frame(Kind.MEMORY, 2)))
    assert line.frames(1, within_s=0.2) == []
    line.serial.close()
    process.communicate(timeout=5)
    assert process.returncode == 0
