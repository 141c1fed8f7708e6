"""Progressivity on real images: features of blocks in, how steadily they grow out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import ForwardPass


@proxy(name="progressivity", direction="higher", needs=("forward",))
def progressivity(forward: ForwardPass) -> float:
    """Smallest growth of the features' entropy from one block to the next, in the pass that other proxies share.

    Formula: min over consecutive blocks of s(b + 1) - s(b), s as in az_expressivity. Initialisation: torch's default,
    BatchNorm in training mode. Batch: the first, real images, no labels. Direction: higher is better. Source: Lee and
    Ham, "AZ-NAS" (arXiv 2403.19232), equation 4. Deviation: initialisation and images, so that it costs no pass of its
    own; 0 for a network of a single block.
    """
    from search.proxies._expressivity import entropy

    scores = [entropy(features) for features in forward.block_outputs]
    return min((after - before for before, after in pairwise(scores)), default=0.0)
