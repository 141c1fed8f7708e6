"""The compiler: a parsed .tflite and a board in, the steps, the memory plan and model.c out."""

from __future__ import annotations

from dataclasses import dataclass

from device_profiles import Board
from search.hardware import arena
from search.hardware.lowering import Program, lower
from search.hardware.variants import UnsupportedRecord
from toolchain.compile.constants import settle_step
from toolchain.compile.emit import model_source
from toolchain.errors import BadInput, ProductFailure
from toolchain.tflite.model import Model


@dataclass(frozen=True, slots=True)
class Compiled:
    """A model ready to be built. kernel_sources: C and assembler files below firmware/, each once, sorted."""

    model: Model
    program: Program
    source: str
    kernel_sources: tuple[str, ...]


def compile_model(model: Model, board: Board) -> Compiled:
    """Choose kernels, plan memory and write model.c. Raises ProductFailure if the arena exceeds the board's RAM."""
    try:
        program = lower(model.graph, board.cpu.kernels, lambda step: settle_step(model, step))
    except UnsupportedRecord as error:
        raise BadInput(f"The model cannot run on {board.name}: {error}") from None
    arena.check(program.buffers, program.plan, program.leads)
    if program.arena_bytes > board.arena_limit_bytes:
        raise ProductFailure(_too_large(program, board))
    sources = sorted({source for step in program.steps for source in step.variant.sources})
    return Compiled(model, program, model_source(model, program), tuple(sources))


def _too_large(program: Program, board: Board) -> str:
    ram, reserve = board.memory.ram.bytes, board.memory.reserve_bytes
    need = program.arena_bytes + reserve
    return (
        f"The model needs {program.arena_bytes:,} B of arena, {board.name} leaves {board.arena_limit_bytes:,} B "
        f"({ram:,} B of RAM - {reserve:,} B for stack and buffers).\n"
        f"Lower [limits] arena_bytes in the search, or pick a board: mcunas boards --min-ram {need}"
    )
