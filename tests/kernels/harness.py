"""Runs kernels on the host: kernel calls (C records and an arena) in, what each leaves in the arena out.

The records' memory layout comes from firmware/include/mcunas/kernel.h itself; the compiler asserts that it agrees.
"""

from __future__ import annotations

import ctypes
import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.hardware.variants import VARIANTS
from toolchain.compile.args import Arguments, Value

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
HEADER = FIRMWARE / "include" / "mcunas" / "kernel.h"
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-pedantic")
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")

_C_TYPES: dict[str, type] = {
    "int8_t": ctypes.c_int8, "uint8_t": ctypes.c_uint8, "int16_t": ctypes.c_int16, "uint16_t": ctypes.c_uint16,
    "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "float": ctypes.c_float,
}  # fmt: skip


def _fields(body: str) -> list[tuple[str, type]]:
    fields: list[tuple[str, type]] = []
    for declaration in re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL).split(";")[:-1]:
        kind, names = re.fullmatch(r"\s*(?:const )?(\w+)\s+(.*)", declaration, re.DOTALL).groups()  # type: ignore[union-attr]
        for name in names.split(","):
            star, word, count = re.fullmatch(r"\s*(\*?)(\w+)(?:\[(\d+)\])?\s*", name).groups()  # type: ignore[union-attr]
            c_type = ctypes.c_void_p if star else _C_TYPES[kind]
            fields.append((word, c_type * int(count) if count else c_type))
    return fields


def record_types() -> dict[str, type[ctypes.Structure]]:
    """{C name: ctypes type} of every record in kernel.h."""
    text = HEADER.read_text()
    found = re.findall(r"typedef struct \{(.*?)\} (\w+);", text, re.DOTALL)
    return {name: type(name, (ctypes.Structure,), {"_fields_": _fields(body)}) for body, name in found}


RECORDS = record_types()


def pack(args: Arguments) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The record's bytes with null pointers, and (offset of pointer, bytes) of each constant array."""
    record_type = RECORDS[args.struct]
    record = record_type()
    pointers = []
    for name, value in args.fields.items():
        if value == 0:
            continue
        if isinstance(value, str):
            pointers.append((getattr(record_type, name).offset, np.ascontiguousarray(args.arrays[value]).tobytes()))
        else:
            _assign(record, name, value)
    return bytes(record), pointers


def _assign(record: ctypes.Structure, name: str, value: Value) -> None:
    """ctypes drops bits that do not fit; a field that loses any is a bug of the compiler."""
    if isinstance(value, tuple):
        getattr(record, name)[:] = value
        stored: object = tuple(getattr(record, name))
    else:
        setattr(record, name, value)
        stored = getattr(record, name)
    if stored != value:
        raise OverflowError(f"{type(record).__name__}.{name} cannot hold {value}")


Span = tuple[int, int]


@dataclass(frozen=True)
class Call:
    """One kernel call. spans: (offset, bytes) of the arena that the kernel may touch.

    arena: None for the one that the call before left. shown: (offset, bytes) of what to return of it; None for all.
    """

    kernel: str
    args: Arguments
    arena: npt.NDArray[np.uint8] | None
    spans: tuple[Span, ...]
    shown: Span | None = None


class Runner:
    """A host program with every kernel of a folder; compiled once."""

    def __init__(self, program: Path, kernels: Sequence[str]) -> None:
        self._program = program
        self._kernels = list(kernels)

    def run(self, calls: Sequence[Call]) -> list[npt.NDArray[np.uint8]]:
        """What each call shows of the arena. Raises AssertionError with the sanitizer's words if the program dies."""
        shown = _shown(calls)
        script = b"".join(self._encode(call, span) for call, span in zip(calls, shown, strict=True))
        done = subprocess.run([self._program], input=script, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"the runner died with {done.returncode}:\n{done.stderr.decode()}")
        return np.split(np.frombuffer(done.stdout, np.uint8), np.cumsum([size for _, size in shown])[:-1])

    def _encode(self, call: Call, shown: Span) -> bytes:
        record, pointers = pack(call.args)
        parts = [struct.pack("<II", self._kernels.index(call.kernel), len(record)), record]
        parts.append(struct.pack("<I", len(pointers)))
        for offset, raw in pointers:
            parts += [struct.pack("<II", offset, len(raw)), raw]
        parts.append(struct.pack("<I", len(call.spans)))
        parts += [struct.pack("<II", *span) for span in call.spans]
        arena = b"" if call.arena is None else call.arena.tobytes()
        return b"".join([*parts, struct.pack("<I", len(arena)), arena, struct.pack("<II", *shown)])


def _shown(calls: Sequence[Call]) -> list[Span]:
    """What each call shows, the whole arena spelt out."""
    found, size = [], 0
    for call in calls:
        size = size if call.arena is None else call.arena.size
        found.append(call.shown or (0, size))
    return found


def _table(kernels: Sequence[str]) -> str:
    """runner_table.h: the kernels by index, and proof that ctypes and the C compiler lay records out alike."""
    lines = ["#include <stddef.h>", '#include "mcunas/kernel.h"']
    lines += [f"void {name}(const void *args, uint8_t *arena);" for name in kernels]
    lines += [f"static const mcn_kernel_t kernel_table[] = {{{', '.join(kernels)}}};"]
    for name, record in RECORDS.items():
        lines.append(f'_Static_assert(sizeof({name}) == {ctypes.sizeof(record)}, "{name}");')
        for field, _ in record._fields_:
            offset = getattr(record, field).offset
            lines.append(f'_Static_assert(offsetof({name}, {field}) == {offset}, "{name}.{field}");')
    return "\n".join(lines) + "\n"


def build_runner(folder: Path, kernels: str = "ref", sanitize: bool = False, only: Sequence[str] = ()) -> Runner:
    """Compile the runner with the kernels of some folders of firmware/kernels/ into `folder`.

    kernels: the folders' names with blanks between. only: the names of kernels that have portable bodies, if not all;
    their assembler sources are left out.
    """
    variants = [row for row in VARIANTS if row.folder in kernels.split() and (not only or row.name in only)]
    names = sorted({variant.name for variant in variants})
    sources = sorted({FIRMWARE / name for variant in variants for name in variant.sources if name.endswith(".c")})
    (folder / "runner_table.h").write_text(_table(names))
    program = folder / "runner"
    flags = ["-std=c11", "-O1" if sanitize else "-O2", *WARNINGS, *(SANITIZERS if sanitize else ())]
    includes = [f"-I{FIRMWARE / 'include'}", f"-I{folder}"]
    command = ["gcc", *flags, *includes, Path(__file__).with_name("runner.c"), *sources, "-o", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"the kernels do not compile:\n{done.stderr}")
    return Runner(program, names)
