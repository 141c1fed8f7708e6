"""The latency model of a board that has not been calibrated: coefficients of every family of kernels, as stated here.

prior.json: instructions, fitted to operations that ran on emulated cores (gcc 12, -O2): Cortex-M kernels on the core
that they are for, `scalar` on RV32IMAC, `ref` on a Cortex-M4. On other cores `ref` takes a factor, and so does any
count that is not of instructions. Calibration of a board replaces it all.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from device_profiles import Board
from search.hardware.features import FAMILIES
from search.hardware.latency import Z_90, FamilyModel, LatencyModel

TABLE = Path(__file__).with_name("prior.json")

#: What the instructions of the reference kernels are on a core to those on a Cortex-M4.
REF_FACTOR = {"cortex-m0plus": 1.6, "cortex-m0": 1.6, "rv32imac": 1.1}
CYCLES_PER_INSTRUCTION = 1.4
ERROR = 0.25  # relative, of an operation


@cache
def table() -> dict[str, tuple[float, ...]]:
    """{family: instructions for each unit of its features, in their order}, of the families that the table has."""
    known = json.loads(TABLE.read_text())
    return {
        family.name: tuple(float(known[family.name].get(name, 0.0)) for name in family.features)
        for family in FAMILIES
        if family.name in known
    }


def prior(board: Board, kind: str | None = None) -> LatencyModel | None:
    """The prior of `board` in `kind`, its own timing kind if None; None if it has none (the host port)."""
    kind = kind or board.timing.kind
    if kind is None:
        return None
    cost = 1.0 if kind == "instructions" else CYCLES_PER_INSTRUCTION
    ref = REF_FACTOR.get(board.cpu.core, 1.0)
    families = {
        name: FamilyModel(
            tuple(value * cost * (ref if name.startswith("ref ") else 1) for value in coefficients), ERROR
        )
        for name, coefficients in table().items()
    }
    source = f"prior: instructions of emulated cores times {cost:g}, not calibrated (± {Z_90 * ERROR:.0%})"
    return LatencyModel(kind, families, source, calibrated=False)
