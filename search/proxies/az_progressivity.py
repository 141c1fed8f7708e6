"""Progressivity of AZ-NAS: features of blocks in, how steadily they grow out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import BlockPass


@proxy(name="az_progressivity", direction="higher", needs=("blocks",))
def az_progressivity(blocks: BlockPass) -> float:
    """Smallest growth of the features' entropy from one block to the next.

    Formula: min over consecutive blocks of s(b + 1) - s(b), s as in az_expressivity. Initialisation: N(0, 2 / fan in),
    BatchNorm in training mode. Batch: 64 images of N(0, 1). Direction: higher is better. Source: Lee and Ham, "AZ-NAS"
    (arXiv 2403.19232), equation 4. Deviation: 0 for a network of a single block. One of the four parts of az_nas.
    """
    from search.proxies._expressivity import entropy

    scores = [entropy(features) for features in blocks.features]
    return min((after - before for before, after in pairwise(scores)), default=0.0)
