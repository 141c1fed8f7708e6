"""Kernels against TensorFlow Lite Micro: cases in, the number of elements compared and every case that differs out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from search.hardware.lowering import Program, Step, lower
from tests.kernels.cases import Array, Case
from tests.kernels.harness import Call, Runner
from tests.kernels.oracle import Job, Refused, tensors
from toolchain.compile.args import arguments
from toolchain.compile.constants import packed, settle_step
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

GUARD = 48  # bytes around and between the tensors; a multiple of 16 keeps them aligned


@dataclass
class Report:
    """What a comparison found. faults: a text for each case that is wrong, with index, got and want."""

    cases: int = 0
    elements: int = 0
    faults: list[str] = field(default_factory=list)


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
    got = np.frombuffer(after[offset : offset + size].tobytes(), want.dtype)
    flat = want.reshape(-1)
    wrong = np.flatnonzero(got.view(f"u{got.itemsize}") != flat.view(f"u{got.itemsize}"))
    if wrong.size:
        first = int(wrong[0])
        return f"{wrong.size} of {flat.size} differ, first at {first}: got {got[first]}, want {flat[first]}"
    untouched = np.ones(after.size, bool)
    for start, length in call.spans[output:]:
        untouched[start : start + length] = False
    stray = np.flatnonzero((after != call.arena) & untouched)
    return f"wrote to byte {int(stray[0])} outside its output" if stray.size else None


def calls_of(
    cases: Sequence[Case], rng: np.random.Generator, folders: tuple[str, ...] = ("ref",)
) -> tuple[list[Call], list[Job]]:
    """What to hand to the runner and to the oracle for one-operation models."""
    calls, jobs = [], []
    for case in cases:
        model = read_model(case.model)
        (step,) = lower(model.graph, folders, lambda step, model=model: settle_step(model, step)).steps
        calls.append(call_of(model, step, case.inputs, rng))
        jobs.append(Job(case.model, case.inputs, (model.tensor_numbers[step.output],)))
    return calls, jobs


def compare(
    cases: Sequence[Case], runner: Runner, rng: np.random.Generator, folders: tuple[str, ...] = ("ref",)
) -> Report:
    """Run one-operation models both ways. Models that TensorFlow Lite Micro refuses are faults: cases must be valid."""
    calls, jobs = calls_of(cases, rng, folders)
    report = Report(len(cases))
    for index, (call, after, want) in enumerate(zip(calls, runner.run(calls), tensors(jobs), strict=True)):
        if isinstance(want, Refused):
            report.faults.append(f"case {index}: refused: {want.reason}")
            continue
        report.elements += want[0].size
        if fault := fault_of(call, after, len(cases[index].inputs), want[0]):
            report.faults.append(f"case {index} ({call.kernel}, {call.args.fields}): {fault}")
    return report


def compare_network(case: Case, folders: tuple[str, ...], runner: Runner) -> list[str]:
    """Run a network both ways, in one arena as planned; a text for each step whose output differs."""
    model = read_model(case.model)
    program = lower(model.graph, folders, lambda step: settle_step(model, step))
    numbers = tuple(model.tensor_numbers[step.output] for step in program.steps)
    (wants,) = tensors([Job(case.model, case.inputs, numbers)])
    if isinstance(wants, Refused):
        return [f"refused: {wants.reason}"]
    faults = []
    for (step, got), want in zip(walk(model, program, runner, case.inputs), wants, strict=True):
        wrong = np.argwhere(got != want)
        if wrong.size:
            at = tuple(wrong[0].tolist())
            faults.append(f"op {step.op_index} {step.record.kind} differs at {at}: got {got[at]}, want {want[at]}")
    return faults


def walk(model: Model, program: Program, runner: Runner, inputs: Sequence[Array]) -> Iterator[tuple[Step, Array]]:
    """Run a whole program in one arena, step by step as planned; yields each step with its output."""
    arena = np.full(program.arena_bytes, 0xA5, np.uint8)
    for tensor, value in zip(model.graph.inputs, inputs, strict=True):
        _write(arena, _offset(program, tensor), value)
    for index, step in enumerate(program.steps):
        offsets = tuple(_offset(program, tensor) for tensor in step.inputs)
        output, scratch = _offset(program, step.output), program.scratch_offsets[index]
        target = model.graph.tensors[step.output]
        spans = [(offset, model.graph.tensors[t].bytes) for offset, t in zip(offsets, step.inputs, strict=True)]
        spans += [(output, target.bytes), (scratch, step.variant.scratch_bytes(step.record))]
        args = packed(model, step, arguments(model, step, inputs=offsets, output=output, scratch=scratch))
        (arena,) = runner.run([Call(step.variant.name, args, arena, tuple(spans))])
        raw = arena[output : output + target.bytes].tobytes()
        yield step, np.frombuffer(raw, target.dtype).reshape(target.shape)


def _write(arena: npt.NDArray[np.uint8], offset: int, value: Array) -> None:
    arena[offset : offset + value.nbytes] = np.frombuffer(value.tobytes(), np.uint8)


def _offset(program: Program, tensor: int) -> int:
    offset = program.tensor_offsets[tensor]
    assert offset is not None
    return offset
