"""Expressivity on real images: features of blocks in, how evenly they use their dimensions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import ForwardPass


@proxy(name="expressivity", direction="higher", needs=("forward",))
def expressivity(forward: ForwardPass) -> float:
    """Entropy of the features, summed over blocks, in the pass that other proxies share.

    Formula: as az_expressivity, over block outputs [N, C, H, W]. Initialisation: torch's default, BatchNorm in training
    mode. Batch: the first, real images, no labels. Direction: higher is better. Source: Lee and Ham, "AZ-NAS" (arXiv
    2403.19232), equations 1 to 3. Deviation: initialisation and images, so that it costs no pass of its own.
    """
    from search.proxies._expressivity import entropy

    return sum(map(entropy, forward.block_outputs))
