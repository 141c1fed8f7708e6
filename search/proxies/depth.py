"""The number of trainable layers: op records in, a count out."""

from __future__ import annotations

from search.hardware.ops import Graph
from search.proxies import proxy


@proxy(name="depth", direction="higher", needs=("graph",))
def depth(graph: Graph) -> float:
    """Trainable layers.

    Formula: the number of convolutions and linear layers.
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: a baseline of every survey (arXiv
    2307.01998). Deviation: BatchNorm is not counted, it is part of its convolution.
    """
    return sum(op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED") for op in graph.ops)
