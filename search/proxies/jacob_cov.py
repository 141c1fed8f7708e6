"""Jacobian covariance: a network and a batch in, how differently it reacts to different images out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn


@proxy(name="jacob_cov", direction="higher", needs=("network", "batches"))
def jacob_cov(network: nn.Module, batches: tuple[tuple[Tensor, Tensor], ...]) -> float:
    """How little the input Jacobians of different images are correlated.

    Formula: J = gradient of the summed logits by each image, [N, C * H * W]; lambda: eigenvalues of the correlation
    matrix of its rows, [N, N]; -sum(log(lambda + k) + 1 / (lambda + k)), k = 1e-5. Initialisation: torch's default,
    BatchNorm in training mode. Batch: the first, real images, no labels. Direction: higher is better. Source: Mellor et
    al., first version of "Neural Architecture Search without Training" (arXiv 2006.04647v1), equation 3. Deviation:
    none.
    """
    import torch

    x = batches[0][0].detach().clone().requires_grad_()
    (jacobian,) = torch.autograd.grad(network(x).sum(), x)
    eigenvalues = torch.linalg.eigvalsh(jacobian.flatten(1).double().corrcoef()) + 1e-5
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())
