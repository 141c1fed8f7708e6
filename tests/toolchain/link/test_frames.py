"""Frames: what goes in comes out, and nothing else does."""

from __future__ import annotations

import struct
import zlib

from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from toolchain.link.frames import Decoder, Frame, Kind, decode, encode, wire_bytes

frames = st.builds(Frame, st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=600))


def test_bytes_of_a_frame_are_those_of_the_protocol():
    body = bytes([1, 0x03, 0x34, 0x12, 3, 0]) + b"\0ab"
    wire = encode(Frame(Kind.WRITE, 0x1234, b"\0ab"))
    assert wire[-1] == 0
    assert 0 not in wire[:-1]
    assert cobs.decode(wire[:-1]) == body + struct.pack("<I", zlib.crc32(body))


@given(frames)
def test_round_trip(frame: Frame):
    wire = encode(frame)
    assert decode(wire[:-1]) == frame
    assert len(wire) + 1 <= wire_bytes(len(frame.payload))


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 50), min_size=1))
def test_a_stream_may_be_cut_anywhere(sent: list[Frame], cuts: list[int]):
    stream, decoder, got = b"".join(map(encode, sent)), Decoder(), []
    while stream:
        cut = cuts.pop(0) if cuts else len(stream)
        got += decoder.feed(stream[:cut])
        stream = stream[cut:]
    assert got == sent
    assert decoder.rejected == 0


@given(st.binary(max_size=300), frames)
def test_in_step_again_at_the_next_delimiter_after_garbage(garbage: bytes, frame: Frame):
    decoder = Decoder()
    assert decoder.feed(garbage + b"\0" + encode(frame))[-1] == frame


@given(frames, st.data())
def test_a_flipped_bit_is_never_taken_for_a_frame(frame: Frame, data: st.DataObject):
    wire = bytearray(encode(frame))
    at = data.draw(st.integers(0, len(wire) - 1))
    wire[at] ^= 1 << data.draw(st.integers(0, 7))
    assert Decoder().feed(bytes(wire) + b"\0") == []


def _sealed(body: bytes) -> bytes:
    return bytes(cobs.encode(body + struct.pack("<I", zlib.crc32(body))))


def test_wrong_version_and_wrong_length_are_no_frames():
    assert decode(_sealed(bytes([1, 1, 0, 0, 1, 0, 9]))) == Frame(1, 0, b"\x09")
    assert decode(_sealed(bytes([2, 1, 0, 0, 1, 0, 9]))) is None
    assert decode(_sealed(bytes([1, 1, 0, 0, 2, 0, 9]))) is None
    assert decode(_sealed(b"")) is None
    assert decode(b"") is None


def test_a_flood_without_delimiter_takes_no_memory_and_counts_as_one_broken_frame():
    decoder = Decoder()
    for _ in range(100):
        assert decoder.feed(b"\x55" * 4096) == []
    assert len(decoder._partial) < 70_000
    frame = Frame(Kind.CHECK, 1)
    assert decoder.feed(b"\0\0" + encode(frame)) == [frame]
    assert (decoder.rejected, decoder.received) == (1, 409_600 + 2 + len(encode(frame)))
