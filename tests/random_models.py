"""A .tflite of any op records, with random weights, so that whole networks can be tested without training them."""

from __future__ import annotations

import itertools

import numpy as np

from search.hardware.ops import Graph, Op
from tests.tflite_builder import Quantization, TfliteBuilder

# ReLU and ReLU6 outputs are quantised from zero, as converters do; the fast kernels rely on it.
_ZERO_POINTS = {"none": 3, "relu": -128, "relu6": -128}
_FIXED = {"SOFTMAX": (1 / 256, -128), "LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
_UNARY = ("LOGISTIC", "TANH", "HARD_SWISH", "RELU", "RELU6")
#: What only moves or chooses values, so that inputs and outputs have the same quantisation.
_KEEPING = frozenset({
    "CONCATENATION", "SPLIT", "STRIDED_SLICE", "RESHAPE", "PAD", "RESIZE_NEAREST_NEIGHBOR", "RELU6", "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
})  # fmt: skip


def random_model(graph: Graph, seed: int) -> bytes:
    """The bytes of a .tflite whose parsed graph equals `graph` (int8 throughout); weights are drawn from `seed`."""
    rng = np.random.default_rng(seed)
    builder, common = TfliteBuilder(), _common_quantizations(graph)
    places = {t: builder.input(graph.tensors[t].shape, common.get(t, (0.05, -5))) for t in graph.inputs}
    for op in graph.ops:
        drawn = float(np.float32(rng.uniform(0.03, 0.07))), _ZERO_POINTS[op.activation]
        output = common.get(op.outputs[0], drawn)
        outputs = _emit(builder, graph, op, [places[t] for t in op.inputs], rng, output)
        places.update(zip(op.outputs, outputs, strict=True))
    return builder.build(*(places[t] for t in graph.outputs))


def _common_quantizations(graph: Graph) -> dict[int, Quantization]:
    """One quantisation for all tensors that a CONCATENATION ties together, be it by way of others that keep it."""
    root = list(range(len(graph.tensors)))
    tied = set()
    for op in (op for op in graph.ops if op.kind in _KEEPING):
        tensors = (*op.inputs, *op.outputs)
        old = {root[t] for t in tensors}
        root = [min(old) if r in old else r for r in root]
        tied |= set(tensors) if op.kind == "CONCATENATION" else set()
    joined = {root[t] for t in tied}
    chosen = dict.fromkeys(joined, (0.05, 3))
    for op in graph.ops:
        r = root[op.outputs[0]]
        if r in joined and (op.kind in _FIXED or op.activation != "none"):
            chosen[r] = _FIXED.get(op.kind, (0.05, -128))
    return {t: chosen[r] for t, r in enumerate(root) if r in joined}


def _emit(
    b: TfliteBuilder, graph: Graph, op: Op, inputs: list[int], rng: np.random.Generator, output: Quantization
) -> list[int]:
    x, target = inputs[0], graph.tensors[op.outputs[0]]
    if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"):
        return [_emit_weighted(b, graph, op, x, rng, output)]
    if op.kind in ("ADD", "SUB", "MUL", "PRELU"):
        return [_emit_binary(b, op, inputs, rng, output)]
    if op.kind in _UNARY:
        return [b.unary(op.kind, x, None if op.kind in (*_FIXED, "RELU6") else output)]
    if op.kind == "STRIDED_SLICE":
        return [_emit_slice(b, op, x, target.shape)]
    if op.kind == "SPLIT":
        return b.split(x, op.axes[0], len(op.outputs))
    windowed = {"stride": op.stride, "padding": op.padding, "activation": op.activation}
    size = target.shape[1:3]
    return [
        {
            "AVERAGE_POOL_2D": lambda: b.pool(op.kind, x, op.kernel, **windowed),
            "MAX_POOL_2D": lambda: b.pool(op.kind, x, op.kernel, **windowed),
            "MEAN": lambda: b.mean(x, output, op.axes, op.keep_dims),
            "SOFTMAX": lambda: b.softmax(x),
            "RESHAPE": lambda: b.reshape(x, target.shape),
            "PAD": lambda: b.pad(x, op.pads),
            "LEAKY_RELU": lambda: b.leaky_relu(x, 0.1, output),
            "QUANTIZE": lambda: b.quantize(x, output),
            "CONCATENATION": lambda: b.concatenation(inputs, op.axes[0]),
            "RESIZE_NEAREST_NEIGHBOR": lambda: b.resize_nearest_neighbor(
                x, size, op.align_corners, op.half_pixel_centers
            ),
        }[op.kind]()
    ]


def _emit_weighted(
    b: TfliteBuilder, graph: Graph, op: Op, x: int, rng: np.random.Generator, output: Quantization
) -> int:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    channels = target.shape[-1]
    if op.kind == "FULLY_CONNECTED":
        weights, scales, bias = _weights(rng, (channels, source.elements // (target.elements // channels)), channels)
        return b.fully_connected(x, weights, scales, output, bias, op.activation)
    depthwise = op.kind == "DEPTHWISE_CONV_2D"
    shape = (1, *op.kernel, channels) if depthwise else (channels, *op.kernel, source.shape[-1] // op.groups)
    weights, scales, bias = _weights(rng, shape, channels)
    bias = bias if op.bias else None
    windowed = {"stride": op.stride, "padding": op.padding, "activation": op.activation}
    if op.kind == "TRANSPOSE_CONV":
        return b.transpose_conv(x, weights, scales, output, target.shape[1:3], bias, **windowed)
    add = b.depthwise_conv_2d if depthwise else b.conv_2d
    return add(x, weights, scales, output, bias, dilation=op.dilation, **windowed)


def _emit_binary(b: TfliteBuilder, op: Op, inputs: list[int], rng: np.random.Generator, output: Quantization) -> int:
    if op.operand is not None:
        constant = b.operand(np.asarray(rng.integers(-128, 128, op.operand), np.int8), (0.01, -20))
        inputs = [constant, *inputs] if op.operand_first else [*inputs, constant]
    if op.kind == "PRELU":
        return b.prelu(*inputs, output)
    return b.binary(op.kind, *inputs, output, op.activation)


def _emit_slice(b: TfliteBuilder, op: Op, x: int, shape: tuple[int, ...]) -> int:
    """Axes are shrunk away such that `shape` is left."""
    rank = len(op.slices)
    removed = next(
        axes for axes in itertools.combinations(range(rank), rank - len(shape))
        if tuple(piece.length for axis, piece in enumerate(op.slices) if axis not in axes) == shape
    )  # fmt: skip
    ends = [piece.first + piece.length * piece.step for piece in op.slices]
    begins, steps = [piece.first for piece in op.slices], [piece.step for piece in op.slices]
    end_mask = sum(1 << axis for axis, end in enumerate(ends) if end < 0)
    return b.strided_slice(x, begins, ends, steps, 0, end_mask, sum(1 << axis for axis in removed))


def _weights(rng: np.random.Generator, shape: tuple[int, ...], channels: int):
    """int8 weights, one scale a channel such that outputs neither vanish nor saturate, int32 bias."""
    depth = int(np.prod(shape)) / channels
    weights = rng.integers(-127, 128, shape).astype(np.int8)
    scales = (rng.uniform(0.5, 2.0, channels) / (60 * np.sqrt(depth))).astype(np.float32)
    return weights, scales, rng.integers(-2000, 2000, channels).astype(np.int32)
