"""The arena planner: buffers with sizes and lifetimes in, an offset for each out.

Offline dynamic storage allocation: two buffers that live at the same time must not share bytes, and the end of the
highest buffer is to be as low as possible. Several greedy orders are tried and the best plan is kept.

The one exception is an operation whose kernel may write over its own input: there the output may overlap the input if
it starts at least `lead` bytes before it (0: at the same byte), so that every byte is read before it is written; or
only if both start at the same byte (SAME_START), for a kernel that does not run through its input in one pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 16  # bytes; as the arena itself

SAME_START = -1  # a lead: input and output overlap only if they start at the same byte

#: {(input buffer, output buffer): lead in bytes} of operations that may write over their input.
Leads = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Buffer:
    """`bytes` of arena needed from step `first` to step `last`, both included."""

    bytes: int
    first: int
    last: int

    def overlaps(self, other: Buffer) -> bool:
        """Whether both are alive at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Plan:
    """offsets[i] of buffer i, and the arena's size; all in bytes."""

    offsets: tuple[int, ...]
    arena_bytes: int


def aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def lower_bound(buffers: Sequence[Buffer], leads: Leads | None = None) -> int:
    """Bytes that no plan can do without: the most that is alive at any one step.

    Of an input and the output written over it only the larger counts.
    """
    need = [0] * (max((b.last for b in buffers), default=-1) + 1)
    for buffer in buffers:
        size = aligned(buffer.bytes)
        for step in range(buffer.first, buffer.last + 1):
            need[step] += size
    for pair in leads or {}:
        source, target = (buffers[index] for index in pair)
        shared = min(aligned(source.bytes), aligned(target.bytes))
        for step in range(max(source.first, target.first), min(source.last, target.last) + 1):
            need[step] -= shared
    return max(need, default=0)


def _forbidden(index: int, other: int, at: int, buffers: Sequence[Buffer], leads: Leads) -> list[tuple[int, int]]:
    """Ranges start <= x < end of offsets that buffer `index` cannot have while `other` lies at offset `at`."""
    start, end = at - aligned(buffers[index].bytes) + 1, at + aligned(buffers[other].bytes)
    if SAME_START in (leads.get((other, index)), leads.get((index, other))):
        return [(start, at), (at + 1, end)]
    if (other, index) in leads:  # index is written over other: anywhere at or below at - lead is safe
        start = max(start, at - aligned(leads[other, index]) + 1)
    elif (index, other) in leads:  # other is written over index
        end = min(end, at + aligned(leads[index, other]))
    return [(start, end)]


class _Space:
    """What every order of placement works with: aligned sizes, and who lives at the same time as whom."""

    def __init__(self, buffers: Sequence[Buffer], leads: Leads) -> None:
        self.buffers, self.leads = buffers, leads
        self.sizes = [aligned(buffer.bytes) for buffer in buffers]
        self.rivals: list[list[int]] = [[] for _ in buffers]
        alive: list[int] = []
        for index in sorted(range(len(buffers)), key=lambda i: buffers[i].first):
            first = buffers[index].first
            alive = [other for other in alive if buffers[other].last >= first]
            for other in alive:
                self.rivals[index].append(other)
                self.rivals[other].append(index)
            alive.append(index)
        self.sharing = {pair for source, target in leads for pair in ((source, target), (target, source))}

    def place(self, order: Iterable[int]) -> Plan:
        """Give each buffer in turn the lowest offset that is free."""
        sizes, offsets = self.sizes, [-1] * len(self.buffers)
        for index in order:
            below, taken = sizes[index] - 1, []
            for rival in self.rivals[index]:
                at = offsets[rival]
                if at < 0:
                    continue
                if (index, rival) in self.sharing:
                    taken += _forbidden(index, rival, at, self.buffers, self.leads)
                else:
                    taken.append((at - below, at + sizes[rival]))
            taken.sort()
            offset = 0
            for start, end in taken:
                if start > offset:
                    break
                if end > offset:
                    offset = end
            offsets[index] = offset
        return Plan(tuple(offsets), max(map(int.__add__, offsets, sizes), default=0))


def _orders(buffers: Sequence[Buffer]) -> Iterable[list[int]]:
    """Orders of placement that do well on networks: largest first, in time, against time, longest-lived first."""
    everything = range(len(buffers))
    yield sorted(everything, key=lambda i: (-buffers[i].bytes, buffers[i].first, i))
    yield sorted(everything, key=lambda i: (-buffers[i].bytes, -buffers[i].first, i))
    yield sorted(everything, key=lambda i: (buffers[i].first, -buffers[i].bytes, i))
    yield sorted(everything, key=lambda i: (-buffers[i].last, -buffers[i].bytes, i))
    yield sorted(everything, key=lambda i: (buffers[i].first - buffers[i].last, -buffers[i].bytes, i))
    yield sorted(everything, key=lambda i: ((buffers[i].first - buffers[i].last - 1) * buffers[i].bytes, i))


def plan(buffers: Sequence[Buffer], leads: Leads | None = None) -> Plan:
    """The best of the greedy plans. Deterministic; ties go to the order tried first."""
    leads = leads or {}
    bound = lower_bound(buffers, leads)
    space = _Space(buffers, leads)
    best: Plan | None = None
    for order in _orders(buffers):
        candidate = space.place(order)
        if best is None or candidate.arena_bytes < best.arena_bytes:
            best = candidate
        if best.arena_bytes <= bound:
            break
    return best if best is not None else Plan((), 0)


def check(buffers: Sequence[Buffer], result: Plan, leads: Leads | None = None) -> None:
    """Prove a plan, without the planner's own reasoning: no live byte is ever overwritten.

    Raises ValueError naming the buffers, the step and the byte.
    """
    for index, (buffer, offset) in enumerate(zip(buffers, result.offsets, strict=True)):
        if offset < 0 or offset % ALIGNMENT or offset + buffer.bytes > result.arena_bytes:
            raise ValueError(f"buffer {index} at {offset} leaves the arena of {result.arena_bytes} B")
    spans = [range(o, o + b.bytes) for o, b in zip(result.offsets, buffers, strict=True)]
    for step in sorted({b.first for b in buffers} | {b.last for b in buffers}):
        alive = [i for i, b in enumerate(buffers) if b.first <= step <= b.last]
        for position, a in enumerate(alive):
            for b in alive[position + 1 :]:
                byte = max(spans[a].start, spans[b].start)
                if byte < min(spans[a].stop, spans[b].stop) and not _may_share(a, b, spans, leads or {}):
                    raise ValueError(f"buffers {a} and {b} share byte {byte} at step {step}")


def _may_share(a: int, b: int, spans: Sequence[range], leads: Leads) -> bool:
    """Whether one of the two is the output that the operation may write over the other, far enough before it."""
    pairs = [(source, target) for source, target in ((a, b), (b, a)) if (source, target) in leads]
    for source, target in pairs:
        lead, before = leads[source, target], spans[source].start - spans[target].start
        if before == 0 if lead == SAME_START else before >= lead:
            return True
    return False
