"""SynFlow: a network without BatchNorm in, the flow of its synapses out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn


@proxy(name="synflow", direction="higher", needs=("network_without_norm", "batches"))
def synflow(network: nn.Module, batches: tuple[tuple[Tensor, Tensor], ...]) -> float:
    """Logarithm of the sum of all paths' weights through the network made positive.

    Formula: theta -> |theta|, R = sum of the logits for one input [1, C, H, W] of ones, log sum |theta * dR/dtheta|
    over the weights of convolutions and linear layers. Initialisation: torch's default, BatchNorm removed, float64
    since the products grow with depth. Batch: none, only the input's shape. Direction: higher is better. Source: Tanaka
    et al., "Pruning neural networks without any data by iteratively conserving synaptic flow" (arXiv 2006.05467); as a
    score of architectures in Abdelfattah et al. (arXiv 2101.08134). Deviation: the logarithm, which keeps the order.
    """
    for parameter in network.parameters():
        parameter.data.abs_()
    images = batches[0][0]
    network(images[:1].double().fill_(1)).sum().backward()
    weights = (parameter for parameter in network.parameters() if parameter.dim() > 1)
    flow = sum(float((w.detach() * w.grad).abs().sum()) for w in weights if w.grad is not None)
    return math.log(flow) if flow else -math.inf
