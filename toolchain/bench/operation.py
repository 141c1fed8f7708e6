"""One operation of a network, alone: a graph and a step in; a graph of that operation, and a model of it, out.

Weights, scales and zero points are made up, in the manner of converters: outputs use their range, results of a RELU
have the zero point -128, ranges that an operation must not change stay. They do not decide how long a kernel takes,
but for what the table of variants says of weights that do not fit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from math import sqrt
from typing import Any, cast

import numpy as np

from search.hardware.lowering import Step
from search.hardware.ops import Graph, Op, Slice, Tensor
from toolchain.tflite.model import Constants, Model, Quantization

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
_KEEP_RANGE = frozenset(
    {"MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "SPLIT", "STRIDED_SLICE", "CONCATENATION", "RESIZE_NEAREST_NEIGHBOR",
     "RESHAPE"}
)  # fmt: skip
_PLAIN = Quantization(0.05, 3)
_FIXED = {
    "SOFTMAX": Quantization(1 / 256, -128), "LOGISTIC": Quantization(1 / 256, -128), "TANH": Quantization(1 / 128, 0),
}  # fmt: skip
Ranges = tuple[Quantization | None, ...]

_UNIFORM = 74.0  # standard deviation of int8 drawn uniformly
_OUTPUT = 40.0  # that of outputs, so that few saturate


def isolate(graph: Graph, step: Step) -> Graph:
    """The operations that `step` carries out, as a graph of their own: their inputs are its inputs."""
    ops = [graph.ops[index] for index in step.op_indices]
    numbers: dict[int, int] = {}
    for tensor in (*step.inputs, *(out for op in ops for out in op.outputs)):
        numbers.setdefault(tensor, len(numbers))
    inputs = tuple(dict.fromkeys(numbers[tensor] for tensor in step.inputs))
    renamed = tuple(
        replace(op, inputs=tuple(numbers[t] for t in op.inputs), outputs=tuple(numbers[t] for t in op.outputs))
        for op in ops
    )
    return Graph(tuple(graph.tensors[t] for t in numbers), renamed, inputs, (numbers[step.output],))


def to_json(graph: Graph) -> dict[str, Any]:
    """The graph as plain values; attributes that an operation does not have are left out."""
    ops = [
        {name: value for name, value in asdict(op).items() if value != getattr(_DEFAULT, name, None) or name == "kind"}
        for op in graph.ops
    ]
    tensors = [[list(tensor.shape), tensor.dtype] for tensor in graph.tensors]
    return {"ops": ops, "tensors": tensors, "inputs": list(graph.inputs), "outputs": list(graph.outputs)}


_DEFAULT = Op("", (), ())


def from_json(value: dict[str, Any]) -> Graph:
    """The graph that `to_json` wrote."""
    tensors = tuple(Tensor(tuple(shape), dtype) for shape, dtype in value["tensors"])
    ops = tuple(Op(**{name: _tuples(name, field) for name, field in op.items()}) for op in value["ops"])
    return Graph(tensors, ops, tuple(value["inputs"]), tuple(value["outputs"]))


def _tuples(name: str, value: Any) -> Any:
    if name == "slices":
        return tuple(Slice(*piece) for piece in value)
    return tuple(_tuples("", part) for part in value) if isinstance(value, list | tuple) else value


def operation_id(graph: Graph) -> str:
    """16 hexadecimal digits that name the operation in files."""
    return hashlib.sha256(json.dumps(to_json(graph), sort_keys=True).encode()).hexdigest()[:16]


def model_of(graph: Graph) -> Model:
    """A model that has `graph`, with constants and ranges made up; the same for equal graphs."""
    seed = int(operation_id(graph), 16)
    rng = np.random.default_rng(seed)
    ranges = _quantization(graph, rng)
    constants = tuple(_constants(graph, op, ranges, rng) for op in graph.ops)
    digest = hashlib.sha256(operation_id(graph).encode()).hexdigest()
    numbers = tuple(range(len(graph.tensors)))
    names = (tuple(f"input{t}" for t in graph.inputs), tuple(f"output{t}" for t in graph.outputs))
    return Model(graph, constants, ranges, numbers, *names, digest, 0)


def _quantization(graph: Graph, rng: np.random.Generator) -> tuple[Quantization | None, ...]:
    """Ranges that differ from tensor to tensor, as those of trained networks do."""
    found: list[Quantization | None] = [
        replace(_PLAIN, scale=_PLAIN.scale * rng.uniform(0.7, 1.3)) if t.dtype == "int8" else None
        for t in graph.tensors
    ]
    for op in graph.ops:
        source = found[op.inputs[0]]
        for tensor in op.inputs if op.kind in _KEEP_RANGE else ():
            found[tensor] = source
        for out in op.outputs:
            found[out] = _output_range(op, source, found[out])
    return tuple(found)


def _output_range(op: Op, source: Quantization | None, drawn: Quantization | None) -> Quantization | None:
    if drawn is None:
        return None
    if op.kind in _KEEP_RANGE:
        return source
    if op.kind in _FIXED:
        return _FIXED[op.kind]
    if "relu6" in (op.activation, op.kind.lower()):
        return Quantization(6 / 255, -128)  # of one that reaches its limit, so that int8 ends where it does
    return replace(drawn, zero_point=-128) if op.activation != "none" or op.kind == "RELU" else drawn


def _constants(graph: Graph, op: Op, ranges: Ranges, rng: np.random.Generator) -> Constants:
    if op.kind in _WEIGHTED:
        return _weights(graph, op, ranges, rng)
    if op.operand is not None:
        operand = rng.integers(-127, 128, op.operand, np.int8)
        return Constants(operand=operand, operand_quantization=Quantization(0.04, 0))
    return Constants(alpha=0.1 if op.kind == "LEAKY_RELU" else 0.0)


def _weights(graph: Graph, op: Op, ranges: Ranges, rng: np.random.Generator) -> Constants:
    """Random weights and biases, and scales that lead to outputs of a good size: always a shift to the right."""
    out = graph.tensors[op.outputs[0]].shape[-1]
    source = graph.tensors[op.inputs[0]]
    shape: tuple[int, ...] = (out, *op.kernel, source.shape[-1] // op.groups)
    if op.kind == "DEPTHWISE_CONV_2D":
        shape = (1, *op.kernel, out)
    elif op.kind == "FULLY_CONNECTED":
        shape = (out, source.elements * out // graph.tensors[op.outputs[0]].elements)
    depth = int(np.prod(shape)) // out
    given, target = cast(Quantization, ranges[op.inputs[0]]), cast(Quantization, ranges[op.outputs[0]])
    scale = _OUTPUT / (sqrt(depth) * _UNIFORM**2) * target.scale / given.scale
    return Constants(
        weights=rng.integers(-127, 128, shape, np.int8),
        weight_scales=(scale * rng.uniform(0.7, 1.0, out)).astype(np.float32),
        bias=rng.integers(-1000, 1000, out, np.int32),
    )
