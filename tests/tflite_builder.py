"""Builds small .tflite files in memory: tensors and operations with any shapes and quantisation in, bytes out.

`b = TfliteBuilder(); x = b.input((1, 8, 8, 3), (0.05, -3)); y = b.conv_2d(x, weights, scales, (0.1, 4)); b.build(y)`

Every method that adds something returns the tensor's number in the file. Quantisation is (scale, zero_point); None
makes a float32 tensor. Nothing is checked: the tests also need files that are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from search.hardware.ops import Activation, Op, Padding, output_hw

Quantization = tuple[float, int]
Pair = tuple[int, int]

_TYPES = {"int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32, "float32": schema.TensorType.FLOAT32}
_ACTIVATIONS = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
}
_PADDINGS = {"same": schema.Padding.SAME, "valid": schema.Padding.VALID}


def _fill(record: Any, **fields: object) -> Any:
    """Set attributes of a schema object, which must have them: a misspelt one would be dropped in silence."""
    for name, value in fields.items():
        getattr(record, name)
        setattr(record, name, value)
    return record


class TfliteBuilder:
    """One subgraph, filled method by method; `build` ends it."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []
        self.operators: list[Any] = []
        self.inputs: list[int] = []
        self._codes: list[int] = []
        self._buffers = [schema.BufferT()]

    # Tensors.

    def tensor(
        self,
        shape: Sequence[int],
        quantization: Quantization | None = None,
        *,
        dtype: str = "",
        data: npt.NDArray[Any] | None = None,
        scales: Sequence[float] | npt.NDArray[Any] | None = None,
        axis: int = 0,
    ) -> int:
        """Any tensor. `data` makes it constant; `scales` are those of weights or bias, one or one a slice of `axis`."""
        if quantization is not None:
            scales, zero_points = [quantization[0]], [quantization[1]]
        else:
            zero_points = [0] * len(scales) if scales is not None else []
        parameters = None
        if scales is not None:
            parameters = _fill(
                schema.QuantizationParametersT(),
                scale=np.asarray(scales, np.float32),
                zeroPoint=np.asarray(zero_points, np.int64),
                quantizedDimension=axis if len(scales) > 1 else 0,
            )
        name = dtype or ("int8" if quantization is not None else "float32")
        record = _fill(
            schema.TensorT(), shape=np.asarray(shape, np.int32), type=_TYPES[name], buffer=self._buffer(data),
            name=f"t{len(self.tensors)}".encode(), quantization=parameters,
        )  # fmt: skip
        self.tensors.append(record)
        return len(self.tensors) - 1

    def _buffer(self, data: npt.NDArray[Any] | None) -> int:
        if data is None:
            return 0
        raw = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._buffers.append(_fill(schema.BufferT(), data=raw))
        return len(self._buffers) - 1

    def constant(self, data: npt.NDArray[Any], scales: Any = None, axis: int = 0) -> int:
        return self.tensor(data.shape, dtype=str(data.dtype), data=data, scales=scales, axis=axis)

    def input(self, shape: Sequence[int], quantization: Quantization | None) -> int:
        self.inputs.append(self.tensor(shape, quantization))
        return self.inputs[-1]

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(size) for size in self.tensors[tensor].shape)

    def quantization(self, tensor: int) -> Quantization | None:
        parameters = self.tensors[tensor].quantization
        return None if parameters is None else (float(parameters.scale[0]), int(parameters.zeroPoint[0]))

    # Operations.

    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        quantization: Quantization | None,
        options: str = "",
        **fields: object,
    ) -> int:
        """Any operation with one output; `options` names its table in the schema, `fields` what it holds."""
        code = getattr(schema.BuiltinOperator, kind)
        if code not in self._codes:
            self._codes.append(code)
        out = self.tensor(shape, quantization)
        record = _fill(
            schema.OperatorT(), opcodeIndex=self._codes.index(code), inputs=np.asarray(inputs, np.int32),
            outputs=np.asarray([out], np.int32),
        )  # fmt: skip
        if options:
            table = _fill(getattr(schema, f"{options}T")(), **fields)
            _fill(record, builtinOptionsType=getattr(schema.BuiltinOptions, options), builtinOptions=table)
        self.operators.append(record)
        return out

    def _weighted(self, x: int, weights: int, bias: npt.NDArray[np.int32] | None) -> list[int]:
        if bias is None:
            return [x, weights]
        source = self.tensors[x].quantization.scale[0]
        return [x, weights, self.constant(bias, source * self.tensors[weights].quantization.scale)]

    def conv_2d(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        bias: npt.NDArray[np.int32] | None = None,
        stride: Pair = (1, 1),
        dilation: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
    ) -> int:
        """`weights` [O, H, W, I]; `scales` one a channel or one."""
        filters = self.constant(weights, scales)
        probe = Op("CONV_2D", (), (), weights.shape[1:3], stride, dilation, padding)
        n, h, w, _ = self.shape(x)
        return self.op(
            "CONV_2D", self._weighted(x, filters, bias), (n, *output_hw(probe, (h, w)), weights.shape[0]), output,
            "Conv2DOptions", padding=_PADDINGS[padding], strideH=stride[0], strideW=stride[1],
            dilationHFactor=dilation[0], dilationWFactor=dilation[1], fusedActivationFunction=_ACTIVATIONS[activation],
        )  # fmt: skip

    def depthwise_conv_2d(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        bias: npt.NDArray[np.int32] | None = None,
        stride: Pair = (1, 1),
        dilation: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
    ) -> int:
        """`weights` [1, H, W, O] with O a multiple of the input's channels."""
        filters = self.constant(weights, scales, axis=3)
        probe = Op("DEPTHWISE_CONV_2D", (), (), weights.shape[1:3], stride, dilation, padding)
        n, h, w, c = self.shape(x)
        return self.op(
            "DEPTHWISE_CONV_2D", self._weighted(x, filters, bias), (n, *output_hw(probe, (h, w)), weights.shape[3]),
            output, "DepthwiseConv2DOptions", padding=_PADDINGS[padding], strideH=stride[0], strideW=stride[1],
            dilationHFactor=dilation[0], dilationWFactor=dilation[1], depthMultiplier=weights.shape[3] // c,
            fusedActivationFunction=_ACTIVATIONS[activation],
        )  # fmt: skip

    def fully_connected(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        bias: npt.NDArray[np.int32] | None = None,
        activation: Activation = "none",
        keep_dims: bool = False,
    ) -> int:
        """`weights` [O, I]; the output is [elements / I, O], or with `keep_dims` the input's shape ending in O."""
        filters = self.constant(weights, scales)
        rows = self.shape(x)[:-1] if keep_dims else (int(np.prod(self.shape(x))) // weights.shape[1],)
        inputs = self._weighted(x, filters, bias)
        return self.op(
            "FULLY_CONNECTED", inputs if bias is not None else [*inputs, -1], (*rows, weights.shape[0]), output,
            "FullyConnectedOptions", fusedActivationFunction=_ACTIVATIONS[activation], keepNumDims=keep_dims,
        )  # fmt: skip

    def add(self, a: int, b: int, output: Quantization, activation: Activation = "none") -> int:
        return self.op(
            "ADD", [a, b], self.shape(a), output, "AddOptions", fusedActivationFunction=_ACTIVATIONS[activation]
        )

    def pool(
        self,
        kind: str,
        x: int,
        kernel: Pair,
        stride: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
        output: Quantization | None = None,
    ) -> int:
        """AVERAGE_POOL_2D or MAX_POOL_2D; the quantisation is the input's unless `output` says otherwise."""
        probe = Op(kind, (), (), kernel, stride, (1, 1), padding)
        n, h, w, c = self.shape(x)
        return self.op(
            kind, [x], (n, *output_hw(probe, (h, w)), c), output or self.quantization(x), "Pool2DOptions",
            padding=_PADDINGS[padding], strideH=stride[0], strideW=stride[1], filterHeight=kernel[0],
            filterWidth=kernel[1], fusedActivationFunction=_ACTIVATIONS[activation],
        )  # fmt: skip

    def mean(self, x: int, output: Quantization, axes: Sequence[int] = (1, 2), keep_dims: bool = False) -> int:
        """`axes` may be negative or in any order, as the format allows."""
        source = self.shape(x)
        reduced = {axis % len(source) for axis in axes}
        kept = [1 if i in reduced else size for i, size in enumerate(source) if keep_dims or i not in reduced]
        inputs = [x, self.constant(np.asarray(axes, np.int32))]
        return self.op("MEAN", inputs, kept, output, "ReducerOptions", keepDims=keep_dims)

    def softmax(self, x: int, beta: float = 1.0, output: Quantization | None = (1 / 256, -128)) -> int:
        return self.op("SOFTMAX", [x], self.shape(x), output, "SoftmaxOptions", beta=beta)

    def reshape(self, x: int, shape: Sequence[int]) -> int:
        target = np.asarray(shape, np.int32)
        inputs = [x, self.constant(target)]
        return self.op("RESHAPE", inputs, shape, self.quantization(x), "ReshapeOptions", newShape=target)

    def pad(self, x: int, pads: Sequence[Pair], output: Quantization | None = None) -> int:
        """`pads` (before, after) of every axis."""
        shape = [size + before + after for size, (before, after) in zip(self.shape(x), pads, strict=True)]
        inputs = [x, self.constant(np.asarray(pads, np.int32))]
        return self.op("PAD", inputs, shape, output or self.quantization(x), "PadOptions")

    def quantize(self, x: int, output: Quantization) -> int:
        return self.op("QUANTIZE", [x], self.shape(x), output, "QuantizeOptions")

    def dequantize(self, x: int) -> int:
        return self.op("DEQUANTIZE", [x], self.shape(x), None, "DequantizeOptions")

    def build(self, *outputs: int) -> bytes:
        """The file. A builder may go on and build again."""
        graph = _fill(
            schema.SubGraphT(), tensors=self.tensors, operators=self.operators, name=b"main",
            inputs=np.asarray(self.inputs, np.int32), outputs=np.asarray(outputs, np.int32),
        )  # fmt: skip
        codes = [
            _fill(schema.OperatorCodeT(), builtinCode=code, deprecatedBuiltinCode=min(code, 127), version=1)
            for code in self._codes
        ]
        model = _fill(
            schema.ModelT(), version=3, operatorCodes=codes, subgraphs=[graph], buffers=self._buffers,
            description=b"mcunas test",
        )  # fmt: skip
        packer = flatbuffers.Builder(1024)
        packer.Finish(model.Pack(packer), file_identifier=b"TFL3")
        return bytes(packer.Output())
