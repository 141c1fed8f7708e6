"""Trainability of AZ-NAS: Jacobians of blocks in, how well they pass gradients on out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from search.passes import BlockPass


@proxy(name="az_trainability", direction="higher", needs=("blocks",))
def az_trainability(blocks: BlockPass) -> float:
    """How close the spectral norms of the blocks' Jacobians are to 1.

    Formula: mean over consecutive blocks of 2 - s - 1 / s, s the largest singular value of J = E[g_in g_out'], g_out
    random signs at the block's output, g_in their gradient at its input. Initialisation: N(0, 2 / fan in), BatchNorm in
    training mode. Batch: 64 images of N(0, 1). Direction: higher is better. Source: Lee and Ham, "AZ-NAS" (arXiv
    2403.19232), equations 5 to 8. Deviation: 0 for a network of a single block. One of the four parts of az_nas.
    """
    import torch

    norms = [float(torch.linalg.matrix_norm(jacobian.double(), 2)) for jacobian in blocks.jacobians]
    return sum(2 - s - 1 / max(s, 1e-6) for s in norms) / max(len(norms), 1)
