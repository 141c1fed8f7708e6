"""Space of MobileNetV2-like networks for microcontrollers: an architecture in, op records or a torch network out.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (arXiv 1801.04381); kernels, expansions
and resolution chosen as in Lin et al., "MCUNet" (arXiv 2007.10319). Deviations: ReLU, not ReLU6 (the proxies need
activations that do not saturate), three stages, small widths and resolutions.

An architecture's id reads `r16_c12s2_w16.k3e4.k5e1_w24.k3e6_none_h64`: resolution 16; stem of 12 channels, stride 2;
a stage of width 16 with two blocks (kernel 3, expansion 4; kernel 5, expansion 1); one of width 24 with one block; no
third stage; a head of 64 channels (h0: none).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from search.errors import SearchError
from search.hardware.ops import Graph, GraphBuilder
from search.layers import Layer, layers_of
from search.layers import shortest_path as path_of
from search.spaces import Arch, Gene, random_choices

if TYPE_CHECKING:
    import torch

deployable = True
columns = ("arch",)

#: Stride of the first block of each stage.
STAGE_STRIDES = (1, 2, 2)
_DEPTHS = ((1, 2, 3), (1, 2, 3), (0, 1, 2, 3))
_WIDTHS = ((8, 12, 16, 24), (12, 16, 24, 32), (24, 32, 48, 64))
_MAX_DEPTH = 3


def _stage_genes(stage: int) -> list[Gene]:
    genes = [Gene(f"depth{stage}", _DEPTHS[stage]), Gene(f"width{stage}", _WIDTHS[stage])]
    for block in range(_MAX_DEPTH):
        genes += [Gene(f"kernel{stage}.{block}", (3, 5, 7)), Gene(f"expansion{stage}.{block}", (1, 3, 4, 6))]
    return genes


genes: tuple[Gene, ...] = (
    Gene("resolution", (12, 16, 20, 24)),
    Gene("stem_width", (8, 12, 16, 24)),
    Gene("stem_stride", (1, 2)),
    *(gene for stage in range(len(STAGE_STRIDES)) for gene in _stage_genes(stage)),
    Gene("head", (0, 64, 128)),
)
_POSITION = {gene.name: index for index, gene in enumerate(genes)}


@dataclass(frozen=True, slots=True)
class _Block:
    kernel: int
    expansion: int


@dataclass(frozen=True, slots=True)
class _Stage:
    width: int
    stride: int
    blocks: tuple[_Block, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    resolution: int
    stem_width: int
    stem_stride: int
    stages: tuple[_Stage, ...]
    head: int


def _decode(arch: Arch) -> _Plan:
    value = {gene.name: gene.choices[choice] for gene, choice in zip(genes, arch, strict=True)}
    stages = []
    for stage, stride in enumerate(STAGE_STRIDES):
        blocks = (_Block(value[f"kernel{stage}.{b}"], value[f"expansion{stage}.{b}"]) for b in range(_MAX_DEPTH))
        stages.append(_Stage(value[f"width{stage}"], stride, tuple(blocks)[: value[f"depth{stage}"]]))
    return _Plan(value["resolution"], value["stem_width"], value["stem_stride"], tuple(stages), value["head"])


def canonical(arch: Arch) -> Arch:
    """`arch` with choice 0 in the genes of absent blocks and stages."""
    choices = list(arch)
    for stage in range(len(STAGE_STRIDES)):
        depth_gene = _POSITION[f"depth{stage}"]
        depth = _DEPTHS[stage][arch[depth_gene]]
        if depth == 0:
            choices[_POSITION[f"width{stage}"]] = 0
        for block in range(depth, _MAX_DEPTH):
            choices[_POSITION[f"kernel{stage}.{block}"]] = 0
            choices[_POSITION[f"expansion{stage}.{block}"]] = 0
    return tuple(choices)


def sample(rng: np.random.Generator) -> Arch:
    """A random canonical architecture, every gene drawn uniformly."""
    return canonical(random_choices(genes, rng))


def arch_id(arch: Arch) -> str:
    """The readable name of `arch`; its form is told at the top of this module."""
    plan = _decode(arch)
    stages = (
        f"w{stage.width}" + "".join(f".k{block.kernel}e{block.expansion}" for block in stage.blocks)
        if stage.blocks
        else "none"
        for stage in plan.stages
    )
    return "_".join((f"r{plan.resolution}", f"c{plan.stem_width}s{plan.stem_stride}", *stages, f"h{plan.head}"))


_STAGE = r"(none|w\d+(?:\.k\d+e\d+){1,3})"
_ID = re.compile(rf"r(\d+)_c(\d+)s(\d+)_{_STAGE}_{_STAGE}_{_STAGE}_h(\d+)")


def parse(text: str) -> Arch:
    """The canonical architecture named `text`; raises SearchError if the form or a value is not of this space."""
    match = _ID.fullmatch(text)
    if match is None:
        raise SearchError(
            f"'{text}' names no architecture of the space mobilenet. Expected a form like "
            f"r16_c12s2_w16.k3e4.k5e1_w24.k3e6_none_h64."
        )
    resolution, stem_width, stem_stride, *stages, head = match.groups()
    values = {"resolution": resolution, "stem_width": stem_width, "stem_stride": stem_stride, "head": head}
    for stage, part in enumerate(stages):
        numbers = re.findall(r"\d+", part)
        values[f"depth{stage}"] = str(len(numbers) // 2)
        block_genes = [f"{gene}{stage}.{block}" for block in range(_MAX_DEPTH) for gene in ("kernel", "expansion")]
        values.update(zip([f"width{stage}", *block_genes], numbers, strict=False))
    return tuple(_choice(gene, values.get(gene.name), text) for gene in genes)


def _choice(gene: Gene, value: str | None, text: str) -> int:
    if value is None:
        return 0
    if int(value) not in gene.choices:
        choices = ", ".join(map(str, gene.choices))
        raise SearchError(f"'{text}' is not in the space mobilenet: {gene.name} = {value}, must be one of {choices}.")
    return gene.choices.index(int(value))


def describe(arch: Arch) -> str:
    """The architecture in words, one line."""
    plan = _decode(arch)
    parts = [f"input {plan.resolution}x{plan.resolution}", f"stem {plan.stem_width} channels stride {plan.stem_stride}"]
    for number, stage in enumerate(plan.stages, 1):
        blocks = " + ".join(f"{block.kernel}x{block.kernel} expansion {block.expansion}" for block in stage.blocks)
        if blocks:
            parts.append(f"stage {number}: {blocks}, {stage.width} channels")
    return "; ".join((*parts, f"head {plan.head} channels" if plan.head else "no head"))


def input_shape(arch: Arch, channels: int = 1) -> tuple[int, int, int, int]:
    """[1, H, W, C] of the network's input."""
    side = _decode(arch).resolution
    return 1, side, side, channels


