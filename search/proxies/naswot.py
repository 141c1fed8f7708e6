"""NASWOT: signs of ReLU inputs in, how well they tell a batch's images apart out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor


@proxy(name="naswot", direction="higher", needs=("relu_signs",))
def naswot(relu_signs: tuple[Tensor, ...]) -> float:
    """Log-determinant of the kernel of Hamming similarities between the images' activation patterns.

    Formula: c = (ReLU input > 0), [N, units] a layer; K = sum over layers of c c' + (1 - c)(1 - c)', [N, N];
    log |det K|. Initialisation: torch's default, BatchNorm in training mode. Batch: one, real images. Direction:
    higher is better. Source: Mellor et al., "Neural Architecture Search without Training" (arXiv 2006.04647),
    equation 2, summed over layers. Deviation: none.
    """
    codes = [signs.double() for signs in relu_signs]
    kernel = sum(c @ c.T + (1 - c) @ (1 - c).T for c in codes)
    return float(kernel.slogdet().logabsdet)  # type: ignore[union-attr]
