"""The flash model: the bytes of an image as a sum of parts, without compiling it.

Every kernel lies in a section of its own with fixed alignment and there is no link-time optimisation, so an image
is the sum of what it links. The parts' sizes come from a size table, one JSON file a board, made by `mcunas sizes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from search.hardware.lowering import Program, Step
from search.hardware.record import Record

TABLES = Path(__file__).parent / "sizes"

#: sizeof of each args record of firmware/include/mcunas/kernel.h with 32-bit pointers; model.c asserts them.
ARGS_BYTES = {
    "mcn_conv_t": 56,
    "mcn_fully_connected_t": 40,
    "mcn_add_t": 40,
    "mcn_pool_t": 32,
    "mcn_mean_t": 28,
    "mcn_softmax_t": 28,
    "mcn_pad_t": 28,
    "mcn_quantize_t": 28,
    "mcn_binary_t": 64,
    "mcn_lookup_t": 16,
    "mcn_concatenation_t": 20,
    "mcn_slice_t": 32,
    "mcn_resize_t": 24,
    "mcn_mean_over_axes_t": 36,
}
STEP_BYTES = 8  # sizeof(mcn_step_t)
SPAN_BYTES = 8  # sizeof(mcn_span_t)
MODEL_BYTES = 52  # sizeof(mcn_model_t)


@dataclass(frozen=True, slots=True)
class SizeTable:
    """What each part of an image of one board takes, in bytes.

    base: sections of an image without kernels (startup, engine, app, libc). kernels[variant], libc[variant]: what
    linking it adds, by object file and by library member; what two variants share is counted once.
    stack_bytes[variant]: bound of the stack of an image with it. ram_bytes: .data + .bss of an image without a model.
    """

    base: Mapping[str, int]
    kernels: Mapping[str, Mapping[str, int]]
    libc: Mapping[str, Mapping[str, int]]
    stack_bytes: Mapping[str, int]
    ram_bytes: int

    def flash_sections(self, program: Program) -> dict[str, int]:
        """Bytes of every flash section of the image of `program`."""
        used = {step.variant.name for step in program.steps}
        return {
            **self.base,
            "kernels": _union(self.kernels, used),
            "model": model_bytes(program),
            "libc": self.base["libc"] + _union(self.libc, used),
        }

    def flash_bytes(self, program: Program) -> int:
        return sum(self.flash_sections(program).values())

    def stack_bound_bytes(self, program: Program) -> int:
        """Bound of the stack of the image of `program`."""
        return max(self.stack_bytes[step.variant.name] for step in program.steps)

    def firmware_ram_bytes(self, program: Program) -> int:
        """.data, .bss, arena and stack bound of the image of `program`."""
        profile = 4 * len(program.steps)
        return self.ram_bytes + profile + program.arena_bytes + self.stack_bound_bytes(program)


def _union(parts: Mapping[str, Mapping[str, int]], used: Iterable[str]) -> int:
    merged: dict[str, int] = {}
    for name in used:
        merged.update(parts[name])
    return sum(merged.values())


class NoSizeTable(Exception):
    """The board has no size table."""


def load_size_table(board: str) -> SizeTable:
    """The size table of `board`. Raises NoSizeTable."""
    path = TABLES / f"{board}.json"
    if not path.is_file():
        raise NoSizeTable(f"No size table for board '{board}' ({path.name}). Make one: mcunas sizes --board {board}")
    data = json.loads(path.read_text())
    return SizeTable(data["base"], data["kernels"], data["libc"], data["stack_bytes"], data["ram_bytes"])


def model_bytes(program: Program) -> int:
    """Bytes of the model's constants in flash: weights, per-channel data, args records and tables."""
    spans = len(program.graph.inputs) + len(program.graph.outputs)
    return MODEL_BYTES + SPAN_BYTES * spans + sum(_step_bytes(step) for step in program.steps)


_KNOWN_BYTES: dict[tuple[str, Record], int] = {}


def _step_bytes(step: Step) -> int:
    key = (step.variant.name, step.record)
    if key not in _KNOWN_BYTES:
        arrays = sum(-(-size // 4) * 4 for size in step.variant.array_bytes(step.record))
        _KNOWN_BYTES[key] = STEP_BYTES + ARGS_BYTES[step.variant.args] + arrays
    return _KNOWN_BYTES[key]
