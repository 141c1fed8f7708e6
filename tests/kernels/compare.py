"""Kernels against TensorFlow Lite Micro: cases in, the number of elements compared and every case that differs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from search.hardware.lowering import Program, Step, lower
from tests.kernels.cases import Array, Case
from tests.kernels.harness import Call, Runner
from tests.kernels.oracle import Job, Refused, tensors
from toolchain.compile.args import arguments
from toolchain.compile.constants import packed, settle_step
from toolchain.compile.emit import step_arguments
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

GUARD = 48  # bytes around and between the tensors; a multiple of 16 keeps them aligned


@dataclass
class Report:
    """What a comparison found. faults: a text for each case that is wrong, with index, got and want."""

    cases: int = 0
    elements: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """The first operation of a network whose output is wrong. element: place in its flattened output tensor."""

    op: str
    element: int
    got: int | float
    want: int | float
    wrong: int
    elements: int

    def __str__(self) -> str:
        share = f"({self.wrong} of {self.elements} differ)"
        return f"{self.op}, element {self.element}: got {self.got}, want {self.want} {share}"


def difference(op: str, raw: npt.NDArray[np.uint8], want: Array) -> Difference | None:
    """Where `want` and the bytes that are there in its stead differ, bit by bit."""
    got, flat = np.frombuffer(raw.tobytes(), want.dtype), np.ravel(want)
    wrong = np.flatnonzero(got.view(f"u{got.itemsize}") != flat.view(f"u{flat.itemsize}"))
    if not wrong.size:
        return None
    first = int(wrong[0])
    return Difference(op, first, got[first].item(), flat[first].item(), wrong.size, flat.size)


def place(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Offsets of buffers with a guard before each and after the last; and the size of the whole."""
    offsets, end = [], GUARD
    for size in sizes:
        offsets.append(end)
        end += -(-size // 16) * 16 + GUARD
    return offsets, end


def call_of(model: Model, step: Step, inputs: Sequence[Array], rng: np.random.Generator) -> Call:
    """The call that carries out `step` on `inputs`, its tensors apart from each other in an arena of noise."""
    out_bytes = model.graph.tensors[step.output].bytes
    scratch_bytes = step.variant.scratch_bytes(step.record)
    sizes = [*(value.nbytes for value in inputs), out_bytes, *([scratch_bytes] if scratch_bytes else [])]
    offsets, end = place(sizes)
    count = len(inputs)
    scratch = offsets[-1] if scratch_bytes else 0
    plain = arguments(model, step, inputs=tuple(offsets[:count]), output=offsets[count], scratch=scratch)
    arena = rng.integers(0, 256, end, np.uint8)
    for offset, value in zip(offsets, inputs, strict=False):
        _write(arena, offset, value)
    return Call(step.variant.name, packed(model, step, plain), arena, tuple(zip(offsets, sizes, strict=True)))


def fault_of(call: Call, after: npt.NDArray[np.uint8], output: int, want: Array) -> str | None:
    """What is wrong with the arena after `call`, or None. `output`: index of the output among the spans."""
    offset, size = call.spans[output]
    if found := difference("", after[offset : offset + size], want):
        return f"{found.wrong} of {found.elements} differ, first at {found.element}: got {found.got}, want {found.want}"
    untouched = np.ones(after.size, bool)
    for start, length in call.spans[output:]:
        untouched[start : start + length] = False
    stray = np.flatnonzero((after != call.arena) & untouched)
    return f"wrote to byte {int(stray[0])} outside its output" if stray.size else None


def calls_of(
    cases: Sequence[Case], rng: np.random.Generator, folders: tuple[str, ...] = ("ref",)
) -> tuple[list[Call], list[Job]]:
    """What to hand to the runner and to the oracle for one-operation models: a call and a job for each output."""
    calls, jobs = [], []
    for case in cases:
        model = read_model(case.model)
        for step in lower(model.graph, folders, lambda step, model=model: settle_step(model, step)).steps:
            calls.append(call_of(model, step, [case.inputs[tensor] for tensor in step.inputs], rng))
            jobs.append(Job(case.model, case.inputs, (model.tensor_numbers[step.output],)))
    return calls, jobs


def output_span(call: Call) -> int:
    """Which of the spans is the output: it stands behind the inputs, before the scratch."""
    return len(call.spans) - (2 if call.args.fields.get("scratch") else 1)


def compare(
    cases: Sequence[Case], runner: Runner, rng: np.random.Generator, folders: tuple[str, ...] = ("ref",)
) -> Report:
    """Run one-operation models both ways. Models that TensorFlow Lite Micro refuses are faults: cases must be valid."""
    of_cases = [calls_of([case], rng, folders) for case in cases]
    owners = [index for index, (calls, _) in enumerate(of_cases) for _ in calls]
    calls, jobs = ([item for lists in of_cases for item in lists[which]] for which in (0, 1))
    report = Report(len(cases))
    for index, call, after, want in zip(owners, calls, runner.run(calls), tensors(jobs), strict=True):
        if isinstance(want, Refused):
            report.faults.append(f"case {index}: refused: {want.reason}")
            continue
        report.elements += want[0].size
        if fault := fault_of(call, after, output_span(call), want[0]):
            report.faults.append(f"case {index} ({call.kernel}, {call.args.fields}): {fault}")
    return report


def compare_network(case: Case, folders: tuple[str, ...], runner: Runner) -> list[str]:
    """Run a network both ways, in one arena as planned; tells the first step whose output differs."""
    model = read_model(case.model)
    program = lower(model.graph, folders, lambda step: settle_step(model, step))
    (wants,) = tensors([Job(case.model, case.inputs, model.tensor_numbers)])
    if isinstance(wants, Refused):
        return [f"refused: {wants.reason}"]
    fault = program_difference(model, program, runner.run(program_calls(model, program, case.inputs)), wants)
    return [str(fault)] if fault else []


def program_calls(model: Model, program: Program, inputs: Sequence[Array]) -> list[Call]:
    """The calls that carry out a whole program in one arena as planned; each shows its output, the last the arena."""
    arena = np.full(program.arena_bytes, 0xA5, np.uint8)
    for tensor, value in zip(model.graph.inputs, inputs, strict=True):
        _write(arena, _offset(program, tensor), value)
    calls = []
    for index, step in enumerate(program.steps):
        scratch = program.scratch_offsets[index], step.variant.scratch_bytes(step.record)
        spans = [(_offset(program, t), model.graph.tensors[t].bytes) for t in (*step.inputs, step.output)]
        args = step_arguments(model, program, index)
        call = Call(step.variant.name, args, None if index else arena, (*spans, scratch), spans[-1])
        calls.append(call)
    return [*calls[:-1], replace(calls[-1], shown=None)]


def program_difference(
    model: Model, program: Program, shown: Sequence[npt.NDArray[np.uint8]], wants: Sequence[Array]
) -> Difference | None:
    """What is wrong with what the calls of a program have shown. wants[t]: tensor t of the graph as it must be."""
    end = shown[-1]

    def at_the_end(tensor: int) -> npt.NDArray[np.uint8]:
        offset = _offset(program, tensor)
        return end[offset : offset + model.graph.tensors[tensor].bytes]

    raws = [*shown[:-1], at_the_end(program.steps[-1].output)]
    for step, raw in zip(program.steps, raws, strict=True):
        name = f"op {step.op_index} {step.record.kind} ({step.variant.name})"
        if fault := difference(name, raw, wants[step.output]):
            return fault
    outputs = enumerate(model.graph.outputs)
    faults = (difference(f"output {i} after the last op", at_the_end(t), wants[t]) for i, t in outputs)
    return next(filter(None, faults), None)


def _write(arena: npt.NDArray[np.uint8], offset: int, value: Array) -> None:
    arena[offset : offset + value.nbytes] = np.frombuffer(value.tobytes(), np.uint8)


def _offset(program: Program, tensor: int) -> int:
    offset = program.tensor_offsets[tensor]
    assert offset is not None
    return offset
