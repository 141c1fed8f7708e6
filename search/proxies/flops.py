"""The number of multiply-accumulates: op records in, a count out."""

from __future__ import annotations

from search.hardware.ops import Graph, macs
from search.proxies import proxy


@proxy(name="flops", direction="higher", needs=("graph",))
def flops(graph: Graph) -> float:
    """Multiply-accumulates of one inference.

    Formula: sum over convolutions and linear layers of output elements * weights of one output.
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: a baseline of every survey (arXiv
    2307.01998). Deviation: one multiply-accumulate counts 1, padded taps included.
    """
    return sum(macs(graph, op) for op in graph.ops)
