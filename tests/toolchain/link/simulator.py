"""A device in Python: the device's side of docs/protocol.md, with faults to order, and a line with faults of its own.

The model: step k writes tensor k + 1 = 3 * tensor k + k (mod 256) of `width` bytes, each tensor at its own arena
offset. A run spoils the input.
"""

from __future__ import annotations

import os
import random
import struct
import threading
import tty
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from device_profiles.loader import load_board
from device_profiles.schema import Board
from toolchain.link.frames import Decoder, Frame, Kind, encode

BUILD_ID = bytes(range(16))
SHA256 = bytes(range(100, 132))


def board(**changes: object) -> Board:
    """The host's profile with some sections replaced."""
    base = load_board("host")
    return Board.model_validate(base.model_dump() | {"name": "simulated"} | changes)


@dataclass
class Simulator:
    """The device. feed() takes the bytes that arrive and returns the bytes that it sends."""

    steps: int = 4
    width: int = 300
    max_payload: int = 256
    clock_hz: int = 1_000_000
    timer_hz: int = 1_000_000
    timer: int = 1
    timer_ok: int = 1
    overhead: int = 7
    ticks_a_step: int = 1000
    costs_a_step: tuple[int, ...] = ()  # ticks of the cost model's counters, if there is one
    costs_advance: int = 1
    constants: bytes = b"constants of the model"
    # Faults to order, each a function of the number of requests carried out so far.
    reset_before: Callable[[Kind, int], bool] = lambda kind, count: False
    crash_before: Callable[[Kind, int], bool] = lambda kind, count: False
    wrong_step: int | None = None  # this step computes nonsense
    jitter: Callable[[int], int] = lambda run: 0  # ticks added to run number n
    runs: int = 0
    requests: list[Kind] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._decoder = Decoder()
        self.restart()

    def restart(self) -> None:
        self.arena = bytearray(self.width * (self.steps + 1))
        self._kept: tuple[int, int, bytes] | None = None
        self._profile: list[int] | None = None
        self._limit = 64
        self._crashed = False

    def feed(self, data: bytes) -> bytes:
        return b"".join(self._answer(frame) for frame in self._decoder.feed(data))

    def tensor(self, index: int) -> bytes:
        return bytes(self.arena[index * self.width : (index + 1) * self.width])

    def _answer(self, frame: Frame) -> bytes:
        if self._crashed or len(frame.payload) > self._limit:
            return b""
        if frame.kind != Kind.HELLO and self._kept and self._kept[:2] == (frame.seq, frame.kind):
            return self._kept[2]
        kind = Kind(frame.kind)
        if self.reset_before(kind, len(self.requests)):
            self.requests.append(kind)
            self.restart()
            return b""
        if self.crash_before(kind, len(self.requests)):
            self._crashed = True
            return encode(Frame(Kind.FAULT, 0, struct.pack("<II", 0x1234, 0x0200)))
        self.requests.append(kind)
        handler: Callable[[bytes], bytes | tuple[int, int]] = getattr(self, f"_{kind.name.lower()}")
        result = handler(frame.payload)
        if isinstance(result, tuple):
            sent = encode(Frame(Kind.ERROR, frame.seq, struct.pack("<HI", *result)))
        else:
            sent = encode(Frame(kind + 0x80, frame.seq, result))
        self._kept = (frame.seq, frame.kind, sent)
        return sent

    def _hello(self, payload: bytes) -> bytes:
        self._limit = min(self.max_payload, struct.unpack("<BBH", payload)[2])
        fixed = struct.pack(
            "<BBHBBHIIIII16s32sBB", 1, 1, self.max_payload, self.timer, self.timer_ok, self.steps, self.clock_hz,
            self.timer_hz, self.overhead, 55, len(self.arena), BUILD_ID, SHA256, 1, 1,
        )  # fmt: skip
        return fixed + b"".join(bytes([len(s)]) + s for s in (b"simulated", b"1.0", b"ref"))

    def _check(self, payload: bytes) -> bytes:
        return struct.pack("<II", zlib.crc32(self.constants), len(self.constants))

    def _write(self, payload: bytes) -> bytes | tuple[int, int]:
        index, offset = struct.unpack_from("<B3xI", payload)
        data = payload[8:]
        if index or offset + len(data) > self.width:
            return 3, offset
        self.arena[offset : offset + len(data)] = data
        return struct.pack("<I", offset + len(data))

    def _run(self, payload: bytes) -> bytes | tuple[int, int]:
        steps, how = struct.unpack("<IB", payload)
        profile, counter = how & 1, how >> 1
        steps = self.steps if steps == 0xFFFFFFFF else steps
        if steps > self.steps:
            return 3, steps
        if counter > len(self.costs_a_step):
            return 3, counter
        overhead, ticks_a_step = self.overhead + counter, (self.ticks_a_step, *self.costs_a_step)[counter]
        for k in range(steps):
            nonsense = 1 if k == self.wrong_step else 0
            self.arena[(k + 1) * self.width : (k + 2) * self.width] = step(self.tensor(k), k + nonsense)
        self.arena[: self.width] = bytes(self.width)  # as a kernel may that works in place
        self.runs += 1
        ticks = overhead + steps * ticks_a_step + self.jitter(self.runs)
        if profile:
            self._profile = [overhead + ticks_a_step + k for k in range(steps)]
        return struct.pack("<QII", ticks, zlib.crc32(self.tensor(self.steps)), steps)

    def _read(self, payload: bytes) -> bytes | tuple[int, int]:
        space, index, length, offset = struct.unpack("<BBHI", payload)
        if space == 2 and self._profile is None:
            return 4, 0
        profile = struct.pack(f"<{len(self._profile or [])}I", *(self._profile or []))
        source = (self.tensor(self.steps), bytes(self.arena), profile)[space]
        if length > self._limit:
            return 2, length
        if index or offset + length > len(source):
            return 3, offset
        return source[offset : offset + length]

    def _memory(self, payload: bytes) -> bytes:
        return struct.pack("<II", 1600, len(self.arena))

    def _counter(self, payload: bytes) -> bytes | tuple[int, int]:
        index = payload[0]
        if index > len(self.costs_a_step):
            return 3, index
        timer, advances = (4 + index, self.costs_advance) if index else (self.timer, self.timer_ok)
        return struct.pack("<BB2xII", timer, advances, self.overhead + index, 55 + index)

    def _reset(self, payload: bytes) -> bytes:
        self.restart()
        return b""


