"""The number of multiply-accumulates: layers in, a count out."""

from __future__ import annotations

from search.layers import Layer
from search.proxies import proxy


@proxy(name="flops", direction="higher", needs=("layers",))
def flops(layers: tuple[Layer, ...]) -> float:
    """Multiply-accumulates of one inference.

    Formula: sum over convolutions and linear layers of output elements * weights of one output.
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: a baseline of every survey (arXiv
    2307.01998). Deviation: one multiply-accumulate counts 1, padded taps included.
    """
    return sum(layer.macs for layer in layers)
