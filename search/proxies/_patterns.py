"""Sample-wise activation patterns: signs in, the number of distinct ones out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


def distinct_patterns(signs: Tensor) -> int:
    """Distinct columns of `signs`, bool [N, units]."""
    packed = np.packbits(signs.cpu().numpy(), axis=0)  # [N / 8, units]
    words = np.zeros((-(-len(packed) // 8) * 8, packed.shape[1]), np.uint8)
    words[: len(packed)] = packed
    keys = np.ascontiguousarray(words.T).view(np.uint64)  # [units, N / 64]
    return len(np.unique(keys) if keys.shape[1] == 1 else np.unique(keys, axis=0))
