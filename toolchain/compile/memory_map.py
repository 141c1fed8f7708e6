"""The arena over time: a program in; a row for every tensor and scratch, where it lies and when it is alive, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from search.hardware.lowering import Program


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes offset .. offset + bytes of the arena, from step `first` to step `last` (both included).

    what: 'tensor' (its RESHAPEs share the row) or 'scratch'. name: the op that makes it or that it serves, or 'input'.
    """

    what: Literal["tensor", "scratch"]
    name: str
    offset: int
    bytes: int
    first: int
    last: int


def memory_map(program: Program) -> tuple[Span, ...]:
    """All spans of the arena, in order of their first step, then of their offset."""
    makers = {step.output: index for index, step in enumerate(program.steps)}
    spans = []
    for buffer, offset, tensor in zip(program.buffers, program.plan.offsets, program.buffer_tensors, strict=True):
        what: Literal["tensor", "scratch"] = "scratch" if tensor is None else "tensor"
        step = buffer.first if tensor is None else makers.get(tensor)
        name = "input" if step is None else f"{program.steps[step].record.kind} {step}"
        spans.append(Span(what, name, offset, buffer.bytes, buffer.first, buffer.last))
    return tuple(sorted(spans, key=lambda span: (span.first, span.offset)))
