"""Linear regions: a thin network in, into how many pieces it cuts the space between images out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.proxies import proxy

if TYPE_CHECKING:
    from torch import Tensor, nn

_POINTS = 256
_SPAN = 0.1


@proxy(name="linear_regions", direction="higher", needs=("thin_network", "batches"))
def linear_regions(thin_network: nn.Module, batches: tuple[tuple[Tensor, Tensor], ...]) -> float:
    """Number of linear regions that a short line through the input space meets.

    Formula: number of distinct sign patterns of all ReLU inputs over the samples. Initialisation: torch's default, the
    space's thin network, BatchNorm in inference mode, so that the samples do not act on each other. Batch: 256 points
    from the first real image a tenth of the way to the second, no labels. Direction: higher is better. Source: Xiong et
    al., "On the Number of Linear Regions of Convolutional Neural Networks" (arXiv 2006.00978); as a score in TE-NAS
    (arXiv 2102.11535), section 3.2. Deviation: points on a line, not random images: of those, every one meets a region
    of its own.
    """
    import torch
    from torch import nn

    signs: list[Tensor] = []
    for module in thin_network.modules():
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.register_forward_pre_hook(lambda _, inputs: signs.append((inputs[0] > 0).flatten(1)))
    images = batches[0][0]
    steps = torch.linspace(0, _SPAN, _POINTS, device=images.device)[:, None, None, None]
    with torch.no_grad():
        thin_network.eval()(images[:1] + steps * (images[1:2] - images[:1]))
    if not signs:
        return 1
    patterns: Tensor = torch.unique(torch.cat(signs, 1), dim=0)
    return len(patterns)