def graph(arch: Arch, classes: int, channels: int = 1) -> Graph:
    """The op records that the exported network has."""
    plan = _decode(arch)
    builder = GraphBuilder(input_shape(arch, channels))
    x = builder.conv(builder.input, plan.stem_width, kernel=3, stride=plan.stem_stride, activation="relu")
    for stage in plan.stages:
        for index, block in enumerate(stage.blocks):
            x = _inverted_residual(builder, x, block, stage.width, stage.stride if index == 0 else 1)
    if plan.head:
        x = builder.conv(x, plan.head, activation="relu")
    return builder.build(builder.fully_connected(builder.global_mean(x), classes))


def _inverted_residual(builder: GraphBuilder, x: int, block: _Block, width: int, stride: int) -> int:
    """Expand, filter each channel, project; MobileNetV2, figure 4(d)."""
    channels = builder.shape(x)[-1]
    y = x if block.expansion == 1 else builder.conv(x, channels * block.expansion, activation="relu")
    y = builder.depthwise(y, kernel=block.kernel, stride=stride, activation="relu")
    y = builder.conv(y, width)
    return builder.add(x, y) if stride == 1 and channels == width else y


def layers(arch: Arch, classes: int, channels: int = 1) -> tuple[Layer, ...]:
    """What closed-form proxies count."""
    return layers_of(graph(arch, classes, channels))


def shortest_path(arch: Arch) -> float:
    """Convolutions on the path from input to output that has the fewest."""
    return path_of(graph(arch, classes=2))


def network(arch: Arch, classes: int, channels: int = 1, thin: bool = False) -> torch.nn.Module:
    """The torch network of `graph`: [N, channels, H, W] in, logits [N, classes] out; thin: half the channels."""
    from search.network import GraphNetwork, thin_graph

    full = graph(arch, classes, channels)
    return GraphNetwork(thin_graph(full, 2) if thin else full)
