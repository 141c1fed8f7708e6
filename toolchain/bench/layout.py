"""How the kernels' argument records lie in memory: kernel.h and a pointer's size in, bytes of a record out."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import cache

import firmware
from toolchain.compile.args import Arguments, Value

#: struct's letter for every type of a field.
_LETTERS = {
    "int8_t": "b", "uint8_t": "B", "int16_t": "h", "uint16_t": "H", "int32_t": "i", "uint32_t": "I", "float": "f",
}  # fmt: skip
_POINTER_LETTERS = {4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field: where it starts, and how its elements are packed. count: None if it is no array."""

    offset: int
    letter: str
    count: int | None
    is_pointer: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A record: its fields by name, and sizeof."""

    fields: dict[str, Field]
    bytes: int


@cache
def layouts(pointer_bytes: int) -> dict[str, Layout]:
    """The layout of every record of kernel.h, by its C name, where a pointer has `pointer_bytes`."""
    text = re.sub(r"/\*.*?\*/", "", (firmware.ROOT / "include/mcunas/kernel.h").read_text(), flags=re.DOTALL)
    found = re.findall(r"typedef struct \{(.*?)\} (\w+);", text, re.DOTALL)
    return {name: _layout(body, pointer_bytes) for body, name in found}


def _layout(body: str, pointer_bytes: int) -> Layout:
    fields, end, alignment = {}, 0, 1
    for declaration in body.split(";")[:-1]:
        kind, names = re.sub(r"\bconst\b", "", declaration).split(maxsplit=1)
        for text in names.split(","):
            star, name, count = re.fullmatch(r"\s*(\*?)\s*(\w+)(?:\[(\d+)\])?\s*", text).groups()  # type: ignore[union-attr]
            letter = _POINTER_LETTERS[pointer_bytes] if star else _LETTERS[kind]
            size = struct.calcsize(letter)
            offset = -(-end // size) * size
            fields[name] = Field(offset, letter, int(count) if count else None, bool(star))
            end, alignment = offset + size * int(count or 1), max(alignment, size)
    return Layout(fields, -(-end // alignment) * alignment)


def pack(args: Arguments, pointer_bytes: int) -> tuple[bytes, dict[str, int]]:
    """(the record's bytes, its pointers 0; {constant array: offset of the pointer to it})."""
    layout = layouts(pointer_bytes)[args.struct]
    data, pointers = bytearray(layout.bytes), {}
    for name, value in args.fields.items():
        field = layout.fields[name]
        if isinstance(value, str):
            pointers[value] = field.offset
        elif not field.is_pointer:
            _put(data, field, value)
    return bytes(data), pointers


def _put(data: bytearray, field: Field, value: Value) -> None:
    values = value if isinstance(value, tuple) else (value,)
    struct.pack_into(f"<{len(values)}{field.letter}", data, field.offset, *values)
