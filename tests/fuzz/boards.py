"""Graphs of the corpus on an emulated board, through everything that a user's model goes through; texts of faults out.

Graphs share an image: they are put side by side into one .tflite, whose parts have nothing to do with each other.
Graphs of odd numbers have all their tensors as outputs, so that no error hides behind a later operation; those of even
numbers have their own outputs, so that tensors share memory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from device_profiles import Board
from tests.fuzz.graphs import case
from tests.fuzz.host import again
from tests.kernels.ingredients import Array, Case
from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.oracle import run_oracle
from toolchain.tflite.reader import read_model
from toolchain.verify import Expectation, expectation, verify
from toolchain.workspace import compile_and_build

TOGETHER = 10  # graphs in an image


@dataclass(frozen=True)
class SideBySide:
    """Models as one. first_ops[i]: where the operations of model i begin."""

    model: bytes
    inputs: tuple[Array, ...]
    first_ops: tuple[int, ...]


def side_by_side(cases: Sequence[Case], exposed: Collection[int] = ()) -> SideBySide:
    """One .tflite of several, with the inputs and the outputs of all; those of indices `exposed` show all tensors."""
    models = [schema.ModelT.InitFromPackedBuf(case.model, 0) for case in cases]
    for index in exposed:
        _expose(models[index])
    whole, first_ops = models[0], [0]
    for other in models[1:]:
        first_ops.append(len(whole.subgraphs[0].operators))
        _append(whole, other)
    packer = flatbuffers.Builder(1024)
    packer.Finish(whole.Pack(packer), file_identifier=b"TFL3")
    inputs = tuple(value for case in cases for value in case.inputs)
    return SideBySide(bytes(packer.Output()), inputs, tuple(first_ops))


def _expose(model: Any) -> None:
    """Make an output of everything that an operation writes, but of what may be folded into the next."""
    (graph,) = model.subgraphs
    kinds = [model.operatorCodes[operator.opcodeIndex].builtinCode for operator in graph.operators]
    shown = [op.outputs for op, kind in zip(graph.operators, kinds, strict=True) if kind != schema.BuiltinOperator.PAD]
    graph.outputs = np.unique(np.concatenate([graph.outputs, *shown])).astype(np.int32)


def _append(whole: Any, other: Any) -> None:
    """Add the one subgraph of `other` to that of `whole`; whatever is a number moves by what is there already."""
    graph, more = whole.subgraphs[0], other.subgraphs[0]
    tensors, codes, buffers = len(graph.tensors), len(whole.operatorCodes), len(whole.buffers)
    for tensor in more.tensors:
        tensor.buffer += buffers
    for operator in more.operators:
        operator.opcodeIndex += codes
        operator.inputs = np.array([number if number < 0 else number + tensors for number in operator.inputs], np.int32)
        operator.outputs = operator.outputs + tensors
    graph.inputs = np.concatenate([graph.inputs, more.inputs + tensors])
    graph.outputs = np.concatenate([graph.outputs, more.outputs + tensors])
    graph.tensors += more.tensors
    graph.operators += more.operators
    whole.operatorCodes += other.operatorCodes
    whole.buffers += other.buffers


def compare_on_board(seed: int, numbers: Sequence[int], board: Board, folder: Path) -> str | None:
    """Build graphs of the corpus into one image, run it, and tell the first operation that differs, if any."""
    exposed = [index for index, number in enumerate(numbers) if number % 2 == 1]
    whole = side_by_side([case(seed, number) for number in numbers], exposed)
    model = read_model(whole.model)
    compiled, image = compile_and_build(model, board, folder)
    expected = _named(expectation(compiled.model, compiled.program, image.model_crc32), whole, numbers)
    with (
        flasher(board.flasher.name).start(image.elf, board, None, True) as url,
        open_device(url, board) as device,
    ):
        device.hello()
        found = verify(device, expected, [whole.inputs], partial(run_oracle, whole.model)).first_mismatch
    if found is None:
        return None
    command = again(seed, numbers[0], f"--board {board.name}", len(numbers))
    return f"{found.op}, element {found.element}: got {found.got}, want {found.want}\n  again: {command}"


def _named(expected: Expectation, whole: SideBySide, numbers: Sequence[int]) -> Expectation:
    """With operations counted in their own graph."""
    steps = []
    for step in expected.steps:
        kind, place = step.op.removesuffix(")").split(" (operator ")
        which = int(np.searchsorted(whole.first_ops, int(place), "right")) - 1
        name = f"graph {numbers[which]}: op {int(place) - whole.first_ops[which]} {kind}"
        steps.append(replace(step, op=name))
    return replace(expected, steps=tuple(steps))
