"""Rows of the reference kernels (firmware/kernels/ref): they define the result, and run everything."""

from __future__ import annotations

from math import prod

from search.hardware.record import Record
from search.hardware.variant import Predicate, Variant


def plain_arrays(record: Record) -> tuple[int, ...]:
    """Bytes of weights, bias, multiplier and shift of a kernel that reads them as they stand in the .tflite."""
    channels = record.output[2]
    return record.depth * channels, 4 * channels, 4 * channels, channels


def _operand_array(record: Record) -> tuple[int, ...]:
    """Bytes of the operand that is constant, if one is."""
    return () if record.constant is None else (prod(record.operands[record.constant]),)


def _operand_tables(record: Record) -> tuple[int, ...]:
    """Bytes of a 32-bit offset and a 32-bit size for every operand."""
    return 4 * len(record.operands), 4 * len(record.operands)


def _row_and_column_tables(record: Record) -> tuple[int, ...]:
    """Bytes of a 16-bit number for every output row and column."""
    return 2 * record.output[0], 2 * record.output[1]


def _table(_: Record) -> tuple[int, ...]:
    """Bytes of an output for every int8 input."""
    return (256,)


def _mean_scratch(record: Record) -> int:
    return 4 * record.input[2]


def _dtypes(source: str, target: str) -> Predicate:
    return lambda record: record.input_dtype == source and record.output_dtype == target


def _ref(kind: str, name: str, args: str, **more: object) -> Variant:
    return Variant(kind, f"mcn_{name}_ref", "ref", f"kernels/ref/{name}.c", args, **more)  # type: ignore[arg-type]


ROWS: tuple[Variant, ...] = (
    _ref("CONV_2D", "conv_2d", "mcn_conv_t", array_bytes=plain_arrays),
    _ref("DEPTHWISE_CONV_2D", "depthwise_conv_2d", "mcn_conv_t", array_bytes=plain_arrays),
    _ref("FULLY_CONNECTED", "fully_connected", "mcn_fully_connected_t", array_bytes=plain_arrays),
    _ref("ADD", "add", "mcn_add_t", in_place=True),
    _ref("AVERAGE_POOL_2D", "average_pool_2d", "mcn_pool_t"),
    _ref("MAX_POOL_2D", "max_pool_2d", "mcn_pool_t"),
    _ref("MEAN", "mean", "mcn_mean_t", scratch_bytes=_mean_scratch),
    _ref("SOFTMAX", "softmax", "mcn_softmax_t", in_place=True),
    _ref("PAD", "pad", "mcn_pad_t"),
    _ref("QUANTIZE", "quantize", "mcn_quantize_t", applies=_dtypes("float32", "int8")),
    _ref("QUANTIZE", "requantize", "mcn_quantize_t", applies=_dtypes("int8", "int8"), in_place=True),
    _ref("DEQUANTIZE", "dequantize", "mcn_quantize_t", applies=_dtypes("int8", "float32")),
    _ref("GROUPED_CONV_2D", "conv_2d_grouped", "mcn_conv_t", array_bytes=plain_arrays),
    _ref("TRANSPOSE_CONV", "transpose_conv", "mcn_conv_t", array_bytes=plain_arrays),
    _ref("BROADCAST_ADD", "add_broadcast", "mcn_binary_t", array_bytes=_operand_array, in_place=True),
    _ref("SUB", "sub", "mcn_binary_t", array_bytes=_operand_array, in_place=True),
    _ref("MUL", "mul", "mcn_binary_t", array_bytes=_operand_array, in_place=True),
    _ref("PRELU", "prelu", "mcn_binary_t", array_bytes=_operand_array, in_place=True),
    _ref("LOOKUP", "lookup", "mcn_lookup_t", array_bytes=_table, in_place=True),
    _ref("MEAN_OVER_AXES", "mean_over_axes", "mcn_mean_over_axes_t"),
    _ref("CONCATENATION", "concatenation", "mcn_concatenation_t", array_bytes=_operand_tables),
    _ref("SLICE", "slice", "mcn_slice_t"),
    _ref("RESIZE_NEAREST_NEIGHBOR", "resize_nearest_neighbor", "mcn_resize_t", array_bytes=_row_and_column_tables),
)
