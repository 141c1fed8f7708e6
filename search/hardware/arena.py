"""The arena planner: buffers with sizes and lifetimes in, an offset for each out.

Offline dynamic storage allocation: two buffers that live at the same time must not share bytes, and the end of the
highest buffer is to be as low as possible. Several greedy orders are tried and the best plan is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ALIGNMENT = 16  # bytes; as the arena itself


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


def lower_bound(buffers: Sequence[Buffer]) -> int:
    """Bytes that no plan can do without: the most that is alive at any one step."""
    steps = sorted({b.first for b in buffers})
    return max((sum(aligned(b.bytes) for b in buffers if b.first <= s <= b.last) for s in steps), default=0)


def _place(buffers: Sequence[Buffer], order: Iterable[int]) -> Plan:
    """Give each buffer in turn the lowest gap that holds it."""
    offsets = [0] * len(buffers)
    placed: list[int] = []
    for index in order:
        buffer = buffers[index]
        taken = sorted(
            (offsets[i], offsets[i] + aligned(buffers[i].bytes)) for i in placed if buffers[i].overlaps(buffer)
        )
        offset = 0
        for start, end in taken:
            if start - offset >= buffer.bytes:
                break
            offset = max(offset, end)
        offsets[index] = offset
        placed.append(index)
    return Plan(tuple(offsets), max((o + aligned(b.bytes) for o, b in zip(offsets, buffers, strict=True)), default=0))


def plan(buffers: Sequence[Buffer]) -> Plan:
    """The best of the greedy plans. Deterministic; ties go to the order tried first."""
    bound = lower_bound(buffers)
    orders: tuple[Callable[[int], tuple[int, ...]], ...] = (
        lambda i: (-buffers[i].bytes, buffers[i].first, i),
        lambda i: (buffers[i].first, -buffers[i].bytes, i),
        lambda i: (-(buffers[i].last - buffers[i].first), -buffers[i].bytes, i),
        lambda i: (-(buffers[i].last - buffers[i].first + 1) * buffers[i].bytes, i, 0),
    )
    best: Plan | None = None
    for key in orders:
        candidate = _place(buffers, sorted(range(len(buffers)), key=key))
        if best is None or candidate.arena_bytes < best.arena_bytes:
            best = candidate
        if best.arena_bytes == bound:
            break
    return best if best is not None else Plan((), 0)


def check(buffers: Sequence[Buffer], result: Plan) -> None:
    """Prove a plan, without the planner's own reasoning: no byte belongs to two live buffers at any step.

    Raises ValueError naming the buffers, the step and the byte.
    """
    for step in sorted({b.first for b in buffers} | {b.last for b in buffers}):
        owner: dict[int, int] = {}
        for index, (buffer, offset) in enumerate(zip(buffers, result.offsets, strict=True)):
            if not buffer.first <= step <= buffer.last:
                continue
            if offset < 0 or offset % ALIGNMENT or offset + buffer.bytes > result.arena_bytes:
                raise ValueError(f"buffer {index} at {offset} leaves the arena of {result.arena_bytes} B")
            for byte in range(offset, offset + buffer.bytes):
                if byte in owner:
                    raise ValueError(f"buffers {owner[byte]} and {index} share byte {byte} at step {step}")
                owner[byte] = index
