"""Expressivity of AZ-NAS: features of blocks in, how evenly they use their dimensions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import BlockPass


@proxy(name="az_expressivity", direction="higher", needs=("blocks",))
def az_expressivity(blocks: BlockPass) -> float:
    """Entropy of the features, summed over blocks.

    Formula: sum over blocks of -sum p log p, p the normalised eigenvalues of the covariance of the output's channels
    over images and positions, [C, C]. Initialisation: N(0, 2 / fan in), BatchNorm in training mode. Batch: 64 images of
    N(0, 1). Direction: higher is better. Source: Lee and Ham, "AZ-NAS: Assembling Zero-Cost Proxies for Network
    Architecture Search" (arXiv 2403.19232), equations 1 to 3. Deviation: none. One of the four parts of az_nas.
    """
    from search.proxies._expressivity import entropy

    return sum(map(entropy, blocks.features))
