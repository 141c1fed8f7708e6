"""A device that runs a compiled model: commands in, answers as typed values out (docs/protocol.md, host side)."""

from __future__ import annotations

import secrets
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from device_profiles.schema import Board
from toolchain.errors import EnvironmentFailure
from toolchain.link.exchange import Exchange, NoAnswer, Pace, Reply
from toolchain.link.frames import VERSION, Kind, wire_bytes
from toolchain.link.hello import Hello, parse_hello, timer_name
from toolchain.link.transport import SerialTransport, Transport

ALL_STEPS = 0xFFFFFFFF
_HOST_MAX_PAYLOAD = 4096
_HOST_WINDOW = 1
_OUTPUT, _ARENA, _PROFILE = 0, 1, 2  # spaces of READ

_TURNAROUND_S = 0.5  # a device, USB adapter or busy PC may sit this long on an answer
_TRIES = 12  # the waits grow by a third each time: 46 s at least before a device is given up
_WAIT_GROWTH = 4 / 3
_TRIES_BEFORE_CUTTING = 3  # a transfer's request is tried so often before it is cut smaller
_HELLO_BYTES = 192  # the longest response to HELLO
_RUN_FIRST_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class RunResult:
    """One inference, or its first `steps` steps."""

    ticks: int  # of the whole run, the empty measurement's not taken off
    output_crc: int  # CRC-32 of all model outputs in order
    steps: int


@dataclass(frozen=True, slots=True)
class Counter:
    """One of the device's counters. overhead, startup: its ticks, as in HELLO."""

    timer: str
    advances: bool
    overhead: int
    startup: int


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """What the device says of its memory; None if it cannot tell."""

    stack_bytes: int | None  # high-water mark since reset
    arena_bytes: int


