"""NTK condition number: a network and a batch in, how evenly it would learn from the images out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn

_IMAGES = 16


@proxy(name="ntk_cond", direction="lower", needs=("network", "batches"))
def ntk_cond(network: nn.Module, batches: tuple[tuple[Tensor, Tensor], ...]) -> float:
    """Condition number of the neural tangent kernel.

    Formula: g_i = gradient of image i's summed logits by all weights of convolutions and linear layers, [N, weights];
    lambda_max / lambda_min of the Gram matrix g g', [N, N]. Initialisation: torch's default, BatchNorm in training
    mode. Batch: up to 16 real images of the first, no labels. Direction: lower is better. Source: Chen et al., "Neural
    Architecture Search on ImageNet in Four GPU Hours" (TE-NAS, arXiv 2102.11535), section 3.1. Deviation: torch's
    initialisation instead of Kaiming's normal one.
    """
    import torch

    from search.passes import layer_weights

    weights = layer_weights(network)
    outputs = network(batches[0][0][:_IMAGES]).sum(1)
    rows = [torch.autograd.grad(y, weights, retain_graph=True, materialize_grads=True) for y in outputs]
    layers = (torch.stack([g.flatten() for g in layer]).double() for layer in zip(*rows, strict=True))
    gram = sum(g @ g.T for g in layers)
    eigenvalues = torch.linalg.eigvalsh(gram)  # ascending
    return float(eigenvalues[-1] / eigenvalues[0]) if eigenvalues[0] > 0 else float("inf")
