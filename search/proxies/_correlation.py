"""Correlations between channels: maps in, the smallest eigenvalue of their correlation matrices out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def smallest_eigenvalues(maps: Tensor) -> Tensor:
    """Of the correlation matrix of each [C, points] in `maps` [..., C, points]. float64 [...]."""
    centred = maps - maps.mean(-1, keepdim=True)
    rows = centred / centred.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    correlation = (rows @ rows.mT).double()
    smallest: Tensor = torch.linalg.eigvalsh(correlation)[..., 0]
    return smallest.clamp_min(0)
