"""What proxies work on: an architecture, a seed and a few training images in; networks, gradients and scores out.

Everything is a function of the seed and the architecture alone, so a score does not depend on which other proxies are
asked for, on the order of candidates or on the number of processes.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search.data import Images, Labels, resize
from search.hardware.ops import Graph
from search.network import fast_layout, initialise
from search.proxies import get_proxy
from search.spaces import Arch, Space

#: Batches that the images are cut into: statistics over gradients need two.
BATCHES = 2


@dataclass(frozen=True, slots=True)
class Score:
    """A proxy's result. value: None if the proxy raised an exception, told in `reason`; NaN and infinities are kept."""

    value: float | None
    reason: str = ""

    @property
    def usable(self) -> bool:
        """Whether the value can be ranked; one that cannot takes the worst rank."""
        return self.value is not None and math.isfinite(self.value)


@dataclass(frozen=True)
class Candidate:
    """One architecture and all that proxies may need of it, each made on first use.

    Networks have torch's default weights. images, labels: BATCHES batches of training images, [N, H, W, C] of any
    size and [N].
    """

    space: Space
    arch: Arch
    images: Images
    labels: Labels
    classes: int
    seed: int
    device: str = "cpu"

    @cached_property
    def graph(self) -> Graph:
        """The op records."""
        return self.space.graph(self.arch, self.classes, self.images.shape[-1])

    @property
    def network(self) -> nn.Module:
        """A fresh network in training mode; the weights are the same every time."""
        digest = hashlib.sha256(f"{self.seed} {self.space.arch_id(self.arch)}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))
        network = self.space.network(self.arch, self.classes, self.images.shape[-1])
        return fast_layout(initialise(network, generator)).to(self.device)

    @property
    def network_without_norm(self) -> nn.Module:
        """A fresh network in float64 with every BatchNorm replaced by the identity."""
        network = self.network.double()
        for parent in list(network.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.BatchNorm2d):
                    setattr(parent, name, nn.Identity())
        return network

    @cached_property
    def batches(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """BATCHES pairs of images [N, C, H, W] at the architecture's resolution and labels [N]."""
        _, height, width, _ = self.space.input_shape(self.arch, self.images.shape[-1])
        x = torch.from_numpy(resize(self.images, height, width)).permute(0, 3, 1, 2)
        y = torch.from_numpy(self.labels)
        return tuple(zip(x.to(self.device).chunk(BATCHES), y.to(self.device).chunk(BATCHES), strict=True))

    @cached_property
    def gradients(self) -> tuple[Tensor, ...]:
        """For each convolution and linear layer the loss gradient of its weights on every batch: [BATCHES, weights]."""
        network = self.network
        weights = layer_weights(network)
        per_batch = [torch.autograd.grad(F.cross_entropy(network(x), y), weights) for x, y in self.batches]
        return tuple(torch.stack([g.flatten() for g in layer]) for layer in zip(*per_batch, strict=True))

    @cached_property
    def relu_signs(self) -> tuple[Tensor, ...]:
        """For each ReLU which inputs are positive, over the first batch: bool [N, units]."""
        network = self.network
        signs: list[Tensor] = []
        for module in network.modules():
            if isinstance(module, nn.ReLU | nn.ReLU6):
                module.register_forward_pre_hook(lambda _, inputs: signs.append((inputs[0] > 0).flatten(1)))
        with torch.no_grad():
            network(self.batches[0][0])
        return tuple(signs)

    def score(self, proxy_name: str) -> Score:
        """Score this architecture by one proxy. An exception of the proxy becomes a score without value."""
        proxy = get_proxy(proxy_name)
        try:
            value = float(proxy.score(*(getattr(self, need) for need in proxy.needs)))
        except Exception as error:  # noqa: BLE001 - one candidate must not end a search; the reason is kept and reported
            return Score(None, f"{proxy_name}: {type(error).__name__}: {error}")
        return Score(value) if math.isfinite(value) else Score(value, f"{proxy_name} is {value}")


def layer_weights(network: nn.Module) -> list[Tensor]:
    """The weights (no biases) of all convolutions and linear layers, in the order of the network."""
    layers = (module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear))
    return [layer.weight for layer in layers]
