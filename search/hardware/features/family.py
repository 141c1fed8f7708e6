"""What a family of kernels is: variants whose cost is the same sum of the same features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from search.hardware.record import Record


@dataclass(frozen=True, slots=True)
class Family:
    """Kernels that share coefficients.

    variants: how the names of its kernels begin, `mcn_` left away; the longest beginning of all families holds.
    features: the names of what is counted. count(record, variant): how much of each there is, in that order.
    """

    name: str
    variants: tuple[str, ...]
    features: tuple[str, ...]
    count: Callable[[Record, str], tuple[float, ...]]


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)
