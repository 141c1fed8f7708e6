"""Features of the Helium kernels (firmware/kernels/helium): vectors of 16 bytes."""

from __future__ import annotations

from typing import NamedTuple

from search.hardware.features.family import Family, ceil_div
from search.hardware.features.windows import windows
from search.hardware.packing import row_depth
from search.hardware.record import Record

Counts = tuple[float, ...]
_VECTOR = 16


def gemm(record: Record, variant: str) -> Counts:
    """Two pixels, four channels a tile; windows are copied unless they are whole pixels."""
    groups, fours = ceil_div(record.positions, 2), ceil_div(record.output[2], 4)
    vectors = ceil_div(record.depth, _VECTOR)
    window = "1x1" not in variant
    inside = windows(record)
    border = (record.positions - inside.whole) * window
    run = record.kernel[1] * record.input[2]
    rows = inside.whole * record.kernel[0] * window
    border_rows = inside.rows.taps * record.output[1] - inside.rows.whole * inside.columns.whole * record.kernel[0]
    border_rows *= window
    return (
        groups * fours * vectors, groups * fours, groups, record.positions * (not window), record.positions * window,
        rows, rows * ceil_div(run, _VECTOR), border, border_rows, border_rows * ceil_div(run, _VECTOR),
        border * vectors, record.output[0], 1,
    )  # fmt: skip


def fully_connected(record: Record, _: str) -> Counts:
    fours, rows = ceil_div(record.output[2], 4), record.positions
    return rows * fours * ceil_div(row_depth(record), _VECTOR), rows * fours, rows, 1


class _Way(NamedTuple):
    """How a depthwise kernel goes through a channel (way_t of depthwise_conv_2d.h). vectors: loads of a window."""

    high: int
    used: int
    ahead: int
    row_step: int
    rows: int
    blocks: int
    vectors: int


def _way(record: Record, variant: str) -> _Way:
    height, width, _ = record.output
    if "8x" in variant:
        ahead = max(record.pads[0][0], 1)
        vectors = 3 if "8x6" in variant else 4
        return _Way(8, record.kernel[0], ahead, record.stride[0], height, ceil_div(width, 4), vectors)
    if "s2" in variant:
        return _Way(4, 3, 1, record.stride[0], height, ceil_div(width, 4), 1)
    return _Way(4, 4, 1, 2, ceil_div(height, 2), ceil_div(width, 2), 1)


def _gathers(record: Record, way: _Way) -> tuple[int, int, int]:
    """Of a channel: rows of columns that are gathered inside and at the border, calls that compute; as run_channel."""
    in_h, reach = record.input[0], (way.used + 1) // 2 * 2
    wide = record.input[1] >= _VECTOR // way.high - 1
    left, ahead = way.rows, min(way.ahead, way.rows)
    top = ahead * way.row_step - record.pads[0][0]
    inside, border, calls = 0, ahead, 0
    while left > 0:
        more, rows = left - ahead, 1
        whole = (in_h - 1 - reach - top) // way.row_step + 1 if top >= 0 and top + reach < in_h and wide else 0
        if more > 0 and whole > 0:
            rows = min(more, whole)
            inside += rows
            top += way.row_step * rows
        elif more > 0:
            border += 1
            top += way.row_step
        else:
            ahead -= 1
        left -= rows
        calls += 1
    return inside, border, calls


def depthwise(record: Record, variant: str) -> Counts:
    """A channel over the image, blocks of four outputs; columns of the input are gathered some rows ahead."""
    way, channels = _way(record, variant), record.output[2]
    inside, border, calls = _gathers(record, way)
    groups = ceil_div(record.input[1] * way.high, _VECTOR)
    blocks = channels * way.rows * way.blocks
    ring = (way.ahead + 1) * (record.input[1] + 8) * way.high // _VECTOR
    return (
        blocks, blocks * way.vectors, channels * way.rows, channels * inside * groups, channels * inside,
        channels * border * groups, channels * border, channels * calls, channels, channels * record.kernel[1], ring, 1,
    )  # fmt: skip


def add(record: Record, _: str) -> Counts:
    return ceil_div(record.output_elements, 4), 1


def pool(record: Record, _: str) -> Counts:
    eights, inside = ceil_div(record.output[2], 8), windows(record)
    rows = inside.rows.taps * record.output[1]
    return inside.taps * eights, rows * eights, record.positions * eights, record.positions, 1


def mean(record: Record, _: str) -> Counts:
    eights = ceil_div(record.input[2], 8)
    positions = record.input[0] * record.input[1]
    return positions * eights, eights * ceil_div(positions, 256), eights, 1


_DEPTHWISE = ("blocks", "vectors", "channel rows", "vectors gathered", "rows gathered", "border vectors gathered",
              "border rows gathered", "runs of rows", "channels", "kernel columns", "ring vectors",
              "calls")  # fmt: skip
_POOL = ("vectors read", "kernel rows", "vectors written", "positions", "calls")

FAMILIES = (
    Family("helium conv", ("conv_2d_helium", "conv_2d_1x1_helium"),
           ("vectors", "tiles", "groups", "pixels", "windows", "rows copied", "vectors copied", "border windows",
            "border rows copied", "border vectors copied", "vectors filled", "output rows", "calls"), gemm),
    Family("helium depthwise 3x3", ("depthwise_conv_2d_3x3_helium",), _DEPTHWISE, depthwise),
    Family("helium depthwise 3x3 s2", ("depthwise_conv_2d_3x3_s2_helium",), _DEPTHWISE, depthwise),
    Family("helium depthwise 8x8", ("depthwise_conv_2d_8x6_helium", "depthwise_conv_2d_8x8_helium"), _DEPTHWISE,
           depthwise),
    Family("helium fully connected", ("fully_connected_helium",), ("vectors", "fours", "rows", "calls"),
           fully_connected),
    Family("helium add", ("add_helium",), ("vectors", "calls"), add),
    Family("helium average pool", ("average_pool_2d_helium",), _POOL, pool),
    Family("helium max pool", ("max_pool_2d_helium",), _POOL, pool),
    Family("helium mean", ("mean_helium",), ("vectors read", "runs", "eights", "calls"), mean),
)  # fmt: skip
