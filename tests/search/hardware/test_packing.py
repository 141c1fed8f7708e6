"""What the packers of the Cortex-M DSP kernels make of constants, and which constants they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from search.hardware import packing
from search.hardware.packing import Constants
from search.hardware.record import Record
from search.hardware.variants import VARIANTS, select, settle

FOLDERS = ("cortex_m_dsp", "ref")
ROWS = [row for row in VARIANTS if row.folder == FOLDERS[0] and row.kind in ("CONV_2D", "FULLY_CONNECTED")]


def conv(in_c: int, out_c: int, kernel: tuple[int, int] = (1, 1), **more: object) -> Record:
    height, width = 5 + kernel[0] - 1, 6 + kernel[1] - 1
    return Record("CONV_2D", (height, width, in_c), (5, 6, out_c), kernel, **more)  # type: ignore[arg-type]


def dense(inputs: int, features: int) -> Record:
    return Record("FULLY_CONNECTED", (1, 1, inputs), (1, 1, features))


def constants(record: Record, **changes: object) -> Constants:
    rng = np.random.default_rng(0)
    out_c = record.output[2]
    flat = record.kind == "FULLY_CONNECTED"
    shape = (out_c, record.depth) if flat else (out_c, *record.kernel, record.input[2])
    given: dict[str, object] = {
        "weights": rng.integers(-127, 128, shape).astype(np.int8),
        "bias": rng.integers(-1000, 1000, out_c).astype(np.int32),
        "multiplier": rng.integers(2**30, 2**31, out_c).astype(np.int32),
        "shift": rng.integers(-31, 0, out_c).astype(np.int8),
        "input_zero_point": -7,
        "output_zero_point": 3,
    }
    return Constants(**(given | changes))  # type: ignore[arg-type]


RECORDS = [
    conv(8, 16), conv(3, 7), conv(600, 2), conv(3, 8, (3, 3)), conv(1, 6, (10, 4)), conv(16, 5, (3, 3)),
    conv(64, 4, (3, 3)), conv(67, 2, (3, 3)), conv(4, 1, (1, 3)), dense(64, 12), dense(67, 10), dense(641, 1),
    dense(5, 3),
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_the_size_of_the_stream_is_known_from_shapes(record: Record) -> None:
    row = select(record, FOLDERS)
    assert row in ROWS
    (stream,) = row.pack(record, constants(record))
    assert stream.dtype == np.int32
    assert (stream.nbytes,) == row.array_bytes(record)


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_constants_cost_a_tenth_more_and_a_little_a_channel(record: Record) -> None:
    if record.output[2] % 2 == 0 and record.depth >= 24:
        (size,) = select(record, FOLDERS).array_bytes(record)
        assert size <= 1.1 * record.depth * record.output[2] + 12 * record.output[2]


def test_two_channels_share_a_halfword() -> None:
    words = packing.paired(np.array([[1, 2, 3, 4], [10, -20, 30, -40]], np.int8))
    halves = words.view(np.int16).tolist()
    assert halves == [[2560 + 1, 7680 + 3, -5120 + 2, -10240 + 4]]


def test_what_does_not_fill_a_row_comes_last() -> None:
    record = conv(3, 2, (2, 2))
    assert packing.rest_last(record).tolist() == [0, 1, 2, 3, 6, 7, 8, 9, 4, 5, 10, 11]
    assert packing.rest_last(conv(3, 2)).tolist() == [0, 1, 2, -1]


def test_the_zero_point_is_folded_into_the_bias_modulo_32_bits() -> None:
    record = conv(4, 2)
    full = constants(record, bias=np.array([2**31 - 1, 5], np.int32), weights=np.full((2, 1, 1, 4), 3, np.int8))
    table = packing.rescaling(full, 2)
    assert table[:, 0].tolist() == [-(2**31) - 1 + 7 * 12, 5 + 7 * 12]


def test_a_multiplier_of_nothing_gives_the_zero_point() -> None:
    record = conv(4, 2)
    table = packing.rescaling(constants(record, multiplier=np.array([0, 2**30], np.int32)), 2)
    assert table[0, 2] == 0
    assert table[1, 1] == -(2**31)


@pytest.mark.parametrize("record", [conv(8, 4), conv(8, 4, (3, 3)), dense(8, 4)], ids=str)
def test_constants_that_do_not_fit_go_to_the_kernel_for_any(record: Record) -> None:
    row = select(record, FOLDERS)
    plain = constants(record)
    assert settle(row, record, plain) is row
    left = np.array([-1, -1, 0, -1], np.int8)
    assert settle(row, record, constants(record, shift=left)).name == row.fallback
    clash = plain.weights.copy().reshape(4, -1)
    clash[0, 0], clash[1, 0] = -1, -128
    refused = constants(record, weights=clash.reshape(plain.weights.shape))
    assert settle(row, record, refused).name == row.fallback
    clash[0, 0] = 0
    allowed = constants(record, weights=clash.reshape(plain.weights.shape))
    assert settle(row, record, allowed) is row


def test_an_output_over_its_input_needs_the_rows_that_are_still_read() -> None:
    same = Record("CONV_2D", (32, 32, 16), (32, 32, 16), (3, 3), pads=((1, 1), (1, 1)))
    assert packing.conv_lead_bytes(same) == (32 + 1) * 16
    assert packing.conv_lead_bytes(conv(8, 8)) == 0
    assert packing.conv_lead_bytes(conv(8, 16)) == 29 * 8


def test_a_small_input_is_copied_with_its_padding() -> None:
    small = Record("CONV_2D", (49, 10, 1), (25, 5, 64), (10, 4), (2, 2), pads=((4, 5), (1, 1)))
    assert packing.conv_scratch_bytes(small) == 6 * 40 + 58 * 12
    large = Record("CONV_2D", (96, 96, 3), (48, 48, 8), (3, 3), (2, 2), pads=((0, 1), (0, 1)))
    assert packing.conv_scratch_bytes(large) == 6 * 28 + 3 * 4 + 3 * 27
