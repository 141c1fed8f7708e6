"""Lowering: a graph of op records in, the steps that the engine runs and a memory plan out.

RESHAPE costs nothing (its output is its input's buffer); a PAD before a convolution without padding becomes that
convolution's padding; each output of a SPLIT is a step; an operation whose kernel allows it writes over its input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from search.hardware import arena
from search.hardware.ops import Graph, Op, Tensor
from search.hardware.record import Pads, Record, record_of
from search.hardware.variants import Variant, select

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


@dataclass(frozen=True, slots=True)
class Step:
    """One operation as the engine runs it.

    op_index: the graph op that gives the attributes and weights. op_indices: all graph ops that it carries out.
    inputs, output: indices of graph tensors (of their buffers, see Program.buffer_of).
    """

    op_index: int
    op_indices: tuple[int, ...]
    inputs: tuple[int, ...]
    output: int
    record: Record
    variant: Variant


@dataclass(frozen=True, slots=True)
class Program:
    """Steps in the order in which they run, and where everything lies in the arena.

    buffer_tensors[b]: the tensor that buffer b holds first, None if b is scratch.
    tensor_offsets[t]: arena offset of graph tensor t, None if no step touches it.
    scratch_offsets[s]: arena offset of step s's scratch, 0 if it has none.
    """

    graph: Graph
    steps: tuple[Step, ...]
    buffers: tuple[arena.Buffer, ...]
    buffer_tensors: tuple[int | None, ...]
    leads: arena.Leads
    plan: arena.Plan
    tensor_offsets: tuple[int | None, ...]
    scratch_offsets: tuple[int, ...]

    @property
    def arena_bytes(self) -> int:
        return self.plan.arena_bytes


def _consumers(graph: Graph) -> list[list[int]]:
    readers: list[list[int]] = [[] for _ in graph.tensors]
    for index, op in enumerate(graph.ops):
        for tensor in op.inputs:
            readers[tensor].append(index)
    return readers


def _foldable_pads(graph: Graph) -> dict[int, int]:
    """{convolution: PAD} for every PAD of height and width whose only reader is a convolution without padding."""
    readers = _consumers(graph)
    folds = {}
    for index, op in enumerate(graph.ops):
        if op.kind != "PAD" or len(op.pads) != 4 or op.pads[0] != (0, 0) or op.pads[3] != (0, 0):
            continue
        users = readers[op.outputs[0]]
        if len(users) != 1 or op.outputs[0] in graph.outputs:
            continue
        reader = graph.ops[users[0]]
        if reader.kind in CONVOLUTIONS and reader.padding == "valid" and max(op.pads[1][0], op.pads[2][0]) <= 255:
            folds[users[0]] = index
    return folds


def _steps(graph: Graph, folders: tuple[str, ...]) -> list[Step]:
    folds = _foldable_pads(graph)
    steps = []
    for index, op in enumerate(graph.ops):
        if op.kind == "RESHAPE" or index in folds.values():
            continue
        if index in folds:
            steps.append(_folded_step(graph, index, folds[index], folders))
        else:
            inputs = tuple(graph.tensors[tensor] for tensor in op.inputs)
            record, variant = _kernel_of(_attributes(op), inputs, graph.tensors[op.outputs[0]], folders)
            steps += [Step(index, (index,), op.inputs, output, record, variant) for output in op.outputs]
    return steps


#: All of an operation but its place in a graph.
_ATTRIBUTES = tuple(field.name for field in fields(Op) if field.name not in ("inputs", "outputs"))
_attributes = attrgetter(*_ATTRIBUTES)


@lru_cache(maxsize=65_536)  # a search asks for the same few thousand operations again and again
def _kernel_of(
    attributes: tuple[Any, ...], inputs: tuple[Tensor, ...], output: Tensor, folders: tuple[str, ...]
) -> tuple[Record, Variant]:
    """The record of an operation that reads and writes such tensors, and the kernel that runs it."""
    numbers = tuple(range(len(inputs)))
    op = Op(inputs=numbers, outputs=(len(inputs),), **dict(zip(_ATTRIBUTES, attributes, strict=True)))
    record = record_of(Graph((*inputs, output), (op,), numbers, op.outputs), op)
    return record, select(record, folders)


_KNOWN_MEMORY: dict[tuple[str, Record], tuple[int, int | None]] = {}


def _memory_of(step: Step) -> tuple[int, int | None]:
    """(scratch bytes, lead) of a step's kernel."""
    key = (step.variant.name, step.record)
    if key not in _KNOWN_MEMORY:
        _KNOWN_MEMORY[key] = step.variant.scratch_bytes(step.record), step.variant.lead(step.record)
    return _KNOWN_MEMORY[key]


