"""Features of the Cortex-M DSP kernels (firmware/kernels/cortex_m_dsp): tiles, their steps, and what is laid out."""

from __future__ import annotations

from search.hardware import packing
from search.hardware.features.family import Family, ceil_div
from search.hardware.features.windows import windows
from search.hardware.record import Record

Counts = tuple[float, ...]
_TILE = 3  # pixels of a group; two channels go with them


def _finish(variant: str, tiles: int) -> tuple[int, int, int]:
    """Tiles whose results are saturated, or cut off at a RELU; and those of the long flavour, which rescue sums."""
    relu, long = "relu" in variant, "long" in variant
    return tiles * (not relu), tiles * relu, tiles * long


def point(record: Record, variant: str) -> Counts:
    """1x1: groups of 2 pixels, 4 channels a tile, the last ones in pairs (conv_2d_1x1.h)."""
    height, width, channels = record.output
    together = record.stride == (1, 1) and width == record.input[1]  # all rows are one
    rows, columns = (1, height * width) if together else (height, width)
    groups, fours, pairs = rows * ceil_div(columns, 2), channels // 4, ceil_div(channels % 4, 2)
    relu = "relu" in variant
    return (
        groups * fours * record.input[2], groups * fours * (not relu), groups * fours * relu,
        groups * pairs * record.input[2], groups * pairs, groups * record.input[2] / 4, groups, rows, 1,
    )  # fmt: skip


def window(record: Record, variant: str) -> Counts:
    """Groups of 3 pixels, 2 channels a tile; windows that touch the padding are gathered (conv_2d_groups.c)."""
    groups, pairs = ceil_div(record.positions, _TILE), ceil_div(record.output[2], 2)
    steps, tiles = packing.conv_depth(record) // 2, groups * pairs
    run = record.kernel[1] * record.input[2]
    rows = groups * record.kernel[0]
    gathered = record.positions - windows(record).whole
    copied = _padded_bytes(record) if gathered and _is_copied(record) else 0
    gathered = 0 if copied else gathered
    odd = record.positions if record.output[2] % 2 else 0
    return (
        tiles * steps, *_finish(variant, tiles), groups * steps, rows, rows * (run % 4), groups, gathered,
        gathered * record.kernel[0], gathered * record.depth, copied, odd, odd * record.output[2], record.output[0], 1,
    )  # fmt: skip


def _padded_bytes(record: Record) -> int:
    """Of the input with its padding, as far as windows reach."""
    axes = zip(record.output[:2], record.stride, record.kernel, record.dilation, strict=True)
    height, width = ((size - 1) * stride + (kernel - 1) * dilation + 1 for size, stride, kernel, dilation in axes)
    return height * width * record.input[2]


def _is_copied(record: Record) -> bool:
    return _padded_bytes(record) <= packing.SMALL_INPUT_BYTES and record.dilation[1] == 1


def kx3(record: Record, variant: str) -> Counts:
    """Kernels 3 wide: groups of 3 pixels, and of 2 at a row's end, that share columns (conv_2d_kx3_groups.c)."""
    height, width, channels = record.output
    twos = {0: 0, 1: 2, 2: 1}[width % 3]
    threes = (width - 2 * twos) // 3
    pairs, steps = ceil_div(channels, 2), record.kernel[0] * record.input[2] // 2
    groups = height * (threes + twos)
    across = (record.pads[1][0] > 0) + (record.pads[1][1] > 0)
    whole = windows(record).rows.whole * max(threes + twos - across, 0)
    columns = height * (5 * threes + 4 * twos) * record.kernel[0]
    gathered = (groups - whole) * record.kernel[0]
    odd = record.positions if channels % 2 else 0
    return (
        height * threes * pairs * steps, height * twos * pairs * steps, *_finish(variant, groups * pairs),
        columns * record.input[2] / 4, groups * record.kernel[0], groups, groups - whole, gathered,
        gathered * 5 * record.input[2], odd, odd * channels, 1,
    )  # fmt: skip


