"""Epsilon: a network with constant weights and a batch in, how the scale of weights changes its outputs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn

_WEIGHTS = (1e-7, 1.0)


@proxy(name="epsilon", direction="higher", needs=("network", "all_images"))
def epsilon(network: nn.Module, all_images: Tensor) -> float:
    """How differently the outputs are spread for tiny and for large equal weights.

    Formula: p_w: logits [N, classes] with every weight = w and every bias = 0, flattened, from 0 (smallest) to 1
    (largest); mean |p_1 - p_2| / mean(p_1, p_2) over what is 0 in neither, w = 1e-7 and 1. Initialisation: as told,
    BatchNorm in training mode. Batch: all real images at hand, up to 256, no labels. Direction: higher is better.
    Source: Gracheva, "Trainless model performance estimation based on random weights initialisations for neural
    architecture search" (epsilon, arXiv 2103.08870, 2302.04406), section 3. Deviation: float64, since outputs of the
    tiny weights vanish in float32.
    """
    import torch

    network, images = network.double(), all_images[:256].double()
    spread: list[Tensor] = []
    for weight in _WEIGHTS:
        for name, parameter in network.named_parameters():
            parameter.data.fill_(0.0 if name.endswith("bias") else weight)
        with torch.no_grad():
            outputs = network(images).flatten()
        spread.append((outputs - outputs.min()) / (outputs.max() - outputs.min()))
    a, b = spread
    seen = (a != 0) & (b != 0)
    return float((a[seen] - b[seen]).abs().mean() / torch.cat((a[seen], b[seen])).mean())
