"""Records of kernel.h as the bench packs them, held to ctypes (64 bits) and to the size model (32 bits)."""

from __future__ import annotations

import ctypes

import numpy as np

from search.hardware.sizes import ARGS_BYTES
from tests.kernels.harness import RECORDS
from toolchain.bench.layout import layouts, pack
from toolchain.compile.args import Arguments


def test_layouts_of_this_computer_are_those_of_its_compiler() -> None:
    found = layouts(8)
    assert set(found) == set(RECORDS)
    for name, record in RECORDS.items():
        assert found[name].bytes == ctypes.sizeof(record)
        offsets = {field: getattr(record, field).offset for field, _ in record._fields_}
        assert {field: place.offset for field, place in found[name].fields.items()} == offsets


def test_sizes_of_32_bits_are_those_of_the_size_model() -> None:
    assert {name: layout.bytes for name, layout in layouts(4).items()} == ARGS_BYTES


def test_values_and_pointers_of_a_record() -> None:
    args = Arguments("mcn_lookup_t", {"input": 1, "output": 2, "count": 3, "table": "table"}, {"table": np.zeros(256)})
    data, pointers = pack(args, 4)
    assert data == bytes([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])
    assert pointers == {"table": 12}
    assert pack(args, 8)[1] == {"table": 16}