def step(tensor: bytes, k: int) -> bytes:
    """What step k makes of its input tensor."""
    return bytes((3 * value + k) % 256 for value in tensor)


class Damage:
    """A bad line: a piece of the stream in, what arrives of it out.

    rate: probability that a piece is dropped, cut short, corrupted, repeated, or has garbage before or in it.
    """

    def __init__(self, rate: float, seed: int) -> None:
        self.random = random.Random(seed)
        self.rate = rate

    def __call__(self, data: bytes) -> list[bytes]:
        if self.random.random() >= self.rate or not data:
            return [data]
        at = self.random.randrange(len(data))
        noise = self.random.randbytes(self.random.randint(1, 40))
        flipped = data[:at] + bytes([data[at] ^ (1 << self.random.randrange(8))]) + data[at + 1 :]
        kinds = ([], [data[:at]], [data[at:]], [flipped], [data, data], [noise, data], [data[:at], noise, data[at:]])
        return list(self.random.choice(kinds))


class FakeLine:
    """A transport to a Simulator that damages and delays what it carries, with a clock of its own."""

    def __init__(self, device: Simulator, rate: float = 0.0, seed: int = 0) -> None:
        self.name = "fake"
        self.device = device
        self.now_s = 0.0
        self.arriving: list[bytes] = []
        self.damage: Callable[[bytes], list[bytes]] = Damage(rate, seed)
        self._rate = rate
        self._random = random.Random(seed)

    def clock(self) -> float:
        return self.now_s

    def write(self, data: bytes) -> None:
        for piece in self.damage(data):
            answer = self.device.feed(piece)
            if answer:
                self.arriving.extend(self.damage(answer))

    def read(self) -> bytes:
        self.now_s += 0.02
        if self._random.random() < self._rate:
            return b""  # delayed
        return self.arriving.pop(0) if self.arriving else b""

    def close(self) -> None:
        pass


@contextmanager
def on_pty(device: Simulator) -> Iterator[str]:
    """The simulator behind a real pty; yields its name. Ends, and so hangs up, with the block."""
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            data = os.read(master, 4096)
            if answer := device.feed(data):
                os.write(master, answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield name
    finally:
        stop.set()
        os.write(slave, b"\0")  # wakes the reader
        thread.join(5)
        os.close(slave)
        os.close(master)
