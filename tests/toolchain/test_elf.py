"""Images as toolchain.elf reads them: one made by the linker, and files that are none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import require_tool
from toolchain.elf import map_contributions, read_elf
from toolchain.errors import BadInput

SOURCE = """
__attribute__((section(".model"))) const unsigned char weights[5] = {1, 2, 3, 4, 5};
int cleared[25];
int main(void) { return cleared[0] + weights[0]; }
"""


def test_sections_and_symbols(tmp_path: Path):
    require_tool("gcc")
    (tmp_path / "a.c").write_text(SOURCE)
    subprocess.run(["gcc", "-no-pie", "a.c", "-o", "a.elf"], cwd=tmp_path, check=True)
    elf = read_elf(tmp_path / "a.elf")
    assert elf.sections[".model"].data == bytes([1, 2, 3, 4, 5])
    assert elf.section_bytes(".model") == 5
    assert elf.section_bytes(".nothing") == 0
    assert elf.section_bytes(".bss") >= 100
    assert elf.sections[".bss"].data == b""
    assert elf.symbols["weights"].size_bytes == 5
    assert elf.symbols["weights"].value == elf.sections[".model"].address
    assert elf.symbols["main"].is_function
    assert not elf.symbols["cleared"].is_function
    assert ".comment" not in elf.sections  # takes no memory


def test_a_file_that_is_missing(tmp_path: Path):
    with pytest.raises(BadInput, match=r"Cannot read the firmware image .*No such file.*mcunas build"):
        read_elf(tmp_path / "none.elf")


@pytest.mark.parametrize("content", [b"", b"not an ELF file at all", b"\x7fELF\x01\x01\x01"])
def test_a_file_that_is_no_image(tmp_path: Path, content: bytes):
    (tmp_path / "bad.elf").write_bytes(content)
    with pytest.raises(BadInput, match=r"bad\.elf is no ELF file.*mcunas build"):
        read_elf(tmp_path / "bad.elf")


MAP = """
Discarded input sections

 .text          0x00000000        0x0 obj/app/main.c.o

Linker script and memory map

.kernels        0x00000260       0x70
 obj?kernels?*.o(.text .text.* .rodata)
 .text.mcn_add  0x00000260       0x22 obj/kernels/ref/add.c.o
                0x00000260                mcn_add
 .rodata.mcn_a_very_long_table
                0x00000290       0x10 obj/kernels/ref/add.c.o
 *fill*         0x000002a0        0x8
 .text          0x000002a8        0x0 obj/kernels/ref/pad.c.o

.libc           0x000002d0       0x50
 *(.text .text.*)
 .text          0x000002d0       0x31 /usr/lib/gcc/arm-none-eabi/12.2.1/thumb/libgcc.a(_udivmoddi4.o)
"""


def test_contributions_of_a_map():
    assert map_contributions(MAP, ".kernels") == {"kernels/ref/add.c": 0x30 + 0x10}
    assert map_contributions(MAP, ".libc") == {"libgcc.a(_udivmoddi4.o)": 0x40}
    assert map_contributions(MAP, ".model") == {}
