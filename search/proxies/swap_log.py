"""SWAP by layers: signs of ReLU inputs in, how many activation patterns every layer has out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from search.proxies import proxy
from search.proxies._patterns import distinct_patterns

if TYPE_CHECKING:
    from torch import Tensor


@proxy(name="swap_log", direction="higher", needs=("relu_signs",))
def swap_log(relu_signs: tuple[Tensor, ...]) -> float:
    """Distinct sample-wise activation patterns of each layer, summed on a logarithmic scale.

    Formula: sum over ReLUs of the log of the number of distinct columns of c = (ReLU input > 0), [N, units].
    Initialisation: torch's default, BatchNorm in training mode. Batch: the first, real images, no labels. Direction:
    higher is better. Source: this project, after Peng et al., "SWAP-NAS" (arXiv 2403.04161). Deviation: counted by
    layers, so that a wide layer does not drown the others.
    """
    return sum(math.log(distinct_patterns(signs)) for signs in relu_signs)
