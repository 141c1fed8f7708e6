"""Reads a .tflite file: a path or bytes in, a `Model` out; whatever the engine cannot run ends in one BadInput.

Everything is checked here, at the edge, so nobody behind it has to: the file's structure, types, shapes, quantisation,
the order of operations, and each operation's attributes against its shapes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from search.hardware.ops import OP_KINDS, Graph, Op, Tensor
from toolchain.errors import BadInput
from toolchain.tflite.attributes import READERS, computed_inputs
from toolchain.tflite.flatbuffer import RawModel, parse
from toolchain.tflite.model import Constants, Model, Quantization
from toolchain.tflite.operands import CONVERT_AGAIN, DATA_INPUTS, Fail, Operands, activation, type_advice

#: No microcontroller holds a larger model; a larger file is not even read.
MAX_FILE_BYTES = 64 * 2**20
_CASTS = ("QUANTIZE", "DEQUANTIZE")
_NAMED = 8


def read_model(source: bytes | Path) -> Model:
    """Parse a .tflite: its only subgraph, int8, batch 1, made of OP_KINDS.

    Raises BadInput, which names the file and the operator, if it cannot be read or the engine could not run it.
    """
    name, data = ("the model", source) if isinstance(source, bytes) else (str(source), _file(source))
    raw = parse(data, name)
    _refuse_foreign(raw, name)
    walk = _Walk(raw, name)
    return Model(
        graph=Graph(tuple(walk.graph_tensors), tuple(walk.ops), walk.inputs, walk.outputs),
        constants=tuple(walk.constants),
        quantization=tuple(walk.quantization),
        tensor_numbers=tuple(walk.index_of),
        input_names=tuple(raw.tensors[number].name for number in raw.inputs),
        output_names=tuple(raw.tensors[number].name for number in raw.outputs),
        sha256=hashlib.sha256(data).hexdigest(),
        file_bytes=len(data),
    )


def _file(path: Path) -> bytes:
    try:
        if not path.is_file():
            fault = "is a directory" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
            raise BadInput(f"{path} {fault}. Give a .tflite file.")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise BadInput(f"{path} has {size:,} B, at most {MAX_FILE_BYTES:,} B are read. Give a smaller model.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}. Give a .tflite file.") from None


def _refuse_foreign(raw: RawModel, name: str) -> None:
    """Refuse what is no int8 model, then what has an operation that the engine does not run."""
    if not raw.operators or not raw.inputs or not raw.outputs:
        raise BadInput(
            f"{name} has {len(raw.operators)} operators, {len(raw.inputs)} inputs and {len(raw.outputs)} outputs, "
            "must have some of each. Export the network again."
        )
    computing = [op for op in raw.operators if op.kind not in _CASTS]
    read = [(op, op.inputs[DATA_INPUTS.get(op.kind, 0) :][:1]) for op in computing]
    types = [(op, raw.tensors[number].dtype) for op, numbers in read for number in numbers if number in raw.tensors]
    if types and not any(dtype == "int8" for _, dtype in types):
        op, dtype = types[0]
        raise BadInput(f"{name}: operator {op.index} ({op.kind}) computes in {dtype}: {type_advice(dtype)}")
    foreign = {operator.kind: operator.index for operator in reversed(raw.operators) if operator.kind not in READERS}
    if foreign:
        first = sorted(foreign.items(), key=lambda entry: entry[1])[:_NAMED]
        found = ", ".join(f"operator {index} is {kind}" for kind, index in first)
        found += f" and {len(foreign) - _NAMED} more kinds" if len(foreign) > _NAMED else ""
        raise BadInput(
            f"{name} has operations that the engine does not run: {found}. "
            f"Supported: {', '.join(OP_KINDS)}. Export a network made of these."
        )


class _Walk:
    """One pass over the operators in the order of the file, which must be an order in which they can run."""

    def __init__(self, raw: RawModel, name: str) -> None:
        self.raw = raw
        self.name = name
        self.index_of: dict[int, int] = {}  # tensor number in the file: index in the graph, by first appearance
        self.graph_tensors: list[Tensor] = []
        self.quantization: list[Quantization | None] = []
        self.ops: list[Op] = []
        self.constants: list[Constants] = []
        self.inputs = tuple(self.define(number, self.fail) for number in raw.inputs)
        for operator in raw.operators:
            self.visit(Operands(name, operator, raw.tensors))
        self.outputs = tuple(self.graph_output(number) for number in raw.outputs)

    def fail(self, what: str, advice: str) -> BadInput:
        """An error of the graph as a whole."""
        return BadInput(f"{self.name}: the graph {what}. {advice}".strip())

    def define(self, number: int, fail: Fail) -> int:
        """Give the tensor its place in the graph; each is written once."""
        if number not in self.raw.tensors:
            raise fail("leaves out a tensor that it must have", CONVERT_AGAIN)
        if number in self.index_of:
            raise fail(f"writes '{self.raw.tensors[number].name}', which is already written", CONVERT_AGAIN)
        tensor, quantization = activation(self.raw.tensors[number], fail)
        self.index_of[number] = len(self.graph_tensors)
        self.graph_tensors.append(tensor)
        self.quantization.append(quantization)
        return self.index_of[number]

    def visit(self, operands: Operands) -> None:
        """Take over one operator."""
        operator, positions = operands.operator, computed_inputs(operands)
        wrong_outputs = len(operator.outputs) != 1 and (operator.kind != "SPLIT" or not operator.outputs)
        if len(operator.inputs) <= max(positions) or wrong_outputs:
            raise operands.fail(f"has {len(operator.inputs)} inputs and {len(operator.outputs)} outputs")
        inputs = tuple(self.operand(operands, operator.inputs[position]) for position in positions)
        outputs = tuple(self.define(number, operands.fail) for number in operator.outputs)
        self.check_types(operands, inputs, outputs)
        attributes, constants = READERS[operator.kind](operands)
        self.ops.append(Op(operator.kind, inputs, outputs, **attributes))
        self.constants.append(constants)

    def operand(self, operands: Operands, number: int) -> int:
        """Graph index of a tensor that the operator computes with."""
        if number in self.index_of:
            return self.index_of[number]
        tensor = self.raw.tensors.get(number)
        if tensor is None:
            raise operands.fail("leaves out a tensor that it must have")
        if tensor.data is not None:
            raise operands.fail(f"computes with the constant '{tensor.name}', must be a computed tensor")
        raise operands.fail(f"reads '{tensor.name}' before it is written", "Export the network again.")

    def check_types(self, operands: Operands, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> None:
        """int8 everywhere; float32 only from a graph input into QUANTIZE and out of DEQUANTIZE."""
        kind = operands.operator.kind
        floats = [index for index in (*inputs, *outputs) if self.graph_tensors[index].dtype == "float32"]
        if floats and kind not in _CASTS:
            raise operands.fail(f"computes in float32: {type_advice('float32')[:-1]}", "")
        if kind == "QUANTIZE" and floats and inputs[0] not in self.inputs:
            raise operands.fail("reads float32 inside the graph, where all must be int8")

    def graph_output(self, number: int) -> int:
        """Graph index of an output, which an operator must have written."""
        index = self.index_of.get(number)
        if index is None or index in self.inputs:
            raise self.fail(f"has an output, tensor {number}, that no operator writes", "Export the network again.")
        return index
