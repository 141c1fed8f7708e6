"""NAS-Bench-201, for ranking only: cells of 6 edges with 5 operations each, 15,625 architectures; input 32x32.

Source: Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search" (arXiv
2001.00326): 3 stages of 16, 32 and 64 channels with 5 cells each. Deviation: edges that no path from the cell's input
to its output uses are left out of the network, but counted by closed forms, as published tables do.

An architecture's id is its string in the benchmark: for nodes 1, 2, 3 the operation on the edge from every earlier one,
`|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from search.errors import SearchError
from search.layers import Layer
from search.spaces import Arch, Gene, random_choices

if TYPE_CHECKING:
    import torch

deployable = False
columns = ("arch",)

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
#: (from, to) of every edge, in the order of the benchmark's strings.
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))

_SIDE = 32
_WIDTHS, _CELLS = (16, 32, 64), 5
_THIN_WIDTHS, _THIN_CELLS = (8, 16, 32), 1

genes: tuple[Gene, ...] = tuple(Gene(f"edge{start}to{end}", (0, 1, 2, 3, 4)) for start, end in EDGES)


def canonical(arch: Arch) -> Arch:
    """`arch` itself: the benchmark trained equal networks under different strings, and lists them all."""
    return arch


def sample(rng: np.random.Generator) -> Arch:
    """A random architecture, every edge drawn uniformly."""
    return random_choices(genes, rng)


def arch_id(arch: Arch) -> str:
    """The benchmark's string; its form is told at the top of this module."""
    edges = dict(zip(EDGES, arch, strict=True))
    return "+".join(
        "|" + "".join(f"{OPERATIONS[edges[start, end]]}~{start}|" for start in range(end)) for end in (1, 2, 3)
    )


_CHOICES = {f"{operation}~{start}": choice for choice, operation in enumerate(OPERATIONS) for start in range(3)}


def parse(text: str) -> Arch:
    """The architecture of the benchmark's string `text`; raises SearchError if it is none."""
    nodes = [node.strip("|").split("|") for node in text.split("+")]
    arch = tuple(_CHOICES.get(part, 0) for node in nodes for part in node)
    if len(arch) != len(EDGES) or arch_id(arch) != text:
        raise SearchError(
            f"'{text}' names no architecture of the space nasbench201. Expected a form like "
            f"|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2| with the operations "
            f"{', '.join(OPERATIONS)}."
        )
    return arch


def describe(arch: Arch) -> str:
    """The architecture in words, one line."""
    return "; ".join(
        f"{OPERATIONS[choice]} from node {start} to {end}" for (start, end), choice in zip(EDGES, arch, strict=True)
    )


def input_shape(arch: Arch, channels: int = 3) -> tuple[int, int, int, int]:
    """[1, 32, 32, channels]."""
    return 1, _SIDE, _SIDE, channels


def live_edges(arch: Arch) -> dict[tuple[int, int], str]:
    """The operation of every edge that lies on a path from the cell's input to its output."""
    used = {edge: OPERATIONS[choice] for edge, choice in zip(EDGES, arch, strict=True) if choice}
    fed, read = {0}, {3}
    for start, end in sorted(used):
        fed |= {end} if start in fed else set()
    for start, end in sorted(used, reverse=True):
        read |= {start} if end in read else set()
    return {(start, end): name for (start, end), name in used.items() if start in fed and end in read}


def layers(arch: Arch, classes: int, channels: int = 3) -> tuple[Layer, ...]:
    """All layers, those on edges without effect too."""
    found = [Layer("conv", channels, _WIDTHS[0], (_SIDE, _SIDE), 3)]
    for stage, width in enumerate(_WIDTHS):
        hw = (_SIDE >> stage, _SIDE >> stage)
        if stage:
            found += _reduction_layers(width, (2 * hw[0], 2 * hw[1]))
        found += _CELLS * _cell_layers(arch, width, hw)
    return (*found, Layer("linear", _WIDTHS[-1], classes))


def _reduction_layers(width: int, hw: tuple[int, int]) -> list[Layer]:
    half = (hw[0] // 2, hw[1] // 2)
    return [
        Layer("conv", width // 2, width, hw, 3, 2),
        Layer("conv", width, width, half, 3),
        Layer("conv", width // 2, width, half, joins=True),
    ]


def _cell_layers(arch: Arch, width: int, hw: tuple[int, int]) -> list[Layer]:
    found, made = [], set()
    for (_, end), choice in zip(EDGES, arch, strict=True):
        operation = OPERATIONS[choice]
        if operation == "none":
            continue
        joins = end in made
        made.add(end)
        if operation.startswith("nor_conv"):
            found.append(Layer("conv", width, width, hw, int(operation[-1]), joins=joins))
        else:
            found.append(Layer("each", width, width, hw, joins=joins))
    return found


def shortest_path(arch: Arch) -> float:
    """Convolutions on the path from input to output that has the fewest; infinite if the cell's output is zero."""
    best = {0: 0.0}
    for (start, end), operation in sorted(live_edges(arch).items()):
        best[end] = min(best.get(end, math.inf), best[start] + operation.startswith("nor_conv"))
    return 1 + (len(_WIDTHS) - 1) + len(_WIDTHS) * _CELLS * best.get(3, math.inf)


def network(arch: Arch, classes: int, channels: int = 3, thin: bool = False) -> torch.nn.Module:
    """[N, channels, 32, 32] in, logits [N, classes] out; thin: one cell a stage, half the channels."""
    from search.spaces._networks import cell_network

    widths, cells = (_THIN_WIDTHS, _THIN_CELLS) if thin else (_WIDTHS, _CELLS)
    return cell_network(live_edges(arch), widths, cells, classes, channels)
