"""Operations worth measuring: a board in; what search spaces and common models make it run, each once, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from device_profiles import Board
from search.hardware.common_models import common_models
from search.hardware.lowering import Step, lower
from search.hardware.ops import Graph
from search.hardware.record import Record
from search.spaces import deployable_names, load_deployable
from toolchain.bench.operation import isolate

ARCHITECTURES = 150  # drawn from every space
CLASSES, CHANNELS = (2, 10, 12), (1, 3)
SEED = 20


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its own graph, the step that a board makes of it, and how many networks' worth of it there is."""

    graph: Graph
    step: Step
    uses: int

    @property
    def record(self) -> Record:
        return self.step.record


def networks(rng: np.random.Generator, architectures: int) -> Iterator[Graph]:
    """`architectures` random networks of every space."""
    for name in deployable_names():
        space = load_deployable(name)
        for index in range(architectures):
            classes, channels = CLASSES[index % len(CLASSES)], CHANNELS[index % len(CHANNELS)]
            yield space.graph(space.sample(rng), classes, channels)


def operations(board: Board, architectures: int = ARCHITECTURES) -> list[Operation]:
    """Every different operation of random networks and common models, as `board` runs them; the same each time."""
    found: dict[Record, tuple[Graph, Step]] = {}
    uses: Counter[Record] = Counter()
    rng = np.random.default_rng(SEED)
    for graph in (*common_models().values(), *networks(rng, architectures)):
        for step in lower(graph, board.cpu.kernels).steps:
            found.setdefault(step.record, (graph, step))
            uses[step.record] += 1
    return [Operation(isolate(graph, step), step, uses[record]) for record, (graph, step) in found.items()]
