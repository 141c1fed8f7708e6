"""A .tflite of any op records, with random weights, so that whole networks can be tested without training them."""

from __future__ import annotations

import numpy as np

from search.hardware.ops import Graph, Op
from tests.tflite_builder import TfliteBuilder

# ReLU and ReLU6 outputs are quantised from zero, as converters do; the fast kernels rely on it.
_ZERO_POINTS = {"none": 3, "relu": -128, "relu6": -128}


def random_model(graph: Graph, seed: int) -> bytes:
    """The bytes of a .tflite whose parsed graph equals `graph` (int8 throughout); weights are drawn from `seed`."""
    rng = np.random.default_rng(seed)
    builder = TfliteBuilder()
    places = {t: builder.input(graph.tensors[t].shape, (0.05, -5)) for t in graph.inputs}
    for op in graph.ops:
        places[op.outputs[0]] = _emit(builder, graph, op, [places[t] for t in op.inputs], rng)
    return builder.build(*(places[t] for t in graph.outputs))


def _emit(b: TfliteBuilder, graph: Graph, op: Op, inputs: list[int], rng: np.random.Generator) -> int:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    x, channels = inputs[0], target.shape[-1]
    output = (float(np.float32(rng.uniform(0.03, 0.07))), _ZERO_POINTS[op.activation])
    weighted = {"activation": op.activation}
    windowed = {"stride": op.stride, "padding": op.padding}
    if op.kind == "CONV_2D":
        weights, scales, bias = _weights(rng, (channels, *op.kernel, source.shape[-1]), channels)
        return b.conv_2d(x, weights, scales, output, bias, dilation=op.dilation, **windowed, **weighted)
    if op.kind == "DEPTHWISE_CONV_2D":
        weights, scales, bias = _weights(rng, (1, *op.kernel, channels), channels)
        return b.depthwise_conv_2d(x, weights, scales, output, bias, dilation=op.dilation, **windowed, **weighted)
    if op.kind == "FULLY_CONNECTED":
        weights, scales, bias = _weights(rng, (channels, source.elements // (target.elements // channels)), channels)
        return b.fully_connected(x, weights, scales, output, bias, **weighted)
    if op.kind == "ADD":
        return b.add(x, inputs[1], output, op.activation)
    if op.kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        return b.pool(op.kind, x, op.kernel, **windowed, **weighted)
    if op.kind == "MEAN":
        return b.mean(x, output, op.axes, op.keep_dims)
    return {"SOFTMAX": b.softmax, "RESHAPE": lambda x: b.reshape(x, target.shape), "PAD": lambda x: b.pad(x, op.pads)}[
        op.kind
    ](x)


def _weights(rng: np.random.Generator, shape: tuple[int, ...], channels: int):
    """int8 weights, one scale a channel such that outputs neither vanish nor saturate, int32 bias."""
    depth = int(np.prod(shape)) / channels
    weights = rng.integers(-127, 128, shape).astype(np.int8)
    scales = (rng.uniform(0.5, 2.0, channels) / (60 * np.sqrt(depth))).astype(np.float32)
    return weights, scales, rng.integers(-2000, 2000, channels).astype(np.int32)
