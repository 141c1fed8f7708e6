"""GraSP: a network and a batch in, how its gradient flow would change with the weights out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn


@proxy(name="grasp", direction="higher", needs=("network", "labelled_batches"))
def grasp(network: nn.Module, labelled_batches: tuple[tuple[Tensor, Tensor], ...]) -> float:
    """Change of the gradient's norm if weights were removed, to the first order.

    Formula: sum over weights of -theta * (H g), H g the gradient of <g, dL/dtheta> with g held constant; weights of
    convolutions and linear layers. Initialisation: torch's default, BatchNorm in training mode. Batch: the first, real
    images and labels, cross-entropy. Direction: higher is better. Source: Wang et al., "Picking Winning Tickets Before
    Training by Preserving Gradient Flow" (arXiv 2002.07376), equation 8; summed as in Abdelfattah et al. (arXiv
    2101.08134). Deviation: logits are not divided by a temperature.
    """
    import torch
    from torch.nn import functional as F

    from search.passes import layer_weights

    weights = layer_weights(network)
    x, y = labelled_batches[0]
    loss = F.cross_entropy(network(x), y)
    gradients = torch.autograd.grad(loss, weights, create_graph=True, materialize_grads=True)
    product = sum(((g.detach() * g).sum() for g in gradients), torch.zeros((), device=x.device))
    hessian_g = torch.autograd.grad(product, weights, materialize_grads=True)
    return -sum(float((theta.detach() * h).sum().double()) for theta, h in zip(weights, hessian_g, strict=True))
