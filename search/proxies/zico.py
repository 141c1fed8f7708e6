"""ZiCo: gradients of several batches in, how strong and how steady they are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(name="zico", direction="higher", needs=("gradients",))
def zico(gradients: tuple[Tensor, ...]) -> float:
    """Inverse coefficient of variation of the gradients, summed over layers on a logarithmic scale.

    Formula: sum over layers of log sum over weights of mean|g| / std(g), mean and std over the batches, weights with
    std = 0 left out, as are layers without any other. gradients: [batches, weights] a layer (convolutions and linear).
    Initialisation: torch's default. Batch: two, real images and labels, cross-entropy. Direction: higher is better.
    Source: Li et al., "ZiCo: Zero-shot NAS via Inverse Coefficient of Variation on Gradients" (arXiv 2301.11300),
    equation 16. Deviation: none.
    """
    total = 0.0
    for gradient in gradients:
        g = gradient.double()
        std = g.std(dim=0, correction=0)
        varies = std != 0
        if varies.any():
            total += float((g.abs().mean(dim=0)[varies] / std[varies]).sum().log())
    return total
