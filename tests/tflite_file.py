"""A .tflite file in the making: tensors and operations of any kind in, bytes out; see tests.tflite_builder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

Quantization = tuple[float, int]
Pair = tuple[int, int]

_TYPES = {"int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32, "float32": schema.TensorType.FLOAT32}
ACTIVATIONS = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
}
PADDINGS = {"same": schema.Padding.SAME, "valid": schema.Padding.VALID}


def _fill(record: Any, **fields: object) -> Any:
    """Set attributes of a schema object, which must have them: a misspelt one would be dropped in silence."""
    for name, value in fields.items():
        getattr(record, name)
        setattr(record, name, value)
    return record


class TfliteFile:
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
        return self.op_of_many(kind, inputs, [shape], quantization, options, **fields)[0]

    def op_of_many(
        self,
        kind: str,
        inputs: Sequence[int],
        shapes: Sequence[Sequence[int]],
        quantization: Quantization | None,
        options: str = "",
        **fields: object,
    ) -> list[int]:
        """As `op`, with an output for each of `shapes`."""
        code = getattr(schema.BuiltinOperator, kind)
        if code not in self._codes:
            self._codes.append(code)
        outputs = [self.tensor(shape, quantization) for shape in shapes]
        record = _fill(
            schema.OperatorT(), opcodeIndex=self._codes.index(code), inputs=np.asarray(inputs, np.int32),
            outputs=np.asarray(outputs, np.int32),
        )  # fmt: skip
        if options:
            table = _fill(getattr(schema, f"{options}T")(), **fields)
            _fill(record, builtinOptionsType=getattr(schema.BuiltinOptions, options), builtinOptions=table)
        self.operators.append(record)
        return outputs

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
