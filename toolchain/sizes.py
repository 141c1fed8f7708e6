"""Make a board's size table: link an image without kernels and one with each kernel alone, and note what each adds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from device_profiles import Board
from search.hardware.variants import VARIANTS, Variant
from toolchain.build import Image, linker
from toolchain.elf import map_contributions
from toolchain.errors import BadInput

Progress = Callable[[int, int, str], None]

PROFILE_BYTES = 4  # of the one step that the images below have


def measure_sizes(board: Board, progress: Progress) -> dict[str, Any]:
    """The content of search/hardware/sizes/<board>.json. Raises BadInput for a board that has no image of its own."""
    if not board.firmware.linker_script:
        raise BadInput(f"{board.name} has no flash to fill: a size table is for boards with a linker script.")
    rows = [variant for variant in VARIANTS if variant.folder in board.cpu.kernels]
    with linker(board, sorted({source for variant in rows for source in variant.sources})) as link:
        base = link(_source(None), ())
        assert base.flash_sections is not None
        base_libc = _parts(base, ".libc")
        table: dict[str, Any] = {
            "base": {part: size for part, size in base.flash_sections.items() if part not in ("kernels", "model")},
            "ram_bytes": (base.data_bytes or 0) + (base.bss_bytes or 0) - PROFILE_BYTES,
            "compiler": base.compiler,
            "kernels": {},
            "libc": {},
            "stack_bytes": {},
        }
        for index, variant in enumerate(rows):
            progress(index, len(rows), variant.name)
            image = link(_source(variant), variant.sources)
            grown = {member: size - base_libc.get(member, 0) for member, size in _parts(image, ".libc").items()}
            table["kernels"][variant.name] = _parts(image, ".kernels")
            table["libc"][variant.name] = {member: size for member, size in grown.items() if size}
            table["stack_bytes"][variant.name] = image.stack_bound_bytes
    return table


def _parts(image: Image, section: str) -> dict[str, int]:
    """What each object puts into a section of `image`."""
    return map_contributions((image.elf.parent / "firmware.map").read_text(), section)


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
