"""The only code that touches flatbuffers: bytes of a .tflite in, plain bounded records out, or one BadInput.

The bytes may be anything: a length is compared with the file's size before anything is read by it, arrays are views of
the file and never copies, and whatever the flatbuffers library raises on nonsense becomes BadInput.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from search.hardware.ops import OP_KINDS
from toolchain.errors import BadInput

#: More than any model of a microcontroller has; a file beyond them is not read on.
MAX_OPERATORS = 4096
MAX_GRAPH_EDGES = 64
MAX_OPERANDS = 64
MAX_RANK = 8

_IDENTIFIER = b"TFL3"


def _members(enumeration: type) -> dict[int, str]:
    """{value: name} of one of the schema's enumerations."""
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


_NAMES = _members(schema.BuiltinOperator)
_TYPES = {value: name.lower() for value, name in _members(schema.TensorType).items()}
_WORDS: dict[str, dict[int, str]] = {
    "padding": {value: name.lower() for value, name in _members(schema.Padding).items()},
    "activation": {value: name.lower() for value, name in _members(schema.ActivationFunctionType).items()},
}

Value = int | float | bool | str
_WINDOW = {"padding": "Padding", "stride_h": "StrideH", "stride_w": "StrideW"}
_DILATION = {"dilation_h": "DilationHFactor", "dilation_w": "DilationWFactor"}
_FUSED = {"activation": "FusedActivationFunction"}
#: Which options table a kind of operation has, and its fields that matter here: {our name: accessor}.
_OPTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "CONV_2D": ("Conv2DOptions", {**_WINDOW, **_DILATION, **_FUSED}),
    "DEPTHWISE_CONV_2D": (
        "DepthwiseConv2DOptions",
        {**_WINDOW, **_DILATION, **_FUSED, "depth_multiplier": "DepthMultiplier"},
    ),
    "FULLY_CONNECTED": (
        "FullyConnectedOptions",
        {**_FUSED, "weights_format": "WeightsFormat", "keep_num_dims": "KeepNumDims"},
    ),
    "ADD": ("AddOptions", _FUSED),
    "AVERAGE_POOL_2D": ("Pool2DOptions", {**_WINDOW, **_FUSED, "filter_h": "FilterHeight", "filter_w": "FilterWidth"}),
    "MAX_POOL_2D": ("Pool2DOptions", {**_WINDOW, **_FUSED, "filter_h": "FilterHeight", "filter_w": "FilterWidth"}),
    "MEAN": ("ReducerOptions", {"keep_dims": "KeepDims"}),
    "SOFTMAX": ("SoftmaxOptions", {"beta": "Beta"}),
    "SUB": ("SubOptions", _FUSED),
    "MUL": ("MulOptions", _FUSED),
    "LEAKY_RELU": ("LeakyReluOptions", {"alpha": "Alpha"}),
    "CONCATENATION": ("ConcatenationOptions", {**_FUSED, "axis": "Axis"}),
    "SPLIT": ("SplitOptions", {"num_splits": "NumSplits"}),
    "STRIDED_SLICE": (
        "StridedSliceOptions",
        {
            "begin_mask": "BeginMask", "end_mask": "EndMask", "ellipsis_mask": "EllipsisMask",
            "new_axis_mask": "NewAxisMask", "shrink_axis_mask": "ShrinkAxisMask", "offset": "Offset",
        },
    ),
    "RESIZE_NEAREST_NEIGHBOR": (
        "ResizeNearestNeighborOptions",
        {"align_corners": "AlignCorners", "half_pixel_centers": "HalfPixelCenters"},
    ),
    "TRANSPOSE_CONV": ("TransposeConvOptions", {**_WINDOW, **_FUSED}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RawTensor:
    """A tensor as the file has it. `data` are the bytes of a constant, None for an activation."""

    number: int
    name: str
    shape: tuple[int, ...]
    dynamic_axes: tuple[int, ...]
    dtype: str
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    quantized_axis: int
    data: npt.NDArray[np.uint8] | None
    sparse: bool


@dataclass(frozen=True, slots=True)
class RawOperator:
    """An operator as the file has it. inputs, outputs: tensor numbers, -1 for one that is left out.

    Of a kind that is not in OP_KINDS only the first input is read.
    """

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class RawModel:
    """The only subgraph. `tensors` holds those that the graph or an operator names."""

    operators: tuple[RawOperator, ...]
    tensors: Mapping[int, RawTensor]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class _Unsound(ValueError):
    """What this module itself finds wrong, in words for the user."""


@contextmanager
def _damaged(name: str, place: str) -> Iterator[None]:
    """Whatever the flatbuffers library raises at `place` means that the file is damaged there."""
    try:
        yield
    except (struct.error, IndexError, TypeError, ValueError, OverflowError, KeyError) as error:
        why = _in_words(error)
        raise BadInput(f"{name} is damaged: {place} cannot be read ({why}). Copy or export the file again.") from None


def _in_words(error: Exception) -> str:
    """What is wrong with the file, without the words of the libraries that stumbled on it."""
    beyond = re.search(r"at least (\d+) bytes .*actual buffer size is (\d+)", str(error))
    if beyond:
        return f"the file ends at byte {int(beyond[2]):,} but refers to byte {int(beyond[1]):,}"
    return str(error) if isinstance(error, _Unsound) else "it refers to a place outside the file or to another thing"


def printable(raw: bytes | None, limit: int = 80) -> str:
    """Text of the file for messages: at most `limit` bytes, control characters escaped."""
    text = (raw or b"")[:limit].decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def parse(data: bytes, name: str) -> RawModel:
    """Read the flatbuffer `data`; `name` stands in messages. Raises BadInput if it isn't one sound .tflite."""
    if len(data) < 8 or data[4:8] != _IDENTIFIER:
        start = printable(data[:8]) or "nothing"
        raise BadInput(
            f"{name} is not a .tflite file: {len(data):,} B that start with '{start}', no TFL3 at byte 4. "
            "Give a TensorFlow Lite model."
        )
    return _Parser(data, name).model()


class _Parser:
    """One walk over one file."""

    def __init__(self, data: bytes, name: str) -> None:
        self.size = len(data)
        self.name = name
        with self.at("the header"):
            self.root = schema.Model.GetRootAs(data)
            if self.root.Version() != 3:
                raise _Unsound(f"schema version {self.root.Version()}, must be 3")

    def at(self, place: str) -> Any:
        return _damaged(self.name, place)

    def model(self) -> RawModel:
        with self.at("the list of subgraphs"):
            graphs = self.root.SubgraphsLength()
        if graphs != 1:
            raise BadInput(
                f"{self.name} has {graphs:,} subgraphs, must be 1. Export it without control flow and without "
                "several signatures."
            )
        with self.at("the subgraph"):
            graph = self.root.Subgraphs(0)
            inputs = self.integers(graph.InputsLength, graph.InputsAsNumpy, MAX_GRAPH_EDGES)
            outputs = self.integers(graph.OutputsLength, graph.OutputsAsNumpy, MAX_GRAPH_EDGES)
            count = self.length(graph.OperatorsLength(), MAX_OPERATORS, "operators")
        operators = tuple(self.operator(graph, index) for index in range(count))
        named = {*inputs, *outputs}.union(*(operator.inputs + operator.outputs for operator in operators)) - {-1}
        return RawModel(operators, {number: self.tensor(graph, number) for number in sorted(named)}, inputs, outputs)

    def length(self, length: int, limit: int, what: str = "entries") -> int:
        if length > limit:
            raise _Unsound(f"{length:,} {what}, at most {limit:,} can be")
        return length

    def integers(self, length: Callable[[], int], values: Callable[[], Any], limit: int) -> tuple[int, ...]:
        """A vector of at most `limit` integers, () if it is absent."""
        return tuple(int(value) for value in values()) if self.length(length(), limit) else ()

    def operator(self, graph: Any, index: int) -> RawOperator:
        with self.at(f"operator {index}"):
            record = graph.Operators(index)
            kind = self.kind(record.OpcodeIndex())
            if kind not in OP_KINDS:
                first = (record.Inputs(0),) if record.InputsLength() else ()
                return RawOperator(index, kind, first, (), None)
            inputs = self.integers(record.InputsLength, record.InputsAsNumpy, MAX_OPERANDS)
            outputs = self.integers(record.OutputsLength, record.OutputsAsNumpy, MAX_OPERANDS)
            return RawOperator(index, kind, inputs, outputs, self.options(record, kind))

    def kind(self, code_index: int) -> str:
        if code_index >= self.root.OperatorCodesLength():
            raise _Unsound(f"operation code {code_index} does not exist")
        code = self.root.OperatorCodes(code_index)
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if number == schema.BuiltinOperator.CUSTOM:
            return f"custom operation '{printable(code.CustomCode())}'"
        return _NAMES.get(number, f"operation code {number}")

    def options(self, record: Any, kind: str) -> Mapping[str, Value] | None:
        """Fields of the options table of `kind`; None if the file has none or another kind's."""
        if kind not in _OPTIONS:
            return None
        table_name, fields = _OPTIONS[kind]
        union = record.BuiltinOptions()
        if union is None or record.BuiltinOptionsType() != getattr(schema.BuiltinOptions, table_name):
            return None
        table = getattr(schema, table_name)()
        table.Init(union.Bytes, union.Pos)
        values = {field: getattr(table, accessor)() for field, accessor in fields.items()}
        return {field: self.word(field, value) for field, value in values.items()}

    def word(self, field: str, value: Value) -> Value:
        """The name of an enumeration's value; any other value as it is."""
        if field in _WORDS and value not in _WORDS[field]:
            raise _Unsound(f"{field} {value} is not a known value")
        return _WORDS[field][int(value)] if field in _WORDS else value

    def tensor(self, graph: Any, number: int) -> RawTensor:
        with self.at(f"tensor {number}"):
            if not 0 <= number < graph.TensorsLength():
                raise _Unsound(f"it does not exist, the file has {graph.TensorsLength():,} tensors")
            record = graph.Tensors(number)
            shape = self.integers(record.ShapeLength, record.ShapeAsNumpy, MAX_RANK)
            signature = self.integers(record.ShapeSignatureLength, record.ShapeSignatureAsNumpy, MAX_RANK)
            scales, zero_points, axis = self.quantization(record.Quantization())
            return RawTensor(
                number=number,
                name=printable(record.Name(), 200),
                shape=shape,
                dynamic_axes=tuple(i for i, size in enumerate(signature) if size < 0),
                dtype=_TYPES.get(record.Type(), f"type {record.Type()}"),
                scales=scales,
                zero_points=zero_points,
                quantized_axis=axis,
                data=self.buffer(record.Buffer()),
                sparse=record.Sparsity() is not None,
            )

    def quantization(self, record: Any) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], int]:
        scales, zero_points, axis = np.empty(0, np.float32), np.empty(0, np.int64), 0
        if record is not None:
            axis = record.QuantizedDimension()
            if record.ScaleLength():
                scales = record.ScaleAsNumpy()
            if record.ZeroPointLength():
                zero_points = record.ZeroPointAsNumpy()
        return scales, zero_points, axis

    def buffer(self, number: int) -> npt.NDArray[np.uint8] | None:
        if number >= self.root.BuffersLength():
            raise _Unsound(f"its buffer {number} does not exist")
        record = self.root.Buffers(number)
        if record.Offset() > 1:
            raise _Unsound("its data lie outside the flatbuffer, as in models of more than 2 GB")
        return record.DataAsNumpy() if record.DataLength() else None
