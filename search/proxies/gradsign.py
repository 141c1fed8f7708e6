"""GradSign: a network and a batch in, how far the images agree on where its weights should go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn

_IMAGES = 16


@proxy(name="gradsign", direction="higher", needs=("network", "labelled_batches"))
def gradsign(network: nn.Module, labelled_batches: tuple[tuple[Tensor, Tensor], ...]) -> float:
    """Agreement of the signs of the images' gradients.

    Formula: mean over weights of |sum over images of sign(dl_i / dtheta)|, convolutions and linear layers.
    Initialisation: torch's default, BatchNorm in training mode. Batch: up to 16 real images and labels of the first,
    cross-entropy of each. Direction: higher is better. Source: Zhang and Jia, "GradSign: Model Performance Inference
    with Theoretical Insights" (arXiv 2110.08616), equation 10. Deviation: the mean over weights instead of their sum.
    """
    import torch
    from torch.nn import functional as F

    from search.passes import layer_weights

    weights = layer_weights(network)
    x, y = labelled_batches[0]
    losses = F.cross_entropy(network(x[:_IMAGES]), y[:_IMAGES], reduction="none")
    votes = [torch.zeros_like(weight) for weight in weights]
    for loss in losses:
        gradients = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
        for vote, gradient in zip(votes, gradients, strict=True):
            vote += gradient.sign()
    return sum(float(vote.abs().sum().double()) for vote in votes) / sum(vote.numel() for vote in votes)
