"""The number of channels: layers in, a count out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.layers import Layer


@proxy(name="channels", direction="higher", needs=("layers",))
def channels(layers: tuple[Layer, ...]) -> float:
    """Output channels of all convolutions.

    Formula: sum over convolutions of their output channels. Initialisation, batch: none, a closed form. Direction:
    higher is better. Source: this project; a count of units between depth and width. Deviation: none.
    """
    return sum(layer.outputs for layer in layers if layer.kind in ("conv", "depthwise"))
