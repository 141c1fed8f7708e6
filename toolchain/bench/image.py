"""The bench's firmware: a board and the operations to be measured in; an image that can run each of them out.

It holds every kernel of the board's folders, and in flash the constants of the operations, each layout once: what one
operation reads may be the beginning of another's. Operations whose constants do not fit any more are refused.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from device_profiles import Board
from search.hardware.sizes import NoSizeTable, load_size_table
from search.hardware.variants import VARIANTS, Variant
from toolchain.bench.job import ARGS_BYTES, JOB_BYTES, Job, pointer_bytes
from toolchain.bench.layout import layouts
from toolchain.build import Image, build
from toolchain.errors import BadInput

_RESERVE_BYTES = 512  # of RAM for the bench's own variables
_MAX_ARENA_BYTES = 4 << 20
_OWN_CODE_BYTES = 4096  # of the bench itself, and of kernels that are newer than the size table
_CODE_BYTES = 112 << 10  # of everything but constants, where no size table tells
SOURCE = "app/bench.c"


class Constants:
    """The bytes that operations read from flash, in at most `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.data = b""

    @property
    def free_bytes(self) -> int:
        return self.limit_bytes - len(self.data)

    def add(self, arrays: Iterable[bytes]) -> bool:
        """Makes room for `arrays`, False if there is too little."""
        missing = [array for array in dict.fromkeys(arrays) if self._find(array) is None]
        if sum(map(len, missing)) > self.free_bytes:
            return False
        self.data += b"".join(missing)
        return True

    def place(self, array: bytes) -> int:
        """Where `array` lies. Raises BadInput if it was not added."""
        at = self._find(array)
        if at is None:
            raise BadInput(
                f"The operation reads {len(array):,} B of constants that are not in the bench's flash (it holds "
                f"{len(self.data):,} B, {self.free_bytes:,} B are free). Give the operation to the "
                "bench before it is built, or measure a smaller one."
            )
        return at

    def _find(self, array: bytes) -> int | None:
        at = self.data.find(array)
        while at % 4 and at >= 0:
            at = self.data.find(array, at + 1)
        return None if at < 0 else at


@dataclass(frozen=True, slots=True)
class Bench:
    """A built bench. arena_bytes: for activations; the description of an operation lies behind them."""

    board: Board
    image: Image
    kernels: tuple[str, ...]
    constants: Constants
    arena_bytes: int

    def description(self, job: Job) -> bytes:
        """The bytes that tell the device of `job`. Raises BadInput if the bench cannot run it."""
        if job.arena_bytes > self.arena_bytes:
            raise BadInput(
                f"The operation needs {job.arena_bytes:,} B of arena, the bench on {self.board.name} has "
                f"{self.arena_bytes:,} B."
            )
        return job.encode(self.kernels.index(job.step.variant.name), self.constants.place)


def variants_of(board: Board) -> list[Variant]:
    """Every kernel that `board` may use."""
    return [variant for variant in VARIANTS if variant.folder in board.cpu.kernels]


def build_bench(board: Board, constants: Constants, out: Path) -> Bench:
    """Build the bench of `board` into folder `out`. Raises as toolchain.build.build does."""
    variants = variants_of(board)
    arena = arena_bytes(board)
    names = tuple(sorted(variant.name for variant in variants))
    sources = sorted({SOURCE, *(source for variant in variants for source in variant.sources)})
    image = build(board, _model_source(board, names, constants.data, arena), sources, out)
    return Bench(board, image, names, constants, arena)


def arena_bytes(board: Board) -> int:
    """Arena that the bench of `board` has for activations."""
    return min(board.arena_limit_bytes - _RESERVE_BYTES - JOB_BYTES, _MAX_ARENA_BYTES) // 16 * 16


def constants_bytes(board: Board) -> int:
    """Flash that the bench of `board` has for constants, beside all kernels and the rest of the firmware."""
    try:
        table = load_size_table(board.name)
    except NoSizeTable:
        return max(board.memory.flash.bytes - _CODE_BYTES, 0)
    parts = {**{name: size for entry in table.kernels.values() for name, size in entry.items()}}
    parts |= {name: size for entry in table.libc.values() for name, size in entry.items()}
    return max(board.memory.flash.bytes - sum(table.base.values()) - sum(parts.values()) - _OWN_CODE_BYTES, 0)


def object_sha256(image: Image, variant: Variant) -> str:
    """SHA-256 of the object code of a kernel, all its files together."""
    parts = "".join(image.objects[source] for source in variant.sources)
    return hashlib.sha256(parts.encode()).hexdigest()


def _model_source(board: Board, kernels: Sequence[str], constants: bytes, arena_bytes: int) -> str:
    """The bench's model.c."""
    total = arena_bytes + -(-JOB_BYTES // 16) * 16
    return "\n".join(
        [
            '#include "src/app/bench.h"',
            '#include "mcunas/placement.h"',
            "",
            *_asserts(board),
            *(f"void {name}(const void *args, uint8_t *arena);" for name in kernels),
            f"MCN_MODEL_CONST const mcn_kernel_t bench_kernels[] = {{\n    {', '.join(kernels)}\n}};",
            f"MCN_MODEL_CONST const uint32_t bench_kernel_count = {len(kernels)};",
            f"MCN_MODEL_CONST const uint32_t bench_constants[{max(len(constants) // 4, 1)}] = {{",
            f"{_words(constants)}\n}};",
            f"MCN_ARENA uint8_t mcn_arena[{total}];",
            "uint32_t mcn_profile[2];",
            "mcn_span_t bench_output;",
            f"mcn_step_t bench_steps[2] = {{{{bench_prepare, mcn_arena + {arena_bytes}}}, {{bench_nothing, 0}}}};",
            f"MCN_MODEL_CONST static const mcn_span_t input = {{{arena_bytes}, sizeof(bench_job_t)}};",
            "MCN_MODEL_CONST const mcn_model_t mcn_model = {",
            "    .steps = bench_steps, .inputs = &input, .outputs = &bench_output,",
            f"    .arena_bytes = {total}, .step_count = 2, .input_count = 1, .output_count = 1,",
            "};",
            "",
        ]
    )


def _words(data: bytes) -> str:
    """Initialisers, ten a line."""
    words = [f"0x{word:x}" for (word,) in struct.iter_unpack("<I", data)]
    return ",\n".join(", ".join(words[start : start + 10]) for start in range(0, len(words), 10)) or "0"


def _asserts(board: Board) -> list[str]:
    """Proof that layout.py and the C compiler lay records out alike."""
    lines = ["#include <stddef.h>", f'_Static_assert(sizeof(bench_job_t) == {JOB_BYTES}, "toolchain/bench/job.py");']
    for name, layout in layouts(pointer_bytes(board)).items():
        lines.append(f'_Static_assert(sizeof({name}) == {layout.bytes}, "{name}");')
        lines += [
            f'_Static_assert(offsetof({name}, {field}) == {place.offset}, "{name}.{field}");'
            for field, place in layout.fields.items()
        ]
        assert layout.bytes <= ARGS_BYTES, f"{name} is larger than bench.h allows"
    return lines