class Device:
    """The device behind a transport. Call hello() first; every method may raise the errors of Exchange.request."""

    def __init__(
        self, transport: Transport, board: Board, clock: Callable[[], float] = time.monotonic, first_seq: int = 0
    ) -> None:
        self._link = Exchange(transport, board.cpu.core, clock, first_seq)
        self._board = board
        self._clock = clock
        self._pace = Pace()

    @property
    def port(self) -> str:
        return self._link.name

    @property
    def payload_bytes(self) -> int:
        """Payload of data transfers at the moment."""
        return self._pace.payload_bytes

    def close(self) -> None:
        self._link.close()

    def hello(self, timeout_s: float = 10.0) -> Hello:
        """Finds out who answers and agrees on the payload size. Raises EnvironmentFailure if nobody does."""
        request = struct.pack("<BBH", VERSION, _HOST_WINDOW, _HOST_MAX_PAYLOAD)
        every_s = self._waits(len(request), _HELLO_BYTES, tries=1)[0]
        try:
            # Not ever longer waits: a board that has just been flashed may become ready at any moment.
            reply = self._link.request(Kind.HELLO, request, [every_s] * max(1, round(timeout_s / every_s)))
        except NoAnswer as error:
            raise self._silent(error) from None
        hello = parse_hello(reply.payload, self.port)
        self._pace = Pace(min(_HOST_MAX_PAYLOAD, hello.max_payload))
        return hello

    def check(self) -> tuple[int, int]:
        """(CRC-32, bytes) of the model's constants as they lie in flash."""
        # The device reads all of its flash before it answers.
        crc, size = self._ask(Kind.CHECK, "<II", waits_s=[2.0] * _TRIES)
        return crc, size

    def write_input(self, index: int, data: bytes) -> None:
        """Loads model input `index`."""

        def write(offset: int, size: int, tries: int) -> Reply:
            head = struct.pack("<B3xI", index, offset)
            waits = self._waits(len(head) + size, 4, tries)
            reply = self._link.request(Kind.WRITE, head + data[offset : offset + size], waits)
            self._unpack(Kind.WRITE, "<I", reply.payload, expected=offset + size)
            return reply

        self._in_pieces(len(data), overhead=8, move=write)

    def run(
        self, steps: int | None = None, profile: bool = False, timeout_s: float = 60.0, counter: int = 0
    ) -> RunResult:
        """Runs the first `steps` steps (None: all), timed by `counter`.

        profile: count the ticks of each step, see read_profile().
        """
        request = struct.pack("<IB", ALL_STEPS if steps is None else steps, profile | counter << 1)
        reply = self._link.request(Kind.RUN, request, _doubling(_RUN_FIRST_WAIT_S, timeout_s))
        return RunResult(*self._unpack(Kind.RUN, "<QII", reply.payload))

    def read_output(self, index: int, size: int) -> bytes:
        """The first `size` bytes of model output `index`."""
        return self._read(_OUTPUT, index, 0, size)

    def read_arena(self, offset: int, size: int) -> bytes:
        """`size` bytes of the arena."""
        return self._read(_ARENA, 0, offset, size)

    def read_profile(self, steps: int) -> list[int]:
        """Ticks of each of the first `steps` steps in the last profiled run.

        Raises InvalidMeasurement if the device knows of none: it was reset since.
        """
        return list(struct.unpack(f"<{steps}I", self._read(_PROFILE, 0, 0, 4 * steps)))

    def counter(self, index: int) -> Counter:
        """What counter `index` is: 0 the one that HELLO tells of, then those of the emulator's cost model."""
        reply = self._link.request(Kind.COUNTER, bytes([index]), self._waits(1, 12))
        timer, advances, overhead, startup = self._unpack(Kind.COUNTER, "<BB2xII", reply.payload)
        return Counter(timer_name(timer), bool(advances), overhead, startup)

    def memory(self) -> MemoryUse:
        """Stack and arena of the device."""
        stack_bytes, arena_bytes = self._ask(Kind.MEMORY, "<II")
        return MemoryUse(stack_bytes or None, arena_bytes)

    def reset(self) -> None:
        """Restarts the firmware; call hello() afterwards."""
        self._ask(Kind.RESET, "<")
        self._pace = Pace()

    def _read(self, space: int, index: int, start: int, size: int) -> bytes:
        data = bytearray()

        def read(offset: int, length: int, tries: int) -> Reply:
            request = struct.pack("<BBHI", space, index, length, start + offset)
            reply = self._link.request(Kind.READ, request, self._waits(len(request), length, tries))
            self._unpack(Kind.READ, f"<{length}s", reply.payload)
            data.extend(reply.payload)
            return reply

        self._in_pieces(size, overhead=0, move=read)
        return bytes(data)

    def _in_pieces(self, total: int, overhead: int, move: Callable[[int, int, int], Reply]) -> None:
        """Calls move(offset, size, tries) until `total` bytes are moved, in pieces that suit the line."""
        done = 0
        while done < total:
            size = min(self._pace.payload_bytes - overhead, total - done)
            at_floor = self._pace.at_floor
            try:
                reply = move(done, size, _TRIES if at_floor else _TRIES_BEFORE_CUTTING)
            except NoAnswer:
                if at_floor:
                    raise
                self._pace.note(repeats=1)
                continue
            self._pace.note(reply.repeats)
            done += size

    def _waits(self, request_bytes: int, response_bytes: int, tries: int = _TRIES) -> list[float]:
        """How long to wait for an answer before each repeat, from the slowest rate that the profile tells."""
        wire_s = (wire_bytes(request_bytes) + wire_bytes(response_bytes)) / self._board.serial.bytes_per_s
        return [(_TURNAROUND_S + 2 * wire_s) * _WAIT_GROWTH**attempt for attempt in range(tries)]

    def _ask(self, kind: Kind, layout: str, waits_s: list[float] | None = None) -> tuple[int, ...]:
        """A request without payload, its response unpacked."""
        waits_s = waits_s or self._waits(0, struct.calcsize(layout))
        return self._unpack(kind, layout, self._link.request(kind, b"", waits_s).payload)

    def _unpack(self, kind: Kind, layout: str, payload: bytes, expected: int | None = None) -> tuple[int, ...]:
        if len(payload) == struct.calcsize(layout):
            values = struct.unpack(layout, payload)
            if expected is None or values == (expected,):
                return values
        raise EnvironmentFailure(
            f"The firmware at {self.port} answers {kind.name} with {payload[:16].hex(' ') or 'nothing'} "
            f"({len(payload)} bytes), which does not follow docs/protocol.md. "
            "Run without --no-flash to flash this project's firmware."
        )

    def _silent(self, error: NoAnswer) -> NoAnswer:
        return NoAnswer(
            f"{error} Port {self.port} at {self._board.serial.baud:,} baud, expected board: {self._board.name}. "
            "Check that the board has power and runs mcunas firmware (run without --no-flash to flash it), that "
            "--port names its serial port, and that the baud rate is the profile's."
        )


def _doubling(first_s: float, total_s: float) -> Iterator[float]:
    """Waits that double and add up to total_s: a long run is not disturbed by many repeats."""
    while total_s > 0:
        yield min(first_s, total_s)
        total_s -= first_s
        first_s *= 2


@contextmanager
def open_device(url: str, board: Board) -> Iterator[Device]:
    """The device at a serial port or pyserial URL, closed at the end. Raises EnvironmentFailure if it cannot open."""
    device = Device(SerialTransport(url, board.serial.baud), board, first_seq=secrets.randbelow(0x10000))
    try:
        yield device
    finally:
        device.close()
