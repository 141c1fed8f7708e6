"""The latency model of a board that has not been calibrated: stated figures for every family of kernels.

Fitted once to 22 random networks and two reference models, run as instructions on an emulated Cortex-M4 (gcc 12, -O2);
other cores take a factor. For a board that counts cycles, an instruction is taken as 1.4. Calibration replaces it all.
"""

from __future__ import annotations

from device_profiles import Board
from search.hardware.latency import LatencyModel
from search.hardware.variants import VARIANTS, Variant

#: {kernel folder: {beginning of a variant's name: coefficients of latency.FEATURES}}; the longest beginning holds.
INSTRUCTIONS: dict[str, dict[str, tuple[float, ...]]] = {
    "ref": {
        "conv_2d": (5.8, 91, 29, 2.1, 0, 400),
        "depthwise_conv_2d": (17.7, 137, 0, 6.2, 0, 0),
        "fully_connected": (5.9, 53, 0, 0.7, 0, 0),
        "add": (0, 83, 0, 0, 0, 190),
        "average_pool_2d": (0, 0, 20, 0, 0, 0),
        "max_pool_2d": (0, 0, 20, 0, 0, 0),
        "mean": (0, 39, 0, 7, 0, 27),
        "softmax": (0, 36, 0, 0, 0, 1350),
    },
    "cortex_m_dsp": {
        "conv_2d": (0.57, 11.7, 0.06, 3.6, 0, 3000),
        "conv_2d_1x1": (0.70, 7, 0, 1.4, 0, 670),
        "depthwise_conv_2d": (1.4, 0, 0, 7.7, 248, 3500),
        "depthwise_conv_2d_3x3": (1.3, 0, 0, 0, 45, 4300),
        "depthwise_conv_2d_3x3_s2": (1.44, 0, 0, 2.2, 50, 1900),
        "fully_connected": (0.53, 17.3, 0, 4.1, 0, 0),
        "add": (0, 12.3, 0, 0, 0, 150),
        "average_pool_2d": (0, 0, 1.9, 0, 0, 200),
        "max_pool_2d": (0, 0, 1.9, 0, 0, 200),
        "mean": (0, 43, 0, 1.5, 0, 25),
    },
    "helium": {  # on an emulated Cortex-M55, 9 networks
        "conv_2d": (0.054, 6.6, 0.14, 1.9, 0, 470),
        "conv_2d_1x1": (0.073, 5.1, 0, 0.84, 0, 0),
        "depthwise_conv_2d_3x3": (0.31, 0, 0, 0, 73, 9600),
        "depthwise_conv_2d_3x3_s2": (0.22, 0, 0, 0, 187, 0),
        "fully_connected": (0.14, 11, 0, 0.3, 0, 120),
        "add": (0, 4.75, 0, 0, 0, 70),
        "average_pool_2d": (0, 30, 0, 0.6, 0, 200),
        "max_pool_2d": (0, 20, 0, 0.5, 0, 200),
        "mean": (0, 6.9, 0, 0.63, 0, 33),
    },
}
OTHER = (10.0, 30.0, 0.0, 0.0, 0.0, 500.0)

#: Instructions that a core needs for one of the Cortex-M4.
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

    rows = {variant.name: scaled(_row(variant)) for variant in VARIANTS}
    return LatencyModel(kind, rows, scaled(OTHER), f"prior: Cortex-M4 instructions times {factor:g}, not calibrated")


def _row(variant: Variant) -> tuple[float, ...]:
    family = variant.name.removeprefix("mcn_")
    table = INSTRUCTIONS.get(variant.folder, {})
    fitting = [name for name in table if family.startswith(name)]
    return table[max(fitting, key=len)] if fitting else OTHER
