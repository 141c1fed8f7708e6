"""Features of the reference kernels: what their loops run through."""

from __future__ import annotations

from math import prod

from search.hardware.features.family import Family
from search.hardware.features.windows import windows
from search.hardware.record import Record

Counts = tuple[float, ...]


def conv(record: Record, _: str) -> Counts:
    """One output at a time; taps outside the input are skipped, but looked at."""
    seen = record.output_elements * record.kernel[0] * record.kernel[1]
    inside = windows(record).taps * record.output[2]
    rows = record.output_elements * record.kernel[0]
    return inside * (record.input[2] // record.groups), inside, seen, rows, record.output_elements, 1


def depthwise(record: Record, _: str) -> Counts:
    seen = record.output_elements * record.kernel[0] * record.kernel[1]
    rows = record.output_elements * record.kernel[0]
    return windows(record).taps * record.output[2], seen, rows, record.output_elements, record.positions, 1


def transpose_conv(record: Record, _: str) -> Counts:
    return record.macs, record.macs // record.output[2], record.output_elements, 1


def fully_connected(record: Record, _: str) -> Counts:
    return record.macs, record.output_elements, record.positions, 1


def pool(record: Record, _: str) -> Counts:
    """Windows are cut to what lies inside before they are run through."""
    channels = record.output[2]
    inside = windows(record)
    rows = inside.rows.taps * record.output[1] * channels
    return inside.taps * channels, rows, record.output_elements, record.positions, 1


def mean(record: Record, _: str) -> Counts:
    return record.input_elements, record.input[0] * record.input[1], record.output[2], 1


def softmax(record: Record, _: str) -> Counts:
    return record.output_elements, record.positions, 1


def moved(record: Record, _: str) -> Counts:
    return record.output_elements, record.positions, record.output[0], 1


def joined(record: Record, _: str) -> Counts:
    return record.output_elements, record.positions * len(record.operands), 1


def elementwise(record: Record, _: str) -> Counts:
    return record.output_elements, 1


def reduced(record: Record, _: str) -> Counts:
    return record.output_elements * prod(record.over or (1,)), record.output_elements, 1


FAMILIES = (
    Family("ref conv", ("conv_2d_ref", "conv_2d_grouped_ref"),
           ("macs inside", "taps inside", "taps", "kernel rows", "outputs", "calls"), conv),
    Family("ref depthwise", ("depthwise_conv_2d_ref",),
           ("macs inside", "taps", "kernel rows", "outputs", "positions", "calls"), depthwise),
    Family("ref transpose conv", ("transpose_conv_ref",), ("macs", "taps", "outputs", "calls"), transpose_conv),
    Family("ref fully connected", ("fully_connected_ref",), ("macs", "outputs", "rows", "calls"), fully_connected),
    Family("ref average pool", ("average_pool_2d_ref",),
           ("taps inside", "kernel rows", "outputs", "positions", "calls"), pool),
    Family("ref max pool", ("max_pool_2d_ref",), ("taps inside", "kernel rows", "outputs", "positions", "calls"), pool),
    Family("ref mean", ("mean_ref",), ("inputs", "positions", "channels", "calls"), mean),
    Family("ref mean over axes", ("mean_over_axes_ref",), ("inputs", "outputs", "calls"), reduced),
    Family("ref softmax", ("softmax_ref",), ("elements", "rows", "calls"), softmax),
    Family("ref pad", ("pad_ref",), ("outputs", "positions", "rows", "calls"), moved),
    Family("ref slice", ("slice_ref",), ("outputs", "positions", "rows", "calls"), moved),
    Family("ref resize", ("resize_nearest_neighbor_ref",), ("outputs", "positions", "rows", "calls"), moved),
    Family("ref concatenation", ("concatenation_ref",), ("outputs", "runs", "calls"), joined),
    *(
        Family(f"ref {name.replace('_', ' ')}", (f"{name}_ref",), ("elements", "calls"), elementwise)
        for name in ("add", "add_broadcast", "sub", "mul", "prelu", "lookup", "quantize", "requantize", "dequantize")
    ),
)  # fmt: skip
