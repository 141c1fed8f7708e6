"""NASGraph, in closed form: layers in, the mean degree of the graph of their channels out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from search.proxies import proxy

if TYPE_CHECKING:
    from search.layers import Layer

_DRAWS = 20_000


@proxy(name="nasgraph", direction="higher", needs=("layers",))
def nasgraph(layers: tuple[Layer, ...]) -> float:
    """Expected mean degree of the graph whose nodes are channels.

    Formula: 2 E / V; V = channels of the input and of all layer outputs, E = expected number of edges: inputs *
    outputs * P for a convolution, inputs * P where channels stay apart, P the chance that a channel of ones leaves
    something positive behind (0.5 for 1x1, 0.84 for 3x3, 0.70 for 3x3 with stride 2), 1 for pools and identities.
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: Huang et al., "NASGraph: A Novel
    Graph-based Machine Learning Method for NAS" (arXiv 2405.01306), section 3. Deviation: the expectation instead of a
    sample (nasgraph_sampled); the network itself instead of one with 16 channels and a cell a stage.
    """
    edges = sum(layer_pairs(layer) * edge_probability(layer) for layer in layers)
    return 2 * edges / nodes(layers)


def nodes(layers: tuple[Layer, ...]) -> int:
    """Channels of the input and of everything that layers put out."""
    return layers[0].inputs + sum(layer.outputs for layer in layers if not layer.joins)


def layer_pairs(layer: Layer) -> int:
    """Pairs of an input and an output channel that may have an edge."""
    return layer.inputs * layer.outputs if layer.kind in ("conv", "linear") else layer.outputs


def edge_probability(layer: Layer) -> float:
    """Chance that a plane of ones makes some output of ReLU(layer) positive, weights symmetric around 0."""
    return 1.0 if layer.kind == "each" else _positive(layer.kernel, layer.stride, min(layer.hw))


@cache
def _positive(kernel: int, stride: int, side: int) -> float:
    """Over random kernels the share with a positive sum of the taps that lie inside at some position."""
    taps = np.random.default_rng(0).uniform(-1, 1, (_DRAWS, kernel, kernel))
    if kernel == 1:
        return 0.5
    inside = [_taps_inside(position, kernel, side) for position in range(0, side, stride)]
    windows = {(rows, columns) for rows in inside for columns in inside}
    sums = [taps[:, slice(*rows), slice(*columns)].sum((1, 2)) for rows, columns in sorted(windows)]
    return float((np.max(sums, axis=0) > 0).mean())


def _taps_inside(position: int, kernel: int, side: int) -> tuple[int, int]:
    """First tap and end of those that do not lie in the padding, of a window whose centre is at `position`."""
    before = kernel // 2 - position
    return max(before, 0), min(kernel, side + before)
