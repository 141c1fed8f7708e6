"""Block-MeCo of 16 channels: BatchNorm outputs in, how independent a few channels of each are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor

    from search.passes import ForwardPass

_CHANNELS, _POSITIONS = 16, 4096


@proxy(name="meco_block16", direction="higher", needs=("forward",))
def meco_block16(forward: ForwardPass) -> float:
    """Smallest eigenvalue of the correlation matrix of 16 channels after BatchNorm, summed over BatchNorms.

    Formula: sum over BatchNorms of lambda_min(corr(map)), map [16, N * H * W]: the first 16 channels over the whole
    batch, up to 4,096 positions evenly spaced. Initialisation: torch's default, BatchNorm in training mode. Batch: the
    first, real images, no labels. Direction: higher is better. Source: this project, after Jiang et al., "MeCo"
    (NeurIPS 2023). Deviation: as many channels in every layer; all images instead of one.
    """
    return sum(block16_eigenvalue(outputs) for outputs in forward.norm_outputs)


def block16_eigenvalue(outputs: Tensor) -> float:
    """lambda_min of one BatchNorm's outputs [N, C, H, W]."""
    from search.proxies._correlation import smallest_eigenvalues

    rows = outputs[:, :_CHANNELS].transpose(0, 1).flatten(1)
    return float(smallest_eigenvalues(rows[:, :: -(-rows.shape[1] // _POSITIONS)]))
