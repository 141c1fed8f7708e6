"""Block-MeCo of 8 channels: BatchNorm outputs in, how independent a few channels of each are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor

    from search.passes import ForwardPass

_CHANNELS, _BLOCKS = 8, 4


@proxy(name="meco_block8", direction="higher", needs=("forward",))
def meco_block8(forward: ForwardPass) -> float:
    """Smallest eigenvalue of the correlation matrix of 8 channels after BatchNorm, summed over BatchNorms.

    Formula: sum over BatchNorms of the mean over up to 4 blocks b of lambda_min(corr(map_b)), map_b [8, H * W]: block b
    of 8 channels for image b. Initialisation: torch's default, BatchNorm in training mode. Batch: up to 4 images of the
    first, no labels. Direction: higher is better. Source: this project, after Jiang et al., "MeCo" (NeurIPS 2023).
    Deviation: blocks of equal size, so that layers of different widths can be compared.
    """
    from search.proxies._correlation import smallest_eigenvalues

    return sum(float(smallest_eigenvalues(_blocks(outputs)).mean()) for outputs in forward.norm_outputs)


def _blocks(outputs: Tensor) -> Tensor:
    """[N, C, H, W] -> [blocks, 8, H * W], fewer channels if there are not 8."""
    import torch

    size = min(_CHANNELS, outputs.shape[1])
    count = min(_BLOCKS, outputs.shape[1] // size, len(outputs))
    return torch.stack([outputs[b, b * size : (b + 1) * size].flatten(1) for b in range(count)])
