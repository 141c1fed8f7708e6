"""Shortcut: an architecture's shortest path in, its convolutions out."""

from __future__ import annotations

from search.proxies import proxy


@proxy(name="shortcut", direction="lower", needs=("shortest_path",))
def shortcut(shortest_path: float) -> float:
    """Convolutions on the path from input to output that has the fewest.

    Formula: the length of the shortest path, a convolution counts 1, everything else 0. Initialisation, batch: none, a
    closed form. Direction: lower is better. Source: this project; residual links shorten the path of gradients (He et
    al., arXiv 1512.03385). Deviation: none.
    """
    return shortest_path
