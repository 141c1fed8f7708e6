"""Gradient norm: gradients of one batch in, how much the loss asks of the weights out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(name="grad_norm", direction="higher", needs=("gradients",))
def grad_norm(gradients: tuple[Tensor, ...]) -> float:
    """Norm of the loss gradient, summed over layers.

    Formula: sum over layers of |dL/dW|_2, gradients: [batches, weights] a layer (convolutions and linear).
    Initialisation: torch's default, BatchNorm in training mode. Batch: the first, real images and labels,
    cross-entropy. Direction: higher is better. Source: Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS"
    (arXiv 2101.08134), section 3.2. Deviation: none.
    """
    return sum(float(gradient[0].double().norm()) for gradient in gradients)
