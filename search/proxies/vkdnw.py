"""VKDNW: a network and random images in, how even its Fisher spectrum is and how deep it is out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

_IMAGES, _TENSORS = 16, 128


@proxy(name="vkdnw", direction="higher", needs=("network", "batches", "generator"))
def vkdnw(network: nn.Module, batches: tuple[tuple[Tensor, Tensor], ...], generator: torch.Generator) -> float:
    """Entropy of the spectrum of the empirical Fisher matrix, plus the number of parameter tensors.

    Formula: F = 1/N sum_n sum_k p_nk g_nk g_nk', g_nk the gradient of log p_nk by one parameter of each tensor,
    [D]; q: the 0.1, ..., 0.9 quantiles of F's eigenvalues over their sum; -sum q log q + number of parameter tensors.
    Initialisation: torch's default, BatchNorm in inference mode. Batch: 16 images of N(0, 1), all classes. Direction:
    higher is better. Source: Tybl and Neumann, "Training-free Neural Architecture Search through Variance of Knowledge
    of Deep Network Weights" (VKDNW, arXiv 2502.04975), equations 5 to 8. Deviation: D = the first 128 tensors, the
    first entry of each.
    """
    import torch

    images = torch.randn(_IMAGES, *batches[0][0].shape[1:], generator=generator).to(batches[0][0].device)
    rows = _scores(network.eval(), images).double()
    eigenvalues = torch.linalg.eigvalsh(rows.T @ rows / _IMAGES).clamp_min(0)
    q = eigenvalues.quantile(torch.linspace(0.1, 0.9, 9, dtype=torch.float64))
    q = q / q.sum()
    return -float((q * q.clamp_min(1e-300).log()).sum()) + len(list(network.parameters()))


def _scores(network: nn.Module, images: Tensor) -> Tensor:
    """sqrt(p_nk) * g_nk for every image and class, [N * K, D]."""
    import torch
    from torch.func import functional_call, grad, vmap

    parameters = {name: parameter.detach() for name, parameter in network.named_parameters()}
    first = dict(list(parameters.items())[:_TENSORS])

    def log_probability(shifts: Tensor, image: Tensor, label: int) -> Tensor:
        moved = {name: _shifted(value, shifts[index]) for index, (name, value) in enumerate(first.items())}
        logits: Tensor = functional_call(network, parameters | moved, (image[None],))
        return logits.log_softmax(1)[0, label]

    zeros = torch.zeros(len(first), device=images.device)
    with torch.no_grad():
        probabilities = network(images).softmax(1)
    gradients = [
        vmap(grad(log_probability), (None, 0, None), chunk_size=_IMAGES)(zeros, images, label)
        for label in range(probabilities.shape[1])
    ]
    rows: Tensor = torch.stack(gradients, 1) * probabilities.sqrt()[..., None]
    return rows.flatten(0, 1)


def _shifted(value: Tensor, shift: Tensor) -> Tensor:
    """`value` with `shift` added to its first entry."""
    import torch

    first = torch.zeros(value.shape, dtype=value.dtype, device=value.device)
    first.view(-1)[0] = 1
    return value + shift * first
