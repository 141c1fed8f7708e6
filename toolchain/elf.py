"""Read firmware images: an ELF file (or a link map) in, sizes, addresses and contents of sections and symbols out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from toolchain.errors import BadInput

#: An input section in a link map: name, address, size, and the object or library(member) that it comes from.
_MAP_INPUT = re.compile(r"^ (\.[^\s*]+)\s+0x[0-9a-f]+\s+(0x[0-9a-f]+) (\S.*)$")
_MAP_LONG_NAME = re.compile(r"^( \.\S+)\n +(?=0x)", re.MULTILINE)  # its address follows on the next line
_MAP_OUTPUT = re.compile(r"^(\.[^\s*]+)(\s|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """An output section that takes memory at run time. data is empty if the file holds none (.bss)."""

    address: int
    size_bytes: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol: where it is, how many bytes it names, and whether it is a function."""

    value: int
    size_bytes: int
    is_function: bool


@dataclass(frozen=True, slots=True)
class Elf:
    """An image: its allocated sections and its symbols, by name."""

    sections: Mapping[str, Section]
    symbols: Mapping[str, Symbol]

    def section_bytes(self, name: str) -> int:
        """Bytes of a section, 0 if the image has none of that name."""
        return self.sections[name].size_bytes if name in self.sections else 0


def read_elf(path: Path) -> Elf:
    """The image at `path`. Raises BadInput if it is missing or no ELF file."""
    try:
        with path.open("rb") as stream:
            return _parse(ELFFile(stream))
    except OSError as error:
        raise BadInput(f"Cannot read the firmware image {path}: {error.strerror}. Build it: mcunas build") from None
    except ELFError as error:
        raise BadInput(f"{path} is no ELF file ({error}). Build the firmware again: mcunas build") from None


def _parse(file: ELFFile) -> Elf:
    sections, symbols = {}, {}
    for section in file.iter_sections():
        if isinstance(section, SymbolTableSection):
            for symbol in section.iter_symbols():
                is_function = symbol["st_info"]["type"] == "STT_FUNC"
                symbols[symbol.name] = Symbol(symbol["st_value"], symbol["st_size"], is_function)
        elif section["sh_flags"] & 2:  # SHF_ALLOC
            in_file = section["sh_type"] != "SHT_NOBITS"
            data = section.data() if in_file else b""
            sections[section.name] = Section(section["sh_addr"], section["sh_size"], data)
    return Elf(sections, symbols)


def code_sha256(path: Path) -> str:
    """SHA-256 of what an object file brings into an image: its code and constants, not its debug information."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for section in ELFFile(stream).iter_sections():
            if section["sh_flags"] & 2 and section["sh_type"] != "SHT_NOBITS":
                digest.update(section.name.encode() + b"\0" + section.data())
    return digest.hexdigest()


def map_contributions(link_map: str, section: str) -> dict[str, int]:
    """What each object or library member puts into output section `section`, bytes by name.

    Names: the source file ("kernels/ref/add.c", see firmware.mk) or the member ("libgcc.a(_udivmoddi4.o)").
    `link_map` is the text that ld -Map writes. A size is what the linker makes of it: up to the next 16 bytes.
    """
    parts: dict[str, int] = {}
    current = ""
    for line in _MAP_LONG_NAME.sub(r"\1 ", link_map).splitlines():
        if head := _MAP_OUTPUT.match(line):
            current = head[1]
        elif (found := _MAP_INPUT.match(line)) and current == section and int(found[2], 16) > 0:
            in_library = "(" in found[3]
            name = found[3].rpartition("/")[2] if in_library else found[3].removeprefix("obj/").removesuffix(".o")
            parts[name] = parts.get(name, 0) + -(-int(found[2], 16) // 16) * 16
    return parts
