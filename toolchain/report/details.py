"""What a run knows beyond its verdict and report.html shows: the search, the training, the export, the provenance."""

from __future__ import annotations

from dataclasses import dataclass, field

from device_profiles import TimingKind
from toolchain.compile.memory_map import Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """An architecture that was scored. score: the proxies' aggregate. count: predicted, None without a timing kind."""

    name: str
    score: float
    count: int | None
    arena_bytes: int
    flash_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A hard limit. name: its key in the configuration. value: at most this, in `unit`.

    rejected: share of random candidates that it alone rejects.
    """

    name: str
    value: int | float
    rejected: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """What the search saw. front: names of the Pareto front; pick: the name of the one taken, explanation: why.

    description: the pick in words. random: how many random architectures the rejected shares are of.
    """

    space: str
    strategy: str
    proxies: tuple[str, ...]
    kind: TimingKind | None
    candidates: tuple[Candidate, ...]
    front: tuple[str, ...]
    pick: str
    explanation: str
    description: str = ""
    limits: tuple[Limit, ...] = ()
    random: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One figure that was held against a bound. `text` names both steps, e.g. 'torch against ONNX'."""

    text: str
    figure: str
    passed: bool = True


@dataclass(frozen=True, slots=True)
class Details:
    """Everything optional of report.html. facts and training: (what, value) in the order in which they are shown.

    arena: the memory map of the program.
    """

    title: str = "Report"
    search: Search | None = None
    training: tuple[tuple[str, str], ...] = ()
    checks: tuple[Check, ...] = ()
    facts: tuple[tuple[str, str], ...] = field(default=())
    arena: tuple[Span, ...] = ()
