"""What proxies work on: an architecture, a seed and a few training images in; networks, gradients and scores out.

Everything is a function of the seed and the architecture alone, so a score does not depend on which other proxies are
asked for, on the order of candidates or on the number of processes. A pass that several proxies need is made once.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from search.data import Images, Labels, resize
from search.layers import Layer
from search.network import fast_layout, initialise
from search.passes import BackwardPass, BlockPass, ForwardPass, backward_pass, block_pass, forward_pass
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
    size and [N]. thin: networks are the space's thin ones.
    """

    space: Space
    arch: Arch
    images: Images
    labels: Labels
    classes: int
    seed: int
    device: str = "cpu"
    thin: bool = False

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """What closed forms count."""
        return self.space.layers(self.arch, self.classes, self.images.shape[-1])

    @property
    def shortest_path(self) -> float:
        """Convolutions on the path from input to output that has the fewest."""
        return self.space.shortest_path(self.arch)

    @property
    def generator(self) -> torch.Generator:
        """A fresh source of random numbers, the same every time, other than that of the weights."""
        return self._generator("proxy")

    def _generator(self, use: str) -> torch.Generator:
        digest = hashlib.sha256(f"{self.seed} {self.space.arch_id(self.arch)} {use}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))

    @property
    def network(self) -> nn.Module:
        """A fresh network in training mode; the weights are the same every time."""
        return self._network(self.thin)

    @property
    def thin_network(self) -> nn.Module:
        """A fresh network with the space's fewer channels or layers."""
        return self._network(True)

    def _network(self, thin: bool) -> nn.Module:
        network = self.space.network(self.arch, self.classes, self.images.shape[-1], thin)
        return fast_layout(initialise(network, self._generator("weights"))).to(self.device)

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
    def all_images(self) -> Tensor:
        """All images, [N, C, H, W] at the architecture's resolution."""
        _, height, width, _ = self.space.input_shape(self.arch, self.images.shape[-1])
        return torch.from_numpy(resize(self.images, height, width)).permute(0, 3, 1, 2).to(self.device)

    @cached_property
    def batches(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """BATCHES pairs of images [N, C, H, W] at the architecture's resolution and labels [N]."""
        y = torch.from_numpy(self.labels).to(self.device)
        return tuple(zip(self.all_images.chunk(BATCHES), y.chunk(BATCHES), strict=True))

    @property
    def labelled_batches(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """`batches`, for proxies that look at the labels."""
        return self.batches

    @cached_property
    def forward(self) -> ForwardPass:
        """What the first batch leaves behind on its way through the network, in training mode."""
        return forward_pass(self.network, self.batches[0][0])

    @property
    def relu_signs(self) -> tuple[Tensor, ...]:
        """For each ReLU which inputs are positive, over the first batch: bool [N, units]."""
        return tuple((inputs > 0).flatten(1) for inputs in self.forward.relu_inputs)

    @cached_property
    def backward(self) -> BackwardPass:
        """Weights, and their loss gradients on every batch."""
        return backward_pass(self.network, self.batches)

    @property
    def gradients(self) -> tuple[Tensor, ...]:
        """For each convolution and linear layer the loss gradient of its weights on every batch: [BATCHES, weights]."""
        return self.backward.gradients

    @cached_property
    def blocks(self) -> BlockPass:
        """Features and Jacobians of blocks, for random images and weights of their own; search.passes tells which."""
        network, generator = self.network, self.generator
        return block_pass(network, self.batches[0][0].shape[1:], generator)

    def score(self, proxy_name: str) -> Score:
        """Score this architecture by one proxy. An exception of the proxy becomes a score without value."""
        proxy = get_proxy(proxy_name)
        try:
            value = float(proxy.score(*(getattr(self, need) for need in proxy.needs)))
        except Exception as error:  # noqa: BLE001 - one candidate must not end a search; the reason is kept and reported
            return Score(None, f"{proxy_name}: {type(error).__name__}: {error}")
        return Score(value) if math.isfinite(value) else Score(value, f"{proxy_name} is {value}")
