"""The firmware's own memcpy, memmove, memset and memcmp against Python's, at every alignment."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware
from tests.support import require_tool

NAMES = ("memcpy", "memmove", "memset", "memcmp")
SIZE = 64
memory = st.binary(min_size=SIZE, max_size=SIZE)
place = st.integers(0, SIZE // 2)
length = st.integers(0, SIZE // 2)


@pytest.fixture(scope="module")
def libc(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """string.c as a library, its functions renamed: this process has others of these names."""
    require_tool("gcc")
    library: Path = tmp_path_factory.mktemp("libc") / "string.so"
    source = firmware.ROOT / "libc" / "string.c"
    renamed = [f"-D{name}=mcn_{name}" for name in NAMES]
    flags = ["-shared", "-fPIC", "-O2", "-ffreestanding", "-fno-strict-aliasing", "-fno-tree-loop-distribute-patterns"]
    subprocess.run(["gcc", *flags, *renamed, str(source), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


@given(data=memory, source=memory, to=place, at=place, count=length)
def test_memcpy(libc: ctypes.CDLL, data: bytes, source: bytes, to: int, at: int, count: int):
    target, origin = ctypes.create_string_buffer(data, SIZE), ctypes.create_string_buffer(source, SIZE)
    libc.mcn_memcpy(ctypes.byref(target, to), ctypes.byref(origin, at), ctypes.c_size_t(count))
    assert target.raw == data[:to] + source[at : at + count] + data[to + count :]


@given(data=memory, to=place, at=place, count=length)
def test_memmove_over_itself(libc: ctypes.CDLL, data: bytes, to: int, at: int, count: int):
    buffer = ctypes.create_string_buffer(data, SIZE)
    libc.mcn_memmove(ctypes.byref(buffer, to), ctypes.byref(buffer, at), ctypes.c_size_t(count))
    assert buffer.raw == data[:to] + data[at : at + count] + data[to + count :]


@given(data=memory, to=place, count=length, value=st.integers(-128, 255))
def test_memset(libc: ctypes.CDLL, data: bytes, to: int, count: int, value: int):
    buffer = ctypes.create_string_buffer(data, SIZE)
    libc.mcn_memset(ctypes.byref(buffer, to), value, ctypes.c_size_t(count))
    assert buffer.raw == data[:to] + bytes([value & 255]) * count + data[to + count :]


@given(left=memory, right=memory, same=st.integers(0, SIZE))
def test_memcmp(libc: ctypes.CDLL, left: bytes, right: bytes, same: int):
    right = left[:same] + right[same:]
    order = libc.mcn_memcmp(left, right, ctypes.c_size_t(SIZE))
    assert (order > 0) - (order < 0) == (left > right) - (left < right)
