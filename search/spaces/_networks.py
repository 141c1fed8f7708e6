"""Torch networks of the ranking spaces: stem, blocks, head. Every activation is a module of its own, for hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from search.network import GlobalMean
from search.spaces._inverted import Block, Plan


class BlockNetwork(nn.Module):
    """stem, blocks and head, one after the other: [N, C, H, W] in, logits [N, classes] out."""

    def __init__(self, stem: nn.Module, blocks: Iterable[nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.blocks = nn.Sequential(*blocks)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))  # type: ignore[no-any-return]

    def block_modules(self) -> list[nn.Module]:
        """The modules whose outputs end a block."""
        return list(self.blocks)


def conv_norm(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution without bias, padded by half its kernel, and its BatchNorm."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


class Cell(nn.Module):
    """A NAS-Bench-201 cell: node 0 is the input, node 3 the output, every node the sum of its incoming edges.

    edges: (from, to) -> operation, only those on a path from input to output; without any the output is zero.
    """

    def __init__(self, edges: Mapping[tuple[int, int], str], channels: int) -> None:
        super().__init__()
        self.ends = tuple(edges)
        self.edges = nn.ModuleList(_operation(operation, channels) for operation in edges.values())

    def forward(self, x: Tensor) -> Tensor:
        nodes: dict[int, Tensor] = {0: x}
        for (start, end), edge in zip(self.ends, self.edges, strict=True):
            y = edge(nodes[start])
            nodes[end] = nodes[end] + y if end in nodes else y
        return nodes[3] if 3 in nodes else x * 0


def _operation(operation: str, channels: int) -> nn.Module:
    if operation == "skip_connect":
        return nn.Identity()
    if operation == "avg_pool_3x3":
        return nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return nn.Sequential(nn.ReLU(), *conv_norm(channels, channels, 3 if operation == "nor_conv_3x3" else 1))


class Reduction(nn.Module):
    """The residual block between two stages of NAS-Bench-201: half the side, other channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        first = nn.Sequential(nn.ReLU(), *conv_norm(inputs, outputs, 3, 2))
        self.path = nn.Sequential(first, nn.Sequential(nn.ReLU(), *conv_norm(outputs, outputs, 3)))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.path(x) + self.shortcut(x)  # type: ignore[no-any-return]


def cell_network(
    edges: Mapping[tuple[int, int], str], widths: tuple[int, ...], cells: int, classes: int, channels: int
) -> BlockNetwork:
    """Stages of `cells` equal cells with a Reduction between them (NAS-Bench-201, figure 1)."""
    blocks: list[nn.Module] = []
    for stage, width in enumerate(widths):
        if stage:
            blocks.append(Reduction(widths[stage - 1], width))
        blocks += [Cell(edges, width) for _ in range(cells)]
    stem = nn.Sequential(*conv_norm(channels, widths[0], 3))
    head = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(), GlobalMean(), nn.Linear(widths[-1], classes))
    return BlockNetwork(stem, blocks, head)


class SqueezeExcite(nn.Module):
    """Channels scaled by a function of their means; Hu et al. (arXiv 1709.01507), figure 2."""

    def __init__(self, channels: int, squeeze: int) -> None:
        super().__init__()
        self.scale = nn.Sequential(nn.Linear(channels, squeeze), nn.ReLU(), nn.Linear(squeeze, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale(x.mean((2, 3)))[:, :, None, None]  # type: ignore[no-any-return]


class InvertedResidual(nn.Module):
    """The module of a Block."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.residual = block.residual
        hidden = block.hidden
        parts = [] if block.expansion == 1 else [*conv_norm(block.inputs, hidden), nn.ReLU()]
        parts += [*conv_norm(hidden, hidden, block.kernel, block.stride, groups=hidden), nn.ReLU()]
        if block.squeeze:
            parts.append(SqueezeExcite(hidden, block.squeeze))
        self.path = nn.Sequential(*parts, *conv_norm(hidden, block.outputs))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.path(x)
        return x + y if self.residual else y


def _block(block: Block) -> nn.Module:
    if block.expansion:
        return InvertedResidual(block)
    return nn.Identity() if block.residual else nn.Sequential(*conv_norm(block.inputs, block.outputs, 1, block.stride))


def plan_network(plan: Plan, classes: int, channels: int) -> torch.nn.Module:
    """The network of a Plan."""
    stem = nn.Sequential(*conv_norm(channels, plan.stem, 3, plan.stem_stride), nn.ReLU())
    last = plan.blocks[-1].outputs
    head = nn.Sequential(*conv_norm(last, plan.head), nn.ReLU(), GlobalMean(), nn.Linear(plan.head, classes))
    return BlockNetwork(stem, map(_block, plan.blocks), head)
