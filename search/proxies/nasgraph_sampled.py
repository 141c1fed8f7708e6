"""NASGraph, sampled: layers and random numbers in, the mean degree of the graph of their channels out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy
from search.proxies.nasgraph import layer_pairs, nodes

if TYPE_CHECKING:
    import torch

    from search.layers import Layer

#: Kernels that are run at once.
_CHUNK = 8192


@proxy(name="nasgraph_sampled", direction="higher", needs=("layers", "generator"))
def nasgraph_sampled(layers: tuple[Layer, ...], generator: torch.Generator) -> float:
    """Mean degree of the graph whose nodes are channels.

    Formula: 2 E / V; V = channels of the input and of all layer outputs; an edge for every channel of a layer's input
    and of its output where a plane of ones on the one, all other inputs 0, makes the sum of ReLU(output) positive.
    Initialisation: weights U(-1, 1), no BatchNorm, no bias. Batch: none. Direction: higher is better. Source: Huang et
    al., "NASGraph: A Novel Graph-based Machine Learning Method for NAS" (arXiv 2405.01306), section 3. Deviation: the
    network itself instead of one with 16 channels and a cell a stage.
    """
    return 2 * sum(_edges(layer, generator) for layer in layers) / nodes(layers)


def _edges(layer: Layer, generator: torch.Generator) -> int:
    """How many edges a layer makes."""
    import torch
    from torch.nn import functional as F

    pairs = layer_pairs(layer)
    if layer.kind == "each":
        return pairs
    plane = torch.ones(1, 1, *layer.hw)
    found = 0
    for start in range(0, pairs, _CHUNK):
        shape = (min(_CHUNK, pairs - start), 1, layer.kernel, layer.kernel)
        kernels = torch.empty(shape).uniform_(-1, 1, generator=generator)
        outputs = F.conv2d(plane, kernels, stride=layer.stride, padding=layer.kernel // 2)
        found += int((outputs > 0).flatten(2).any(2).sum())
    return found
