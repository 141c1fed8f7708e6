"""One operation as the bench firmware is told of it: a one-operation graph and a board in, a `Job` out."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from device_profiles import Board
from search.hardware.lowering import Program, Step
from search.hardware.ops import Graph
from toolchain.bench.layout import pack
from toolchain.bench.operation import model_of
from toolchain.compile.compiler import compile_model
from toolchain.compile.emit import step_arguments

FILLS, POINTERS, ARGS_BYTES = 8, 4, 128  # as in firmware/app/bench.h
_HEAD = struct.Struct("<6I")
_FILL, _POINTER = struct.Struct("<3I"), struct.Struct("<2I")
JOB_BYTES = _HEAD.size + FILLS * _FILL.size + POINTERS * _POINTER.size + ARGS_BYTES
SEED = 0x1BADB002
NOTHING = 0xFFFFFFFF  # a kernel that returns at once


@dataclass(frozen=True, slots=True)
class Job:
    """An operation for one board, in its own arena from 0 on.

    args: its record, pointers 0. constants: (offset of the pointer in args, bytes). fills: of each input arena offset,
    bytes, whether float32. output: (arena offset, bytes).
    """

    graph: Graph
    step: Step
    args: bytes
    constants: tuple[tuple[int, bytes], ...]
    fills: tuple[tuple[int, int, bool], ...]
    output: tuple[int, int]
    arena_bytes: int

    def encode(self, kernel: int, place: Callable[[bytes], int]) -> bytes:
        """The description for the device. kernel: its number; place(constants): where they lie among the bench's."""
        pointers = [(field, place(data)) for field, data in self.constants]
        head = _HEAD.pack(kernel, *self.output, SEED, len(self.fills), len(pointers))
        fills = b"".join(_FILL.pack(*fill) for fill in self.fills).ljust(FILLS * _FILL.size, b"\0")
        packed = b"".join(_POINTER.pack(*pair) for pair in pointers).ljust(POINTERS * _POINTER.size, b"\0")
        return head + fills + packed + self.args.ljust(ARGS_BYTES, b"\0")


def nothing() -> bytes:
    """The description of an operation that returns at once."""
    return _HEAD.pack(NOTHING, 0, 0, SEED, 0, 0).ljust(JOB_BYTES, b"\0")


def pointer_bytes(board: Board) -> int:
    return 8 if board.cpu.core == "host" else 4


def job_of(graph: Graph, board: Board) -> Job:
    """`graph`, of one operation, as `board` would run it. Raises BadInput or ProductFailure as the compiler does."""
    model = model_of(graph)
    program = compile_model(model, board).program
    args = step_arguments(model, program, 0)
    data, pointers = pack(args, pointer_bytes(board))
    constants = tuple((pointers[name], _whole_words(array.tobytes())) for name, array in args.arrays.items())
    return Job(
        graph=graph,
        step=program.steps[0],
        args=data,
        constants=constants,
        fills=tuple((*_span(program, t), graph.tensors[t].dtype == "float32") for t in graph.inputs),
        output=_span(program, program.steps[0].output),
        arena_bytes=program.arena_bytes,
    )


def _span(program: Program, tensor: int) -> tuple[int, int]:
    offset = program.tensor_offsets[tensor]
    assert offset is not None, "a step reads or writes it"
    return offset, program.graph.tensors[tensor].bytes


def _whole_words(data: bytes) -> bytes:
    """Filled up as in model.c: kernels read words."""
    return data + bytes(-len(data) % 4)
