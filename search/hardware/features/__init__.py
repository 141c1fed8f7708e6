"""Features: a record and the kernel that runs it in; what that kernel does, counted, out.

A latency is a sum of non-negative coefficients times these counts. Kernels without a family of their own take that of
their kind of operation, `any`, so that a new kernel is predicted before somebody has read its loops.
"""

from __future__ import annotations

from functools import lru_cache

from search.hardware.features import cortex_m_dsp, helium, ref, scalar
from search.hardware.features.family import Family
from search.hardware.features.windows import windows
from search.hardware.record import WINDOWED, Record

__all__ = ["ANY", "FAMILIES", "Family", "any_counts", "counts", "family_of"]


#: What `any_counts` counts, of whatever kernel.
ANY = ("macs", "taps inside", "outputs", "inputs", "calls")


def any_counts(record: Record, _: str = "") -> tuple[float, ...]:
    """What any kernel has to do for `record`."""
    taps = windows(record).taps * record.output[2] if record.kind in WINDOWED else 0
    return record.macs, taps, record.output_elements, record.input_elements, 1


FAMILIES: tuple[Family, ...] = (*ref.FAMILIES, *cortex_m_dsp.FAMILIES, *helium.FAMILIES, *scalar.FAMILIES)


@lru_cache(maxsize=1024)
def family_of(variant: str) -> Family:
    """The family of the kernel called `variant`."""
    name = variant.removeprefix("mcn_")
    fitting = [(len(start), family) for family in FAMILIES for start in family.variants if name.startswith(start)]
    if not fitting:
        return Family(f"any {name}", (name,), ANY, any_counts)
    return max(fitting, key=lambda pair: pair[0])[1]


@lru_cache(maxsize=65_536)
def counts(variant: str, record: Record) -> tuple[float, ...]:
    """What the kernel called `variant` does for `record`, in the order of its family's features."""
    return tuple(map(float, family_of(variant).count(record, variant)))
