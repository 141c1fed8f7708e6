"""Search spaces: an architecture is a tuple of choices, one a gene; a space turns it into op records or a network.

Every module in this folder is a space, named after its file, and has the members of `Space` at its top level.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from search.errors import unknown_name
from search.hardware.ops import Graph

if TYPE_CHECKING:
    import torch

#: Index of the choice taken for every gene of the space, in the order of its genes.
Arch = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gene:
    """One decision. `choices` stand in ascending order, so that a small mutation is a small change."""

    name: str
    choices: tuple[int, ...]


class Space(Protocol):
    """What a module in this folder must have. Equal networks have equal canonical tuples and equal ids."""

    __name__: str

    @property
    def genes(self) -> tuple[Gene, ...]:
        """All decisions."""

    def canonical(self, arch: Arch) -> Arch:
        """`arch` with choice 0 in every gene that has no effect, e.g. those of absent blocks."""

    def sample(self, rng: np.random.Generator) -> Arch:
        """A random canonical architecture, every gene drawn uniformly."""

    def arch_id(self, arch: Arch) -> str:
        """A readable name without spaces or commas, which `parse` reads back."""

    def parse(self, text: str) -> Arch:
        """The canonical architecture named `text`; raises SearchError if it names none of this space."""

    def describe(self, arch: Arch) -> str:
        """The architecture in words, one line."""

    def input_shape(self, arch: Arch, channels: int = 1) -> tuple[int, int, int, int]:
        """[1, H, W, C] of the network's input."""

    def graph(self, arch: Arch, classes: int, channels: int = 1) -> Graph:
        """The op records that the exported network has; torch is not needed."""

    def network(self, arch: Arch, classes: int, channels: int = 1) -> torch.nn.Module:
        """The network with torch's default weights: [N, channels, H, W] in, logits [N, classes] out."""


def space_names() -> list[str]:
    """Names of all search spaces, sorted."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def load_space(name: str) -> Space:
    """The search space `name`; raises SearchError with the near and the valid names."""
    if name not in space_names():
        raise unknown_name("search space", name, space_names())
    return cast(Space, importlib.import_module(f"{__name__}.{name}"))


def space_name(space: Space) -> str:
    """The name by which `load_space` finds `space`."""
    return space.__name__.rpartition(".")[2]


def random_choices(genes: Sequence[Gene], rng: np.random.Generator) -> Arch:
    """One choice a gene, each drawn uniformly."""
    return tuple(int(rng.integers(len(gene.choices))) for gene in genes)
