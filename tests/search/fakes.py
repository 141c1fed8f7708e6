"""A hardware estimate that is quick and can be sent to worker processes."""

from __future__ import annotations

from dataclasses import dataclass

from search.hardware.estimate import Estimate
from search.hardware.ops import Graph, macs


@dataclass(frozen=True)
class FakeEstimator:
    """Arena: the largest activation. Flash: 100 bytes an operation. Count: MACs, None without `counts`."""

    counts: bool = True

    def __call__(self, graph: Graph) -> Estimate:
        total = sum(macs(graph, op) for op in graph.ops)
        arena = max(tensor.bytes for tensor in graph.tensors)
        return Estimate(arena, 100 * len(graph.ops), total if self.counts else None, total)


def silent(done: int, total: int, what: str) -> None:
    """A progress callback that shows nothing."""
