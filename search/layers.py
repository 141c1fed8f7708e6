"""Layers of an architecture, which closed-form proxies count: op records in, layers out. Ranking spaces make theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search.hardware.ops import Graph, Op

Kind = Literal["conv", "depthwise", "linear", "each"]

_KINDS: dict[str, Kind] = {"CONV_2D": "conv", "DEPTHWISE_CONV_2D": "depthwise", "FULLY_CONNECTED": "linear"}


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer. kind "each": no weights, every channel by itself (pool, identity, an operand of a sum).

    hw: height and width of its input. joins: it adds to what an earlier layer puts out, so has no channels of its own.
    """

    kind: Kind
    inputs: int
    outputs: int
    hw: tuple[int, int] = (1, 1)
    kernel: int = 1
    stride: int = 1
    joins: bool = False

    @property
    def params(self) -> int:
        """Weights, and one bias an output channel (BatchNorm becomes a bias)."""
        if self.kind == "each":
            return 0
        return self.kernel**2 * self.outputs * (1 if self.kind == "depthwise" else self.inputs) + self.outputs

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, padded taps counted."""
        if self.kind == "each":
            return 0
        height, width = (-(-size // self.stride) for size in self.hw)
        return height * width * (self.params - self.outputs)


def layers_of(graph: Graph) -> tuple[Layer, ...]:
    """The layers of op records with square kernels and equal strides; a sum reads each of its operands."""
    layers: list[Layer] = []
    for op in graph.ops:
        layers += _layers(graph, op)
    return tuple(layers)


def shortest_path(graph: Graph) -> float:
    """Convolutions on the path from input to output that has the fewest."""
    convolutions = {graph.inputs[0]: 0}
    for op in graph.ops:
        before = min(convolutions[index] for index in op.inputs)
        convolutions[op.outputs[0]] = before + (op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"))
    return convolutions[graph.outputs[0]]


def _layers(graph: Graph, op: Op) -> list[Layer]:
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    hw = (source[1], source[2]) if len(source) == 4 else (1, 1)
    if op.kind == "ADD":
        return [Layer("each", source[-1], target[-1], hw, joins=operand > 0) for operand in range(2)]
    kind = _KINDS.get(op.kind, "each")
    return [Layer(kind, source[-1], target[-1], hw, op.kernel[0], op.stride[0])]
