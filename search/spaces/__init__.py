"""Search spaces: an architecture is a tuple of choices, one a gene; a space turns it into op records or a network.

Every module in this folder is a space, named after its file, and has the members of `Space` at its top level. One that
can be searched for a board is `deployable` and has those of `DeployableSpace` too; the others only rank architectures
of published benchmarks.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from search.errors import SearchError, unknown_name
from search.hardware.ops import Graph
from search.layers import Layer

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
    def deployable(self) -> bool:
        """Whether it emits op records, so is a DeployableSpace."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of published tables that, joined by `_`, are the id of an architecture."""

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
        """The architecture named `text`, as `canonical` gives it; raises SearchError if it names none of this space."""

    def describe(self, arch: Arch) -> str:
        """The architecture in words, one line."""

    def input_shape(self, arch: Arch, channels: int = 1) -> tuple[int, int, int, int]:
        """[1, H, W, C] of the network's input."""

    def layers(self, arch: Arch, classes: int, channels: int = 1) -> tuple[Layer, ...]:
        """What closed-form proxies count; torch is not needed."""

    def shortest_path(self, arch: Arch) -> float:
        """Convolutions on the path from input to output that has the fewest; infinite if there is none."""

    def network(self, arch: Arch, classes: int, channels: int = 1, thin: bool = False) -> torch.nn.Module:
        """The network with torch's default weights: [N, channels, H, W] in, logits [N, classes] out.

        thin: with fewer channels or layers, as the space tells, for proxies that rank as well on a smaller network. Its
        method `block_modules` lists the modules whose outputs end a block.
        """


class DeployableSpace(Space, Protocol):
    """A space whose architectures can be exported and run on a board."""

    def graph(self, arch: Arch, classes: int, channels: int = 1) -> Graph:
        """The op records that the exported network has; torch is not needed."""


def space_names() -> list[str]:
    """Names of all search spaces, sorted."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def deployable_names() -> list[str]:
    """Names of the spaces that can be searched for a board, sorted."""
    return [name for name in space_names() if load_space(name).deployable]


def load_space(name: str) -> Space:
    """The search space `name`; raises SearchError with the near and the valid names."""
    if name not in space_names():
        raise unknown_name("search space", name, space_names())
    return cast(Space, importlib.import_module(f"{__name__}.{name}"))


def load_deployable(name: str) -> DeployableSpace:
    """The search space `name`; raises SearchError if there is none or it cannot be deployed."""
    space = load_space(name)
    if not space.deployable:
        raise SearchError(
            f"The space {name} is for ranking only: its networks do not run on a board. "
            f"Take one of: {', '.join(deployable_names())}."
        )
    return cast(DeployableSpace, space)


def space_name(space: Space) -> str:
    """The name by which `load_space` finds `space`."""
    return space.__name__.rpartition(".")[2]


def random_choices(genes: Sequence[Gene], rng: np.random.Generator) -> Arch:
    """One choice a gene, each drawn uniformly."""
    return tuple(int(rng.integers(len(gene.choices))) for gene in genes)
