"""SWAP: signs of ReLU inputs in, how many sample-wise activation patterns there are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy
from search.proxies._patterns import distinct_patterns

if TYPE_CHECKING:
    from torch import Tensor


@proxy(name="swap", direction="higher", needs=("relu_signs",))
def swap(relu_signs: tuple[Tensor, ...]) -> float:
    """Number of distinct sample-wise activation patterns.

    Formula: number of distinct columns of c = (ReLU input > 0), [N, units] over all layers. Initialisation: torch's
    default, BatchNorm in training mode. Batch: the first, real images, no labels. Direction: higher is better. Source:
    Peng et al., "SWAP-NAS: Sample-Wise Activation Patterns for Ultra-fast NAS" (arXiv 2403.04161), definition 3.
    Deviation: without the regularisation by the number of parameters.
    """
    import torch

    return distinct_patterns(torch.cat(relu_signs, 1)) if relu_signs else 0
