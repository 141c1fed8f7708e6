"""Frames of the serial protocol (docs/protocol.md): frame to bytes for the wire, and a stream of bytes to frames."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from cobs import cobs  # type: ignore[import-untyped]

VERSION = 1
MAX_PAYLOAD = 0xFFFF
RESPONSE = 0x80  # added to a request's type

_HEAD = struct.Struct("<BBHH")
_CRC = struct.Struct("<I")
_LONGEST_BODY = _HEAD.size + MAX_PAYLOAD + _CRC.size


class Kind(IntEnum):
    """Frame types; a response has its request's type + RESPONSE."""

    HELLO = 0x01
    CHECK = 0x02
    WRITE = 0x03
    RUN = 0x04
    READ = 0x05
    MEMORY = 0x06
    RESET = 0x07
    COUNTER = 0x08
    FAULT = 0xFE
    ERROR = 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, unpacked. kind is a plain int, since a device may send types that we do not know."""

    kind: int
    seq: int
    payload: bytes = b""


def encode(frame: Frame) -> bytes:
    """The bytes for the wire, delimiter included."""
    body = _HEAD.pack(VERSION, frame.kind, frame.seq, len(frame.payload)) + frame.payload
    return bytes(cobs.encode(body + _CRC.pack(zlib.crc32(body)))) + b"\0"


def wire_bytes(payload_bytes: int) -> int:
    """Most bytes on the wire of a frame with this payload, a delimiter on either side included."""
    return int(cobs.max_encoded_length(_HEAD.size + payload_bytes + _CRC.size)) + 2


def decode(encoded: bytes) -> Frame | None:
    """The frame in `encoded` (no delimiters), or None if COBS, CRC, version or length is wrong."""
    try:
        body = bytes(cobs.decode(encoded))
    except cobs.DecodeError:
        return None
    if len(body) < _HEAD.size + _CRC.size or _CRC.unpack(body[-_CRC.size :])[0] != zlib.crc32(body[: -_CRC.size]):
        return None
    version, kind, seq, length = _HEAD.unpack_from(body)
    payload = body[_HEAD.size : -_CRC.size]
    return Frame(kind, seq, payload) if version == VERSION and length == len(payload) else None


class Decoder:
    """Picks frames out of a stream of bytes; garbage costs only the frames that it touches.

    `received` and `rejected` count the bytes seen and the frames that were no frames, to tell why a device is silent.
    """

    def __init__(self) -> None:
        self.received = 0
        self.rejected = 0
        self._partial = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order."""
        self.received += len(data)
        *ended, rest = (bytes(self._partial) + data).split(b"\0")
        # One byte beyond the longest frame is kept, so that an endless flood is still no frame when it ends.
        self._partial = bytearray(rest[: int(cobs.max_encoded_length(_LONGEST_BODY)) + 1])
        frames = [decode(encoded) for encoded in ended if encoded]
        self.rejected += frames.count(None)
        return [frame for frame in frames if frame is not None]
