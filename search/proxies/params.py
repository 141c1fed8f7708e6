"""The number of parameters: layers in, a count out."""

from __future__ import annotations

from search.layers import Layer
from search.proxies import proxy


@proxy(name="params", direction="higher", needs=("layers",))
def params(layers: tuple[Layer, ...]) -> float:
    """Weights and biases of the deployed network.

    Formula: sum over convolutions and linear layers of (kernel height * width * inputs * outputs + outputs).
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: a baseline of every survey (arXiv
    2307.01998). Deviation: BatchNorm counts once a channel, as the bias it becomes.
    """
    return sum(layer.params for layer in layers)
