"""Features of the kernels for cores without DSP instructions (firmware/kernels/scalar, cortex_m3, v6m)."""

from __future__ import annotations

from search.hardware import packing_scalar as packing
from search.hardware.features.family import Family, ceil_div
from search.hardware.features.windows import windows
from search.hardware.packing import row_depth
from search.hardware.record import Record

Counts = tuple[float, ...]


def conv(record: Record, variant: str) -> Counts:
    """Groups of 4 pixels (conv_2d.h): windows are packed as pairs, then run through for every channel."""
    groups, depth = ceil_div(record.positions, packing.GROUP), packing.conv_depth(record)
    channels = ceil_div(record.output[2], 4) * 4 if "rv32im" in variant else record.output[2]  # four at a time there
    gathered = record.positions - (windows(record).whole if record.dilation[1] == 1 else 0)
    run = record.kernel[1] * record.input[2]
    pixels = gathered * record.kernel[0] * record.kernel[1]
    rows = groups * record.kernel[0]
    return (
        groups * channels * depth, groups * channels, rows * run, rows, rows * (run % 4 > 0), groups,
        gathered, pixels, pixels * record.input[2], record.output[0], 1,
    )  # fmt: skip


def depthwise(record: Record, _: str) -> Counts:
    """A channel after the other, two output rows at a time (depthwise_conv_2d.h)."""
    height, width, channels = record.output
    kernel_h, kernel_w = ((k - 1) * d + 1 for k, d in zip(record.kernel, record.dilation, strict=True))
    rows, columns = ceil_div(height, 2), (width - 1) * record.stride[1] + kernel_w
    singly, twos, threes = (channels * count for count in _fills(record, kernel_h, rows))
    steps, outputs = 2 * ceil_div(kernel_h * kernel_w, 2), channels * rows * width
    is_3x3 = (kernel_h, kernel_w) == (3, 3)  # in one piece, without a loop
    return (
        outputs * is_3x3, outputs * steps * (not is_3x3), outputs * (not is_3x3), channels * rows,
        singly * columns, singly, twos * columns, twos, threes * columns, threes,
        channels * kernel_h * kernel_w, channels, kernel_h * kernel_w, 1,
    )  # fmt: skip


def _fills(record: Record, kernel_h: int, rows: int) -> tuple[int, int, int]:
    """Of a channel: input rows brought in one by one, and how often two (stride 1) or three (stride 2) at once."""
    stride, singly, twos, threes = record.stride[0], 0, 0, 0
    fresh = min(2 * stride, kernel_h)
    for pair in range(rows):
        count = kernel_h if pair == 0 else fresh
        first = 2 * pair * stride - record.pads[0][0] + kernel_h - count
        inside = first >= 0 and first + count + stride <= record.input[0]
        if inside and (count, stride) == (2, 1):
            twos += 1
        elif inside and (count, stride) == (3, 2):
            threes += 1
        else:
            singly += count
    return singly, twos, threes


def fully_connected(record: Record, _: str) -> Counts:
    fours, rows = ceil_div(record.output[2], 4), record.positions
    return rows * fours * row_depth(record), rows * fours, rows, 1


def add(record: Record, _: str) -> Counts:
    relu = record.activation != "none"
    return record.output_elements * (not relu), record.output_elements * relu, 1


def pool(record: Record, _: str) -> Counts:
    fours, inside = ceil_div(record.output[2], 4), windows(record)
    rows = inside.rows.taps * record.output[1]
    return inside.taps * fours, rows * fours, record.positions * fours, record.positions, 1


def mean(record: Record, _: str) -> Counts:
    fours = ceil_div(record.input[2], 4)
    positions = record.input[0] * record.input[1]
    return positions * fours, fours, 1


_CONV = ("weights times groups", "outputs of groups", "inputs packed", "kernel rows packed", "odd kernel rows",
         "groups", "windows gathered", "pixels gathered", "bytes gathered", "output rows", "calls")  # fmt: skip
_DEPTHWISE = ("output pairs of 3x3", "steps", "output pairs", "channel rows", "columns filled", "rows filled",
              "columns filled by two", "rows filled by two", "columns filled by three", "rows filled by three",
              "weights", "channels", "weights cleared", "calls")  # fmt: skip
_POOL = ("words read", "kernel rows", "words written", "positions", "calls")

FAMILIES = (
    *(Family(f"{name} conv", (f"conv_2d_{name}",), _CONV, conv) for name in ("scalar", "m3", "v6m", "rv32im")),
    *(Family(f"{name} depthwise", (f"depthwise_conv_2d_{name}",), _DEPTHWISE, depthwise)
      for name in ("scalar", "m3", "v6m")),
    *(Family(f"{name} fully connected", (f"fully_connected_{name}",), ("weights of four", "fours", "rows", "calls"),
             fully_connected) for name in ("scalar", "m3", "v6m")),
    *(Family(f"{name} add", (f"add_{name}",), ("elements", "elements relu", "calls"), add)
      for name in ("scalar", "m3", "v6m")),
    Family("scalar average pool", ("average_pool_2d_scalar",), _POOL, pool),
    Family("scalar max pool", ("max_pool_2d_scalar",), _POOL, pool),
    Family("scalar mean", ("mean_scalar",), ("words read", "fours", "calls"), mean),
)  # fmt: skip
