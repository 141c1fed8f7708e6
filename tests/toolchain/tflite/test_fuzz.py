"""Whatever the bytes, reading them ends in a Model or in one BadInput, within the memory of the file's own size."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import shared_data
from tests.toolchain.tflite.networks import network_of_the_other_operations, small_network
from toolchain.errors import BadInput
from toolchain.tflite.reader import read_model


@pytest.fixture(scope="module")
def data() -> bytes:
    b, out = small_network()
    return b.build(out)


def read_all(files: Iterable[bytes]) -> tuple[int, int]:
    """How many could be read and how many were refused; anything but BadInput goes through."""
    good = bad = 0
    for file in files:
        text = ""
        try:
            read_model(file)
            good += 1
        except BadInput as error:
            text = str(error)
            bad += 1
        assert text.isprintable(), "one line, no control characters"
        assert len(text) < 2000
    return good, bad


def flipped(data: bytes, rng: np.random.Generator, count: int) -> Iterator[bytes]:
    """`count` copies with 1 to 4 bytes replaced."""
    for _ in range(count):
        raw = bytearray(data)
        for position in rng.integers(len(raw), size=rng.integers(1, 5)):
            raw[position] = rng.integers(256)
        yield bytes(raw)


def hostile(data: bytes, step: int = 4) -> Iterator[bytes]:
    """Offsets and lengths everywhere that point past the end, before the start, at themselves, or nowhere."""
    for position in range(0, len(data) - 4, step):
        for word in (0, len(data), 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC):
            yield data[:position] + struct.pack("<I", word) + data[position + 4 :]


def test_every_truncation(data: bytes) -> None:
    good, bad = read_all(data[:length] for length in range(len(data)))
    assert bad == len(data) - good
    assert good <= 8, "only what pads the end may be missing"


def test_flipped_bytes(data: bytes) -> None:
    good, bad = read_all(flipped(data, np.random.default_rng(0), 2000))
    assert good > 100
    assert bad > 100


def test_hostile_offsets(data: bytes) -> None:
    _, bad = read_all(hostile(data))
    assert bad > 1000


def test_flipped_bytes_and_hostile_offsets_of_the_other_operations() -> None:
    b, out = network_of_the_other_operations()
    data = b.build(out)
    good, bad = read_all(flipped(data, np.random.default_rng(2), 2000))
    assert good > 100
    assert bad > 100
    read_all(hostile(data, 12))


def test_flipped_bytes_of_a_real_model() -> None:
    real = (shared_data() / "kws01_int8.tflite").read_bytes()
    structure = real[-8000:]  # the tables stand behind the weights
    mutants = flipped(structure, np.random.default_rng(1), 200)
    read_all(real[: -len(structure)] + mutant for mutant in mutants)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_identifier(tail: bytes) -> None:
    read_all([b"\x1c\0\0\0TFL3" + tail])


def test_memory_stays_small(data: bytes) -> None:
    files = [*hostile(data, step=52), *flipped(data, np.random.default_rng(2), 100)]
    read_all(files[:1])  # caches of numpy and the like
    tracemalloc.start()
    try:
        for file in files:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            read_all([file])
            assert tracemalloc.get_traced_memory()[1] - before < 2**20 + 10 * len(file)
    finally:
        tracemalloc.stop()
