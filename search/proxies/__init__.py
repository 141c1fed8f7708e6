"""Zero-cost proxies: scores of an untrained network that should rank it as training would.

Every module in this folder registers one function by `@proxy`; the function is the mathematics alone. What it works on
(a network, a batch, gradients ...) it names in `needs`, and search.candidate makes it. A new proxy is a new file.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from search.errors import unknown_name

Direction = Literal["higher", "lower"]

#: What a proxy may need: attributes of search.candidate.Candidate, told there.
NEEDS = frozenset(
    {
        "all_images",
        "backward",
        "batches",
        "blocks",
        "forward",
        "generator",
        "gradients",
        "labelled_batches",
        "layers",
        "network",
        "network_without_norm",
        "relu_signs",
        "shortest_path",
        "thin_network",
    }
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A registered proxy. `score` takes what `needs` names, in that order; `direction` says which scores are better."""

    name: str
    direction: Direction
    needs: tuple[str, ...]
    score: Callable[..., float]

    @property
    def needs_labels(self) -> bool:
        """Whether the score depends on the images' labels."""
        return bool(set(self.needs) & {"backward", "gradients", "labelled_batches"})

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.score.__doc__ or "").strip().partition("\n")[0]


_registry: dict[str, Proxy] = {}


def proxy(*, name: str, direction: Direction, needs: tuple[str, ...]) -> Callable[[Callable[..., float]], Proxy]:
    """Register the decorated function as proxy `name`; raises ValueError if the name is taken or a need is unknown."""
    if name in _registry:
        raise ValueError(f"proxy '{name}' is registered twice")
    if unknown := set(needs) - NEEDS:
        raise ValueError(f"proxy '{name}' needs {sorted(unknown)}; there is {sorted(NEEDS)}")

    def register(function: Callable[..., float]) -> Proxy:
        _registry[name] = Proxy(name, direction, needs, function)
        return _registry[name]

    return register


@cache
def _registered() -> dict[str, Proxy]:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith("_"):
            importlib.import_module(f"{__name__}.{path.stem}")
    return _registry


def proxy_names() -> list[str]:
    """Names of all proxies, sorted."""
    return sorted(_registered())


def get_proxy(name: str) -> Proxy:
    """The proxy `name`; raises SearchError with the near and the valid names."""
    if name not in _registered():
        raise unknown_name("proxy", name, _registered())
    return _registered()[name]
