"""The latency model of a board that has not been calibrated: stated figures for each kernel variant, from MACs and bytes.

Counts are instructions of the Cortex-M4 build (gcc 12, -O2), rounded from single runs in an emulator; other cores take a
factor. For a real board, which counts cycles, an instruction is taken as 1.4 cycles. Calibration replaces all of it.
"""

from __future__ import annotations

from device_profiles import Board
from search.hardware.latency import LatencyModel

#: {variant: (per multiply-accumulate, per output element, per input byte read, per operation)}
INSTRUCTIONS = {
    "mcn_conv_2d_ref": (8.0, 60.0, 0.0, 500.0),
    "mcn_depthwise_conv_2d_ref": (12.0, 60.0, 0.0, 500.0),
    "mcn_fully_connected_ref": (6.0, 60.0, 0.0, 500.0),
    "mcn_add_ref": (0.0, 80.0, 0.0, 300.0),
    "mcn_average_pool_2d_ref": (0.0, 60.0, 10.0, 500.0),
    "mcn_max_pool_2d_ref": (0.0, 20.0, 10.0, 500.0),
    "mcn_mean_ref": (0.0, 60.0, 8.0, 500.0),
    "mcn_softmax_ref": (0.0, 600.0, 0.0, 500.0),
}
OTHER = (10.0, 30.0, 0.0, 500.0)

#: How many instructions a core needs for one of the Cortex-M4.
CORE_FACTOR = {"cortex-m0plus": 1.8, "cortex-m0": 1.8, "rv32imac": 1.2}
CYCLES_PER_INSTRUCTION = 1.4


def prior(board: Board) -> LatencyModel | None:
    """The prior of `board` in its own timing kind; None if it has none (the host port)."""
    kind = board.timing.kind
    if kind is None:
        return None
    factor = CORE_FACTOR.get(board.cpu.core, 1.0) * (1.0 if kind == "instructions" else CYCLES_PER_INSTRUCTION)

    def scaled(row: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(value * factor for value in row)

    return LatencyModel(
        kind,
        {name: scaled(row) for name, row in INSTRUCTIONS.items()},
        scaled(OTHER),
        f"prior: Cortex-M4 instructions times {factor:g}, not calibrated",
    )
