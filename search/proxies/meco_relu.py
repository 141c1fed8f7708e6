"""MeCo of ReLU inputs: feature maps of one image in, how independent the channels are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import ForwardPass

_CHANNELS = 256


@proxy(name="meco_relu", direction="higher", needs=("forward",))
def meco_relu(forward: ForwardPass) -> float:
    """Smallest eigenvalue of the correlation matrix of each ReLU's input channels, summed.

    Formula: sum over ReLUs of lambda_min(corr(map)), map [C, H * W] of one image, the first 256 channels.
    Initialisation: torch's default, BatchNorm in training mode. Batch: the first image of the first, no labels.
    Direction: higher is better. Source: this project, after Jiang et al., "MeCo" (NeurIPS 2023). Deviation: ReLU inputs
    only, which carry the signal on NAS-Bench-201.
    """
    from search.proxies._correlation import smallest_eigenvalues

    return sum(float(smallest_eigenvalues(inputs[0, :_CHANNELS].flatten(1))) for inputs in forward.relu_inputs)
