"""Fisher: activations and their gradients in, how much the loss depends on the channels out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import BackwardPass


@proxy(name="fisher", direction="higher", needs=("backward",))
def fisher(backward: BackwardPass) -> float:
    """Change of the loss if channels were removed, to the second order.

    Formula: sum over channels of mean over images of 1/2 (sum over positions of a * dL/da)^2; a: outputs of
    convolutions and linear layers, [N, C, ...]. Initialisation: torch's default, BatchNorm in training mode. Batch: the
    first, real images and labels, cross-entropy. Direction: higher is better. Source: Turner et al., "BlockSwap" (arXiv
    1906.04113), equation 3; summed over layers as in Abdelfattah et al. (arXiv 2101.08134). Deviation: none.
    """
    total = 0.0
    for a, gradient in zip(backward.outputs, backward.output_gradients, strict=True):
        saliency = (a * gradient).flatten(2).sum(2) if a.dim() > 2 else a * gradient
        total += float(saliency.double().square().mean(0).sum()) / 2
    return total
