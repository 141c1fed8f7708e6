"""Entropy of features: a block's outputs in, how evenly they use their dimensions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def entropy(features: Tensor) -> float:
    """Entropy of the normalised eigenvalues of the covariance of [N, C, H, W]'s channels; AZ-NAS, equation 2."""
    rows = features.transpose(0, 1).flatten(1)
    centred = rows - rows.mean(1, keepdim=True)
    eigenvalues = torch.linalg.eigvalsh((centred @ centred.T).double()).clamp_min(0)
    shares = eigenvalues / eigenvalues.sum()
    return -float((shares * shares.clamp_min(1e-12).log()).sum())
