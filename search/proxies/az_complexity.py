"""Complexity of AZ-NAS: layers in, multiply-accumulates out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.layers import Layer


@proxy(name="az_complexity", direction="higher", needs=("layers",))
def az_complexity(layers: tuple[Layer, ...]) -> float:
    """Multiply-accumulates of one inference.

    Formula: as flops. Initialisation, batch: none, a closed form. Direction: higher is better. Source: Lee and Ham,
    "AZ-NAS" (arXiv 2403.19232), section 3.4. Deviation: none. One of the four parts of az_nas.
    """
    return sum(layer.macs for layer in layers)
