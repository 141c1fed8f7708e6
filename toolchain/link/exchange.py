"""Requests over a bad line: a request in, the device's answer to it out, repeated until it arrives or time is up."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from toolchain.errors import EnvironmentFailure, InvalidMeasurement
from toolchain.link.faults import fault_words
from toolchain.link.frames import RESPONSE, Decoder, Frame, Kind, encode
from toolchain.link.transport import Transport

FLOOR_BYTES = 64  # the smallest payload, and the largest before HELLO has succeeded
_CLEAN_BEFORE_GROWING = 16

_ERRORS = {1: "unknown request", 2: "bad length", 3: "out of range", 4: "no profile"}
_BAD_LENGTH, _NO_PROFILE = 2, 4


class NoAnswer(EnvironmentFailure):
    """A request was repeated until its time was up, and no answer came."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The payload of a response, and how many times its request had to be repeated."""

    payload: bytes
    repeats: int


class Pace:
    """Payload of data transfers: halved when a request had to be repeated, doubled after 16 clean ones."""

    def __init__(self, limit_bytes: int = FLOOR_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.payload_bytes = limit_bytes
        self._clean = 0

    @property
    def at_floor(self) -> bool:
        return self.payload_bytes <= FLOOR_BYTES

    def note(self, repeats: int) -> None:
        """Adapts to one transfer that needed `repeats` repeats."""
        if repeats:
            self._clean = 0
            self.payload_bytes = max(self.payload_bytes // 2, min(FLOOR_BYTES, self.limit_bytes))
            return
        self._clean += 1
        if self._clean == _CLEAN_BEFORE_GROWING:
            self._clean = 0
            self.payload_bytes = min(self.payload_bytes * 2, self.limit_bytes)


class Exchange:
    """Sends requests and awaits their responses, one at a time.

    transport: the port. core: the profile's cpu.core, to read FAULT frames. clock: seconds, monotonic.
    first_seq: any; best unlike the last session's, whose late answers may still arrive.
    """

    def __init__(
        self, transport: Transport, core: str, clock: Callable[[], float] = time.monotonic, first_seq: int = 0
    ) -> None:
        self._transport = transport
        self._core = core
        self._clock = clock
        self._seq = first_seq & 0xFFFF
        self.decoder = Decoder()

    @property
    def name(self) -> str:
        return self._transport.name

    def close(self) -> None:
        self._transport.close()

    def request(self, kind: Kind, payload: bytes, waits_s: Iterable[float]) -> Reply:
        """Sends a request once for every wait in `waits_s`, until it is answered.

        Raises NoAnswer, InvalidMeasurement (FAULT, or ERROR 'no profile') or EnvironmentFailure (other ERRORs).
        """
        self._seq = (self._seq + 1) & 0xFFFF
        sent = encode(Frame(kind, self._seq, payload))
        begun_s, repeats = self._clock(), 0
        for repeats, wait_s in enumerate(waits_s):
            # The leading delimiter ends whatever half a frame the device still holds.
            self._transport.write(b"\0" + sent)
            answer = self._await(kind, self._clock() + wait_s)
            if answer is not None:
                return Reply(self._accept(kind, answer), repeats)
        raise NoAnswer(
            f"No answer to {kind.name} from {self.name}: sent {repeats + 1} times in "
            f"{self._clock() - begun_s:.1f} s; {self._heard()}"
        )

    def _heard(self) -> str:
        if self.decoder.received == 0:
            return "not one byte came back."
        return f"{self.decoder.received:,} bytes came back in all, with {self.decoder.rejected:,} broken frames."

    def _await(self, kind: Kind, until_s: float) -> Frame | None:
        while self._clock() < until_s:
            answer = None
            for frame in self.decoder.feed(self._transport.read()):
                if frame.kind == Kind.FAULT and len(frame.payload) == 8:
                    raise self._fault(frame.payload)
                if frame.seq == self._seq and frame.kind in (kind + RESPONSE, Kind.ERROR):
                    answer = frame
            if answer is not None:
                return answer
        return None

    def _accept(self, kind: Kind, answer: Frame) -> bytes:
        if answer.kind != Kind.ERROR:
            return answer.payload
        if len(answer.payload) != 6:
            raise EnvironmentFailure(
                f"The firmware at {self.name} answers {kind.name} with an error of {len(answer.payload)} bytes, "
                "6 expected: it speaks another protocol. Run without --no-flash to flash this project's firmware."
            )
        code, detail = struct.unpack("<HI", answer.payload)
        # READ's only bad length is one above the payload that HELLO has settled, and that we keep below.
        if code == _NO_PROFILE or (code == _BAD_LENGTH and kind == Kind.READ):
            lost = "profile of the last run" if code == _NO_PROFILE else "payload size that HELLO settled"
            raise InvalidMeasurement(
                f"The device at {self.name} was reset in the middle of the measurement: the {lost} "
                "is gone. Check its power supply and watchdog, then measure again."
            )
        raise EnvironmentFailure(
            f"The firmware at {self.name} refused {kind.name}: {_ERRORS.get(code, f'error {code}')} ({detail}). "
            "It was reset, or it is not the firmware for this model: run without --no-flash to flash it again."
        )

    def _fault(self, payload: bytes) -> InvalidMeasurement:
        pc, status = struct.unpack("<II", payload)
        return InvalidMeasurement(
            f"The firmware at {self.name} crashed at pc 0x{pc:08x}: {fault_words(self._core, status)}. "
            f"Find the line with addr2line -e firmware.elf 0x{pc:x}; the board stands still until it is reset."
        )
