"""Make a board's size table: link an image without kernels and one with each kernel alone, and note what each adds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from device_profiles import Board
from search.hardware.variants import VARIANTS, Variant
from toolchain.build import Image, build
from toolchain.elf import map_contributions
from toolchain.errors import BadInput

Progress = Callable[[int, int, str], None]


def measure_sizes(board: Board, progress: Progress) -> dict[str, Any]:
    """The content of search/hardware/sizes/<board>.json. Raises BadInput for a board that has no image of its own."""
    if not board.firmware.linker_script:
        raise BadInput(f"{board.name} has no flash to fill: a size table is for boards with a linker script.")
    rows = [variant for variant in VARIANTS if variant.folder in board.cpu.kernels]
    with TemporaryDirectory(prefix="mcunas-sizes-") as name:
        base, _, base_libc = _linked(board, None, Path(name))
        assert base.flash_sections is not None
        table: dict[str, Any] = {
            "base": {part: size for part, size in base.flash_sections.items() if part not in ("kernels", "model")},
            "ram_bytes": (base.data_bytes or 0) + (base.bss_bytes or 0) - 4,
            "compiler": base.compiler,
            "kernels": {},
            "libc": {},
            "stack_bytes": {},
        }
        for index, variant in enumerate(rows):
            progress(index, len(rows), variant.name)
            image, kernels, libc = _linked(board, variant, Path(name))
            table["kernels"][variant.name] = kernels
            table["libc"][variant.name] = {member: size for member, size in libc.items() if member not in base_libc}
            table["stack_bytes"][variant.name] = image.stack_bound_bytes
    return table


def _linked(board: Board, variant: Variant | None, out: Path) -> tuple[Image, dict[str, int], dict[str, int]]:
    """An image with one kernel or none, and what its objects put into .kernels and .libc."""
    image = build(board, _source(variant), variant.sources if variant else (), out)
    link_map = (out / "firmware.map").read_text()
    return image, map_contributions(link_map, ".kernels"), map_contributions(link_map, ".libc")


def _source(variant: Variant | None) -> str:
    """A model.c of one step that is never run."""
    name = variant.name if variant else "0"
    return "\n".join(
        [
            '#include "mcunas/engine.h"',
            '#include "mcunas/placement.h"',
            f"void {name}(const void *args, uint8_t *arena);" if variant else "",
            f"MCN_MODEL_CONST static const mcn_step_t steps[1] = {{{{{name}, 0}}}};",
            "MCN_MODEL_CONST const mcn_model_t mcn_model = {.steps = steps, .step_count = 1, .arena_bytes = 16};",
            "MCN_ARENA uint8_t mcn_arena[16];",
            "uint32_t mcn_profile[1];",
            "",
        ]
    )
