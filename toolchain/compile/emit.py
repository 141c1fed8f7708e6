"""Write model.c: model and program in; readable C out: constants, a record a step, the table of steps."""

from __future__ import annotations

import textwrap

import numpy as np
import numpy.typing as npt

from search.hardware.lowering import Program, Step
from search.hardware.record import Record
from search.hardware.sizes import ARGS_BYTES
from toolchain.compile.args import Arguments, Value, arguments
from toolchain.compile.constants import packed
from toolchain.tflite.model import Model

C_TYPES = {"int8": "int8_t", "int16": "int16_t", "uint16": "uint16_t", "int32": "int32_t", "uint32": "uint32_t"}
#: Types of constant arrays as the args records name them; a packed stream of words may stand where others would.
POINTER_TYPES = {
    "weights": "int8", "shift": "int8", "bias": "int32", "multiplier": "int32", "first": "int8", "second": "int8",
    "table": "int8", "input": "uint32", "bytes": "uint32", "row": "uint16", "column": "uint16",
}  # fmt: skip


def model_source(model: Model, program: Program, package: str | None = None) -> str:
    """The text of model.c for `program`: for mcunas's own firmware, or as part of the package of that name.

    A package's model is called <package>_model rather than mcn_model and comes without arena and profile.
    """
    steps = [_step(model, program, index) for index in range(len(program.steps))]
    parts = [_header(model, program, package), _prototypes(program), *steps, _tables(model, program, package)]
    return "\n".join(parts)


def _header(model: Model, program: Program, package: str | None) -> str:
    asserts = "\n".join(
        f'_Static_assert(sizeof(void *) != 4 || sizeof({name}) == {size}, "search/hardware/sizes.py has another size");'
        for name, size in sorted(ARGS_BYTES.items())
        if name in {step.variant.args for step in program.steps}
    )
    return (
        f"/* Compiled by mcunas from a .tflite of {model.file_bytes} bytes, SHA-256 {model.sha256}.\n"
        f" * {len(program.steps)} steps, {program.arena_bytes} bytes of arena. Not meant to be edited. */\n"
        f'#include "mcunas/engine.h"\n#include "mcunas/{"memory" if package else "placement"}.h"\n\n{asserts}\n'
    )


def _prototypes(program: Program) -> str:
    names = sorted({step.variant.name for step in program.steps})
    return "".join(f"void {name}(const void *args, uint8_t *arena);\n" for name in names)


def _step(model: Model, program: Program, index: int) -> str:
    step = program.steps[index]
    args = step_arguments(model, program, index)
    lines = [f"/* step {index}: {describe(step)} */"]
    lines += [_array(f"step{index}_{name}", values) for name, values in args.arrays.items()]
    lines.append(_record(index, args))
    return "\n".join(lines) + "\n"


def step_arguments(model: Model, program: Program, index: int) -> Arguments:
    """The kernel's record and constant arrays of step `index`, packed as its variant wants them."""
    step = program.steps[index]
    plain = arguments(
        model,
        step,
        inputs=tuple(_offset(program, tensor) for tensor in step.inputs),
        output=_offset(program, step.output),
        scratch=program.scratch_offsets[index],
    )
    return packed(model, step, plain)


def _offset(program: Program, tensor: int) -> int:
    offset = program.tensor_offsets[tensor]
    if offset is None:
        raise AssertionError(f"tensor {tensor} is used by a step but was given no place in the arena")
    return offset


def describe(step: Step) -> str:
    """One line for people: what the step computes, on what shapes, by which kernel."""
    record: Record = step.record
    parts = [f"{record.kind} (op {step.op_index})"]
    parts += [f"op {i} folded in" for i in step.op_indices if i != step.op_index]
    parts.append(f"{'x'.join(map(str, record.input))} -> {'x'.join(map(str, record.output))}")
    if record.kernel != (1, 1) or record.stride != (1, 1):
        parts.append(f"kernel {record.kernel[0]}x{record.kernel[1]} stride {record.stride[0]}x{record.stride[1]}")
    if record.activation != "none":
        parts.append(record.activation)
    return ", ".join([*parts, step.variant.name])


def _array(name: str, values: npt.NDArray[np.generic]) -> str:
    """A constant array, padded with zeros to whole words so that the model's size is a plain sum."""
    flat = values.reshape(-1)
    width = flat.dtype.itemsize
    padded = np.concatenate([flat, np.zeros(-flat.size * width % 4 // width, flat.dtype)])
    body = textwrap.fill(", ".join(map(str, padded.tolist())), 116, initial_indent="    ", subsequent_indent="    ")
    return f"MCN_MODEL_CONST static const {C_TYPES[flat.dtype.name]} {name}[{padded.size}] = {{\n{body}}};"


def _record(index: int, args: Arguments) -> str:
    fields = ", ".join(f".{name} = {_value(index, value, args)}" for name, value in args.fields.items())
    body = textwrap.fill(fields, 116, initial_indent="    ", subsequent_indent="    ")
    return f"MCN_MODEL_CONST static const {args.struct} step{index} = {{\n{body}}};"


def _value(index: int, value: Value, args: Arguments) -> str:
    if isinstance(value, str):
        plain = args.arrays[value].dtype == POINTER_TYPES[value]
        return f"step{index}_{value}" if plain else f"(const void *)step{index}_{value}"
    if isinstance(value, tuple):
        return "{" + ", ".join(map(str, value)) + "}"
    return f"{value.hex()}f" if isinstance(value, float) else str(value)


def _tables(model: Model, program: Program, package: str | None) -> str:
    graph = program.graph
    rows = [f"    {{{step.variant.name}, &step{i}}}," for i, step in enumerate(program.steps)]
    digest = ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(model.sha256))
    return "\n".join(
        [
            f"MCN_MODEL_CONST static const mcn_step_t steps[{len(rows)}] = {{",
            *rows,
            "};",
            _spans("inputs", graph.inputs, program),
            _spans("outputs", graph.outputs, program),
            f"MCN_MODEL_CONST const mcn_model_t {package or 'mcn'}_model = {{",
            "    .steps = steps, .inputs = inputs, .outputs = outputs,",
            f"    .arena_bytes = {program.arena_bytes}, .step_count = {len(rows)},",
            f"    .input_count = {len(graph.inputs)}, .output_count = {len(graph.outputs)},",
            "    .sha256 = {" + textwrap.fill(digest, 100, subsequent_indent="               ") + "},",
            "};",
            *([] if package else [_firmware_memory(program)]),
            "",
        ]
    )


def _firmware_memory(program: Program) -> str:
    return f"MCN_ARENA uint8_t mcn_arena[{program.arena_bytes}];\nuint32_t mcn_profile[{max(len(program.steps), 1)}];"


def _spans(name: str, tensors: tuple[int, ...], program: Program) -> str:
    spans = ", ".join(f"{{{_offset(program, t)}, {program.graph.tensors[t].bytes}}}" for t in tensors)
    return f"MCN_MODEL_CONST static const mcn_span_t {name}[{len(tensors)}] = {{{spans}}};"
