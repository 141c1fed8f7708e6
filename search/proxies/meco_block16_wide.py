"""Block-MeCo of 16 channels, weighted by width: BatchNorm outputs in, how many independent channels they have out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from search.proxies import proxy
from search.proxies.meco_block16 import block16_eigenvalue

if TYPE_CHECKING:
    from search.passes import ForwardPass


@proxy(name="meco_block16_wide", direction="higher", needs=("forward",))
def meco_block16_wide(forward: ForwardPass) -> float:
    """Smallest eigenvalue as in meco_block16, times the width, on the scale of a square root.

    Formula: sum over BatchNorms of sqrt(lambda_min(corr(map)) * C / 16), map as in meco_block16, C all channels.
    Initialisation: torch's default, BatchNorm in training mode. Batch: the first, real images, no labels. Direction:
    higher is better. Source: this project, after Jiang et al., "MeCo" (NeurIPS 2023). Deviation: the width counts.
    """
    return sum(math.sqrt(block16_eigenvalue(o) * o.shape[1] / 16) for o in forward.norm_outputs)
