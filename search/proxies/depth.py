"""The number of trainable layers: layers in, a count out."""

from __future__ import annotations

from search.layers import Layer
from search.proxies import proxy


@proxy(name="depth", direction="higher", needs=("layers",))
def depth(layers: tuple[Layer, ...]) -> float:
    """Trainable layers.

    Formula: the number of convolutions and linear layers.
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: a baseline of every survey (arXiv
    2307.01998). Deviation: BatchNorm is not counted, it is part of its convolution.
    """
    return sum(layer.kind != "each" for layer in layers)
