"""Effective rank: ReLU inputs in, how many independent channels they have out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import ForwardPass

_CHANNELS = 256


@proxy(name="effective_rank", direction="higher", needs=("forward",))
def effective_rank(forward: ForwardPass) -> float:
    """Effective rank of each ReLU's input, summed.

    Formula: sum over ReLUs of exp(-sum p log p), p the normalised eigenvalues of the covariance of the input's channels
    over images and positions, [C, C], the first 256 channels. Initialisation: torch's default, BatchNorm in training
    mode. Batch: the first, real images, no labels. Direction: higher is better. Source: this project; effective rank
    after Roy and Vetterli, "The effective rank: a measure of effective dimensionality" (EUSIPCO 2007). Deviation: none.
    """
    from search.proxies._expressivity import entropy

    return sum(math.exp(entropy(inputs[:, :_CHANNELS])) for inputs in forward.relu_inputs)
