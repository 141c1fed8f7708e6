"""The MnasNet space of Accel-NASBench, for ranking only: 7 blocks of 1 to 4 layers; input 64x64.

Source: Ahmad et al., "Accel-NASBench" (arXiv 2404.08005); widths and strides of EfficientNet-B0, from which the
benchmark's own parameters and MACs follow. Deviations: 64x64 instead of 224x224 (a proxy then costs a tenth), ReLU.

An architecture's id has four groups of a digit for every block: expansion (1, 4, 6), kernel (3, 5), layers (1 to 3, the
sixth block up to 4), squeeze-and-excitation (0, 1): `4411644_5335353_3112132_0000000`, the table's columns expand,
kernel, layers and se joined by `_`.
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
columns = ("expand", "kernel", "layers", "se")

_SIDE, _STEM, _HEAD = 64, 32, 1280
_WIDTHS = (16, 24, 40, 80, 112, 192, 320)
_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_SQUEEZE = 4  # times fewer channels than the layer's input
_THIN = 4

_BLOCKS = range(len(_WIDTHS))
genes: tuple[Gene, ...] = (
    *(Gene(f"expand{block}", (1, 4, 6)) for block in _BLOCKS),
    *(Gene(f"kernel{block}", (3, 5)) for block in _BLOCKS),
    *(Gene(f"layers{block}", (1, 2, 3, 4) if block == 5 else (1, 2, 3)) for block in _BLOCKS),
    *(Gene(f"se{block}", (0, 1)) for block in _BLOCKS),
)


def canonical(arch: Arch) -> Arch:
    """`arch` itself: every choice has an effect."""
    return arch


def sample(rng: np.random.Generator) -> Arch:
    """A random architecture, every gene drawn uniformly."""
    return random_choices(genes, rng)


def _values(arch: Arch) -> list[list[int]]:
    """Values of the genes: [4 kinds][7 blocks]."""
    values = [gene.choices[choice] for gene, choice in zip(genes, arch, strict=True)]
    return [values[start : start + len(_WIDTHS)] for start in range(0, len(values), len(_WIDTHS))]


def arch_id(arch: Arch) -> str:
    """The table's four cells, joined; the form is told at the top of this module."""
    return "_".join("".join(map(str, group)) for group in _values(arch))


def parse(text: str) -> Arch:
    """The architecture named `text`; raises SearchError if the form or a digit is not of this space."""
    if re.fullmatch(r"\d{7}(_\d{7}){3}", text) is None:
        raise SearchError(
            f"'{text}' names no architecture of the space mnasnet_anb. Expected expand, kernel, layers and se, 7 "
            f"digits each, joined by _, like 4411644_5335353_3112132_0000000."
        )
    digits = map(int, text.replace("_", ""))
    return tuple(_choice(gene, digit, text) for gene, digit in zip(genes, digits, strict=True))


def _choice(gene: Gene, value: int, text: str) -> int:
    if value not in gene.choices:
        choices = ", ".join(map(str, gene.choices))
        raise SearchError(f"'{text}' is not in the space mnasnet_anb: {gene.name} = {value}, must be one of {choices}.")
    return gene.choices.index(value)


def describe(arch: Arch) -> str:
    """The architecture in words, one line."""
    blocks = zip(*_values(arch), strict=True)
    return "; ".join(
        f"block {number}: {count} x {kernel}x{kernel} expansion {expand}{' SE' if se else ''}"
        for number, (expand, kernel, count, se) in enumerate(blocks, 1)
    )


def input_shape(arch: Arch, channels: int = 3) -> tuple[int, int, int, int]:
    """[1, 64, 64, channels]."""
    return 1, _SIDE, _SIDE, channels


def _plan(arch: Arch) -> Plan:
    blocks, inputs = [], _STEM
    for width, first_stride, (expand, kernel, count, se) in zip(
        _WIDTHS, _STRIDES, zip(*_values(arch), strict=True), strict=True
    ):
        for index in range(count):
            stride = first_stride if index == 0 else 1
            blocks.append(Block(inputs, width, expand, kernel, stride, inputs // _SQUEEZE if se else 0))
            inputs = width
    return Plan(_SIDE, _STEM, 2, tuple(blocks), _HEAD)


def layers(arch: Arch, classes: int, channels: int = 3) -> tuple[Layer, ...]:
    """All layers, at 64x64."""
    return _plan(arch).layers(classes, channels)


def shortest_path(arch: Arch) -> float:
    """Convolutions on the path from input to output that has the fewest."""
    return _plan(arch).shortest_path


def network(arch: Arch, classes: int, channels: int = 3, thin: bool = False) -> torch.nn.Module:
    """[N, channels, 64, 64] in, logits [N, classes] out; thin: a quarter of the channels."""
    from search.spaces._networks import plan_network

    plan = _plan(arch)
    return plan_network(plan.thin(_THIN) if thin else plan, classes, channels)
