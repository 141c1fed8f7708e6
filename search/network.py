"""Torch networks from op records: a `Graph` in, a trainable module out, so that both cannot disagree.

Every convolution is followed by BatchNorm (folded into its bias on export); paddings, TensorFlow's 'same', stand apart.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import torch
from torch import Tensor, nn

from search.hardware.ops import Graph, Op, explicit_padding


class GraphNetwork(nn.Module):
    """The network of `graph`: [N, C, H, W] in, the graph's only output out. Weights are torch's defaults.

    Raises ValueError for an operation that has no trainable form here (that is a bug of the space).
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.steps = nn.ModuleDict(
            {f"{index:02d}_{op.kind.lower()}": _module(graph, op) for index, op in enumerate(graph.ops)}
        )

    def block_modules(self) -> list[nn.Module]:
        """The modules whose outputs end a block: sums, and convolutions without activation that feed none."""
        added = {index for op in self.graph.ops if op.kind == "ADD" for index in op.inputs}
        return [
            step
            for op, step in zip(self.graph.ops, self.steps.values(), strict=True)
            if op.kind == "ADD" or (op.kind == "CONV_2D" and op.activation == "none" and op.outputs[0] not in added)
        ]

    def forward(self, x: Tensor) -> Tensor:
        values = {self.graph.inputs[0]: x}
        for op, step in zip(self.graph.ops, self.steps.values(), strict=True):
            values[op.outputs[0]] = step(*(values[index] for index in op.inputs))
        return values[self.graph.outputs[0]]


class Add(nn.Module):
    """Sum of two tensors of one shape, and its activation."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self.act = act

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.act(a + b)  # type: ignore[no-any-return]


class GlobalMean(nn.Module):
    """[N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


def thin_graph(graph: Graph, divisor: int) -> Graph:
    """`graph` with `divisor` times fewer channels (at least 1) everywhere but in its inputs and outputs."""
    kept = {*graph.inputs, *graph.outputs}
    tensors = tuple(
        tensor if index in kept else replace(tensor, shape=(*tensor.shape[:-1], max(tensor.shape[-1] // divisor, 1)))
        for index, tensor in enumerate(graph.tensors)
    )
    return replace(graph, tensors=tensors)


def _module(graph: Graph, op: Op) -> nn.Module:
    if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return _convolution(graph, op)
    if op.kind == "ADD":
        return Add(_activation(op))
    if op.kind == "MEAN" and op.axes == (1, 2) and not op.keep_dims:
        return GlobalMean()
    if op.kind == "FULLY_CONNECTED":
        features = graph.tensors[op.inputs[0]].shape[-1], graph.tensors[op.outputs[0]].shape[-1]
        return nn.Sequential(OrderedDict(linear=nn.Linear(*features), act=_activation(op)))
    raise ValueError(f"no trainable form of {op}")


def _convolution(graph: Graph, op: Op) -> nn.Module:
    _, height, width, inputs = graph.tensors[op.inputs[0]].shape
    outputs = graph.tensors[op.outputs[0]].shape[-1]
    (top, bottom), (left, right) = explicit_padding(op, (height, width))
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if top or bottom or left or right:
        parts["pad"] = nn.ZeroPad2d((left, right, top, bottom))
    groups = inputs if op.kind == "DEPTHWISE_CONV_2D" else 1
    parts["conv"] = nn.Conv2d(inputs, outputs, op.kernel, op.stride, dilation=op.dilation, groups=groups, bias=False)
    parts["bn"] = nn.BatchNorm2d(outputs)
    parts["act"] = _activation(op)
    return nn.Sequential(parts)


def _activation(op: Op) -> nn.Module:
    if op.activation == "none":
        return nn.Identity()
    return nn.ReLU() if op.activation == "relu" else nn.ReLU6()


def initialise(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """Give `network` torch's default weights, drawn from `generator` alone: U(-k, k), k = 1 / sqrt(fan in).

    Works in place and returns `network`. Source: He et al. (arXiv 1502.01852) with a = sqrt(5), as nn.Conv2d documents.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Linear):
            bound = module.weight[0].numel() ** -0.5
            for parameter in module.parameters(recurse=False):
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return network


def fast_layout(network: nn.Module) -> nn.Module:
    """`network` with weights in channels-last order, in place: half the time on a CPU for depthwise convolutions."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[no-any-return, call-overload]
