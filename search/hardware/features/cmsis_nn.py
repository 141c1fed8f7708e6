"""Features of TensorFlow Lite Micro with CMSIS-NN on cores with DSP: a record in, its family and counts out.

Source: CMSIS-NN, arm_convolve_s8, arm_convolve_1x1_s8_fast, arm_nn_mat_mult_kernel_s8_s16, arm_nn_mat_mult_nt_t_s8,
arm_depthwise_conv_s8. Windows are copied to int16 (im2col) two at a time and multiplied with two output channels at a
time, four weights a step; what is left over of pixels, channels and weights takes slower ways.
"""

from __future__ import annotations

from search.hardware.features.windows import windows
from search.hardware.record import Record

Counts = tuple[float, ...]

CONV = ("macs", "weights left over of four", "weights of an odd channel", "weights of an odd position", "outputs",
        "bytes copied", "taps copied", "bytes left over of four copied", "taps of padding", "positions", "weights",
        "channels", "calls")  # fmt: skip
DEPTHWISE = ("macs inside", "taps inside", "taps", "outputs", "channels left over of four", "positions", "channels",
             "calls")  # fmt: skip
FULLY_CONNECTED = ("macs", "weights left over of four", "outputs", "calls")
POOL = ("taps inside", "outputs", "positions", "calls")
ELEMENTS = ("elements", "rows", "calls")


def family_of(record: Record) -> tuple[str, tuple[str, ...], Counts]:
    """(the family's name, the names of its features, how much of each there is)."""
    if record.kind == "CONV_2D":
        return f"cmsis {_conv_name(record)}", CONV, conv(record)
    if record.kind == "DEPTHWISE_CONV_2D":
        plain = record.kernel == (3, 3) and record.input[2] == record.output[2]
        return f"cmsis depthwise {'3x3' if plain else 'other'}", DEPTHWISE, depthwise(record)
    if record.kind == "FULLY_CONNECTED":
        return "cmsis fully connected", FULLY_CONNECTED, fully_connected(record)
    if record.kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN"):
        names = {"AVERAGE_POOL_2D": "average pool", "MAX_POOL_2D": "max pool", "MEAN": "global average pool"}
        return f"cmsis {names[record.kind]}", POOL, pool(record)
    return f"cmsis {record.kind.lower()}", ELEMENTS, (record.output_elements, record.positions, 1)


def _conv_name(record: Record) -> str:
    """Kernels, and ways through them, that cost differently for the same counts."""
    stride = "strided" if max(record.stride) > 1 else "plain"
    if record.kernel == (1, 1):
        return f"conv 1x1 {stride}, channels {'in fours' if record.input[2] % 4 == 0 else 'other'}"
    return f"conv {stride}, channels {'in fours' if record.input[2] % 4 == 0 else 'other'}"


def conv(record: Record) -> Counts:
    positions, channels, depth = record.positions, record.output[2], record.depth
    taps = record.kernel[0] * record.kernel[1]
    return (
        positions * channels * depth, positions * channels * (depth % 4), positions * (channels % 2) * depth,
        (positions % 2) * channels * depth, positions * channels, positions * depth, positions * taps,
        positions * taps * (record.input[2] % 4), positions * taps - windows(record).taps, positions,
        channels * depth, channels, 1,
    )  # fmt: skip


def depthwise(record: Record) -> Counts:
    taps, channels = windows(record).taps, record.output[2]
    seen = record.positions * record.kernel[0] * record.kernel[1]
    return (
        taps * channels, taps, seen, record.output_elements, record.positions * (channels % 4), record.positions,
        channels, 1,
    )  # fmt: skip


def fully_connected(record: Record) -> Counts:
    outputs = record.output_elements
    depth = record.input_elements * record.output[2] // outputs
    return outputs * depth, outputs * (depth % 4), outputs, 1


def pool(record: Record) -> Counts:
    if record.kind == "MEAN":
        return record.input_elements, record.output_elements, 1, 1
    return windows(record).taps * record.output[2], record.output_elements, record.positions, 1