def depthwise_s1(record: Record, variant: str) -> Counts:
    """3x3, stride 1: four channels over the image, blocks of 2x2 outputs."""
    height, width, channels = record.output
    pairs, relu = ceil_div(height, 2), "relu" in variant
    blocks = channels * pairs * (width // 2)
    fours = ceil_div(channels, 4)  # the last may overlap the one before
    expansions = fours * (pairs + 1)
    return (
        blocks * (not relu), blocks * relu, channels * pairs * (width % 2), channels * pairs,
        expansions * record.input[1], expansions, fours, width + 2, 1,
    )  # fmt: skip


def depthwise_s2(record: Record, variant: str) -> Counts:
    """3x3, stride 2: four channels over the image, blocks of 3 outputs of one row."""
    height, width, channels = record.output
    relu = "relu" in variant
    blocks = channels * height * (width // 3)
    fours = ceil_div(channels, 4)
    expansions = fours * (height + 1)
    columns = min(record.input[1], 2 * width + 1 - record.pads[1][0])
    return (
        blocks * (not relu), blocks * relu, channels * height * (width % 3), channels * height,
        expansions * columns, expansions, fours, 2 * width + 1, 1,
    )  # fmt: skip


def depthwise(record: Record, _: str) -> Counts:
    """Any kernel: four channels over the image, two output rows at a time, three columns a block."""
    height, width, channels = record.output
    (kernel_h, kernel_w), fours, rows = record.kernel, ceil_div(channels, 4), ceil_div(height, 2)
    row_step = record.stride[0] if height > 1 else 0
    ring = (kernel_h + row_step + 1) // 2
    columns = (ceil_div(width, 3) * 3 - 1) * record.stride[1] + kernel_w
    blocks = channels * rows * ceil_div(width, 3)
    expanded = fours * (max(rows - 1, 0) * min(row_step, ring) + ring)
    return (
        blocks * ring * kernel_w, blocks * ring, blocks, channels * rows, record.output_elements,
        expanded * min(record.input[1], columns - record.pads[1][0]), expanded, fours * rows * ring,
        fours * 4 * kernel_h * kernel_w, fours * 4 * kernel_h, fours, ring * (columns * 4 + 16 * kernel_w), 1,
    )  # fmt: skip


def any_depthwise(record: Record, _: str) -> Counts:
    """Any shape, over the taps inside the input; four channels at a time where outputs and inputs agree."""
    inside, channels = windows(record), record.output[2]
    lanes = ceil_div(channels, 4) if channels == record.input[2] and channels >= 4 else channels
    rows = inside.rows.taps * record.output[1]
    return inside.taps * lanes, rows * lanes, record.positions * lanes, record.positions, 1


def fully_connected(record: Record, variant: str) -> Counts:
    """Four channels at a time, the last ones in pairs; rows of whole words are expanded four words at a time."""
    rows, out, inputs = record.positions, record.output[2], packing.row_depth(record)
    quads, pairs, depth = out // 4, ceil_div(out % 4, 2), packing.padded(inputs, 4)
    whole = inputs % 4 == 0
    return (
        rows * quads * depth, rows * pairs * depth, rows * quads, rows * pairs, rows * depth * whole,
        rows * depth * (not whole), rows, rows * quads * ("long" in variant), 1,
    )  # fmt: skip


def add(record: Record, variant: str) -> Counts:
    fours, relu = record.output_elements // 4, "relu" in variant
    return fours * (not relu), fours * relu, record.output_elements % 4, 1


def pool(record: Record, _: str) -> Counts:
    fours, inside = ceil_div(record.output[2], 4), windows(record)
    rows = inside.rows.taps * record.output[1]
    return inside.taps * fours, rows * fours, record.positions * fours, record.positions, 1


def mean(record: Record, _: str) -> Counts:
    fours = ceil_div(record.input[2], 4)
    positions = record.input[0] * record.input[1]
    return positions * fours, fours * ceil_div(positions, 256), fours, 1


_POOL = ("words read", "kernel rows", "words written", "positions", "calls")

FAMILIES = (
    Family("dsp conv 1x1", ("conv_2d_1x1_dsp", "conv_2d_1x1_relu_dsp", "conv_2d_1x1_long"),
           ("weights of four", "fours saturated", "fours relu", "weights of two", "twos", "words expanded", "groups",
            "rows", "calls"), point),
    Family("dsp conv", ("conv_2d_dsp", "conv_2d_relu_dsp", "conv_2d_long"),
           ("tile steps", "tiles saturated", "tiles relu", "tiles rescued", "words expanded", "kernel rows expanded",
            "rest bytes", "groups", "windows gathered", "kernel rows gathered", "bytes gathered", "bytes padded",
            "odd positions", "odd outputs", "rows", "calls"), window),
    Family("dsp conv kx3", ("conv_2d_kx3",),
           ("steps of 3", "steps of 2", "tiles saturated", "tiles relu", "tiles rescued", "words expanded",
            "kernel rows expanded", "groups", "windows gathered", "kernel rows gathered", "bytes gathered",
            "odd positions", "odd outputs", "calls"), kx3),
    Family("dsp depthwise 3x3", ("depthwise_conv_2d_3x3_dsp", "depthwise_conv_2d_3x3_relu_dsp"),
           ("blocks saturated", "blocks relu", "odd columns", "channel rows", "columns expanded", "expansions", "fours",
            "columns filled", "calls"), depthwise_s1),
    Family("dsp depthwise 3x3 s2", ("depthwise_conv_2d_3x3_s2",),
           ("blocks saturated", "blocks relu", "odd columns", "channel rows", "columns expanded", "expansions", "fours",
            "columns filled", "calls"), depthwise_s2),
    Family("dsp depthwise", ("depthwise_conv_2d_dsp",),
           ("steps", "kernel rows", "blocks", "channel rows", "outputs", "columns expanded", "expansions", "jumps",
            "weights", "weight rows", "fours", "words filled", "calls"), depthwise),
    Family("dsp conv plain", ("conv_2d_plain_dsp",),
           ("tile steps", "tiles saturated", "tiles relu", "tiles rescued", "words expanded", "kernel rows expanded",
            "rest bytes", "groups", "windows gathered", "kernel rows gathered", "bytes gathered", "bytes padded",
            "odd positions", "odd outputs", "rows", "calls"), window),
    Family("dsp depthwise any", ("depthwise_conv_2d_any_dsp",),
           ("taps", "kernel rows", "outputs", "positions", "calls"), any_depthwise),
    Family("dsp fully connected plain", ("fully_connected_plain_dsp",),
           ("weights of four", "weights of two", "fours", "twos", "inputs expanded",
            "unaligned inputs expanded", "rows", "fours rescued", "calls"),
           fully_connected),
    Family("dsp fully connected", ("fully_connected_dsp", "fully_connected_long_dsp"),
           ("weights of four", "weights of two", "fours", "twos", "inputs expanded",
            "unaligned inputs expanded", "rows", "fours rescued", "calls"),
           fully_connected),
    Family("dsp add", ("add_dsp", "add_relu_dsp"), ("fours", "fours relu", "rest", "calls"), add),
    Family("dsp average pool 2x2", ("average_pool_2d_2x2_dsp",), _POOL, pool),
    Family("dsp average pool", ("average_pool_2d_dsp", "average_pool_2d_wide_dsp"), _POOL, pool),
    Family("dsp max pool", ("max_pool_2d_dsp",), _POOL, pool),
    Family("dsp mean", ("mean_dsp",), ("words read", "runs", "fours", "calls"), mean),
)  # fmt: skip
