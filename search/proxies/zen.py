"""Zen-score: a network and random numbers in, how expressive it is before its pooling out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

_IMAGES, _REPEATS, _STEP = 16, 32, 0.01


@proxy(name="zen", direction="higher", needs=("network", "batches", "generator"))
def zen(network: nn.Module, batches: tuple[tuple[Tensor, Tensor], ...], generator: torch.Generator) -> float:
    """How much the features before pooling change with the input, with the scale that BatchNorm takes away given back.

    Formula: log mean |f(x) - f(x + 0.01 eps)| + sum over BatchNorms of log sqrt(mean over channels of the variance at
    x), averaged over the repeats; f: input of the global mean, [N, C, H, W]. Initialisation: weights N(0, 1), drawn
    again for every repeat, BatchNorm in training mode. Batch: 16 images of N(0, 1), eps likewise, 32 repeats; of
    batches only the shape is used. Direction: higher is better. Source: Lin et al., "Zen-NAS: A Zero-Shot NAS for
    High-Performance Deep Image Recognition" (arXiv 2102.01063), algorithm 1. Deviation: residual links are kept.
    """
    import torch
    from torch import nn

    from search.network import GlobalMean

    features: list[Tensor] = []
    for module in network.modules():
        if isinstance(module, GlobalMean):
            module.register_forward_pre_hook(lambda _, inputs: features.append(inputs[0]))
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0  # the running variance is the last batch's
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    shape, device = (_IMAGES, *batches[0][0].shape[1:]), batches[0][0].device
    total = 0.0
    for _ in range(_REPEATS):
        for parameter in network.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, generator=generator)
        x = torch.randn(shape, generator=generator).to(device)
        moved = x + _STEP * torch.randn(shape, generator=generator).to(device)
        features.clear()
        with torch.no_grad():
            network(x)
            variances = [norm.running_var.double().mean() for norm in norms if norm.running_var is not None]
            network(moved)
        total += float((features[0] - features[1]).abs().double().mean().log())
        total += sum(float(variance.log()) / 2 for variance in variances)
    return total / _REPEATS