def _folded_step(graph: Graph, index: int, pad_index: int, folders: tuple[str, ...]) -> Step:
    op, pad = graph.ops[index], graph.ops[pad_index]
    pads: Pads = (pad.pads[1], pad.pads[2])
    record = record_of(graph, replace(op, inputs=pad.inputs), pads)
    return Step(index, (pad_index, index), pad.inputs, op.outputs[0], record, select(record, folders))


class _Buffers:
    """Which tensors share a buffer (RESHAPE), how long each buffer lives, and which may be written over which."""

    def __init__(self, graph: Graph, steps: Sequence[Step]) -> None:
        self.graph = graph
        self.parent = list(range(len(graph.tensors)))
        for op in graph.ops:
            if op.kind == "RESHAPE":
                self.parent[op.outputs[0]] = self.root(op.inputs[0])
        self.first: dict[int, int] = {self.root(t): 0 for t in graph.inputs}
        self.last: dict[int, int] = {self.root(t): 0 for t in graph.inputs}
        for position, step in enumerate(steps):
            self.first.setdefault(self.root(step.output), position)
            for tensor in (*step.inputs, step.output):
                self.last[self.root(tensor)] = position
        for tensor in graph.outputs:
            self.last[self.root(tensor)] = len(steps)
        self.roots = sorted(self.first)

    def root(self, tensor: int) -> int:
        while self.parent[tensor] != tensor:
            tensor = self.parent[tensor]
        return tensor

    def same_size(self, a: int, b: int) -> bool:
        return self.graph.tensors[a].bytes == self.graph.tensors[b].bytes

    def buffers(self) -> list[arena.Buffer]:
        return [arena.Buffer(self.graph.tensors[r].bytes, self.first[r], self.last[r]) for r in self.roots]

    def leads(self, steps: Sequence[Step], allowed: Sequence[int | None]) -> dict[tuple[int, int], int]:
        """Pairs of buffers that may overlap: an input that dies at a step whose kernel can write over it.

        allowed: the lead of each step.
        """
        pairs = {}
        number = {root: index for index, root in enumerate(self.roots)}
        for position, step in enumerate(steps):
            lead = allowed[position]
            if lead is None or self.first[self.root(step.output)] != position:
                continue
            for tensor in step.inputs:
                source, target = self.root(tensor), self.root(step.output)
                smaller = step.variant.in_place and not self.same_size(tensor, step.output)  # an operand is repeated
                if self.last[source] == position and source != target and not smaller:
                    pairs[number[source], number[target]] = lead
        return pairs


def lower(graph: Graph, folders: tuple[str, ...], settle: Callable[[Step], Variant] | None = None) -> Program:
    """Choose kernels and plan memory for `graph` on a core with kernel folders `folders` (best first).

    settle: what the compiler replaces a step's variant by once it knows the weights.
    """
    steps = _steps(graph, folders)
    if settle is not None:
        steps = [replace(step, variant=settle(step)) for step in steps]
    shared = _Buffers(graph, steps)
    buffers = shared.buffers()
    scratch_index: dict[int, int] = {}
    memory = [_memory_of(step) for step in steps]
    for position, (size, _) in enumerate(memory):
        if size:
            scratch_index[position] = len(buffers)
            buffers.append(arena.Buffer(size, position, position))
    leads = shared.leads(steps, [lead for _, lead in memory])
    plan = arena.plan(buffers, leads)
    place = {root: plan.offsets[i] for i, root in enumerate(shared.roots)}
    return Program(
        graph,
        tuple(steps),
        tuple(buffers),
        (*shared.roots, *(None for _ in scratch_index)),
        leads,
        plan,
        tuple(place.get(shared.root(t)) for t in range(len(graph.tensors))),
        tuple(plan.offsets[scratch_index[p]] if p in scratch_index else 0 for p in range(len(steps))),
    )
