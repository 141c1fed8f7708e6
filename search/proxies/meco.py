"""MeCo: feature maps of one image in, how independent the channels of every module are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import ForwardPass


@proxy(name="meco", direction="higher", needs=("forward",))
def meco(forward: ForwardPass) -> float:
    """Smallest eigenvalue of the channels' correlation matrix, summed over modules.

    Formula: sum over modules of lambda_min(corr(map)), map [C, H * W]: the output of every convolution, BatchNorm, ReLU
    and pool for one image. Initialisation: torch's default, BatchNorm in training mode. Batch: the first image of the
    first, no labels. Direction: higher is better. Source: Jiang et al., "MeCo: Zero-Shot NAS with One Data and Single
    Forward Pass via Minimum Eigenvalue of Correlation" (NeurIPS 2023), equation 6. Deviation: BatchNorm sees the whole
    batch; constant channels are left out.
    """
    from search.proxies._correlation import smallest_eigenvalues

    total = 0.0
    for feature_map in forward.maps:
        varying = feature_map[feature_map.std(1) > 0]
        total += float(smallest_eigenvalues(varying)) if len(varying) else 0.0
    return total
