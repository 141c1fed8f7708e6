"""NAS-Bench-Macro, for ranking only: 8 layers with 3 choices each, 6,561 architectures; input 32x32.

Source: Su et al., "Prioritized Architecture Sampling with Monto-Carlo Tree Search" (arXiv 2103.11922): a stem of 32
channels, layers of 64 (2), 128 (3) and 256 (3) channels, strides 2 at the first layer of each width, a head of 1280.
Parameters and FLOPs are those of the benchmark's table. Deviation: ReLU, not ReLU6.

An architecture's id has a digit for every layer: 0 identity (a 1x1 convolution where the width changes), 1 inverted
residual with expansion 3 and kernel 3, 2 with expansion 6 and kernel 5: `02112001`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from search.errors import SearchError
from search.layers import Layer
from search.spaces import Arch, Gene, random_choices
from search.spaces._inverted import Block, Plan

if TYPE_CHECKING:
    import torch

deployable = False
columns = ("arch",)

_SIDE, _STEM, _HEAD = 32, 32, 1280
_WIDTHS = (64, 64, 128, 128, 128, 256, 256, 256)
_STRIDES = (2, 1, 2, 1, 1, 2, 1, 1)
_CHOICES = ((0, 3), (3, 3), (6, 5))  # expansion (0: identity), kernel
_THIN = 4

genes: tuple[Gene, ...] = tuple(Gene(f"layer{layer}", (0, 1, 2)) for layer in range(len(_WIDTHS)))


def canonical(arch: Arch) -> Arch:
    """`arch` itself: every choice has an effect, but for identities, which the benchmark lists one by one."""
    return arch


def sample(rng: np.random.Generator) -> Arch:
    """A random architecture, every layer drawn uniformly."""
    return random_choices(genes, rng)


def arch_id(arch: Arch) -> str:
    """The benchmark's digits."""
    return "".join(map(str, arch))


def parse(text: str) -> Arch:
    """The architecture of the benchmark's digits `text`; raises SearchError if it is none."""
    if re.fullmatch(r"[012]{8}", text) is None:
        raise SearchError(
            f"'{text}' names no architecture of the space nasbench_macro. Expected 8 digits, each 0, 1 or 2, "
            f"like 02112001."
        )
    return tuple(map(int, text))


def describe(arch: Arch) -> str:
    """The architecture in words, one line."""
    names = ("identity", "3x3 expansion 3", "5x5 expansion 6")
    return "; ".join(f"layer {layer}: {names[choice]}" for layer, choice in enumerate(arch, 1))


def input_shape(arch: Arch, channels: int = 3) -> tuple[int, int, int, int]:
    """[1, 32, 32, channels]."""
    return 1, _SIDE, _SIDE, channels


def _plan(arch: Arch) -> Plan:
    blocks, inputs = [], _STEM
    for choice, width, stride in zip(arch, _WIDTHS, _STRIDES, strict=True):
        expansion, kernel = _CHOICES[choice]
        blocks.append(Block(inputs, width, expansion, kernel, stride))
        inputs = width
    return Plan(_SIDE, _STEM, 1, tuple(blocks), _HEAD)


def layers(arch: Arch, classes: int, channels: int = 3) -> tuple[Layer, ...]:
    """All layers."""
    return _plan(arch).layers(classes, channels)


def shortest_path(arch: Arch) -> float:
    """Convolutions on the path from input to output that has the fewest."""
    return _plan(arch).shortest_path


def network(arch: Arch, classes: int, channels: int = 3, thin: bool = False) -> torch.nn.Module:
    """[N, channels, 32, 32] in, logits [N, classes] out; thin: a quarter of the channels."""
    from search.spaces._networks import plan_network

    plan = _plan(arch)
    return plan_network(plan.thin(_THIN) if thin else plan, classes, channels)
