"""SNIP: weights and gradients of one batch in, how much the loss depends on the weights out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import BackwardPass


@proxy(name="snip", direction="higher", needs=("backward",))
def snip(backward: BackwardPass) -> float:
    """Change of the loss if weights were removed, to the first order.

    Formula: sum over weights of |g * theta|, g the loss gradient; convolutions and linear layers, [weights] each.
    Initialisation: torch's default, BatchNorm in training mode. Batch: the first, real images and labels,
    cross-entropy. Direction: higher is better. Source: Lee et al., "SNIP: Single-shot Network Pruning based on
    Connection Sensitivity" (arXiv 1810.02340), equation 5; summed as in Abdelfattah et al. (arXiv 2101.08134).
    Deviation: none.
    """
    pairs = zip(backward.weights, backward.gradients, strict=True)
    return sum(float((theta * g[0]).abs().sum().double()) for theta, g in pairs)
