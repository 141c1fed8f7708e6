"""Reference kernels as device code: no 64-bit floats, no maths library, nothing from libc but memcpy and memset."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from search.hardware.variants import VARIANTS
from tests.kernels.harness import FIRMWARE, WARNINGS
from tests.support import require_tool

ALLOWED = re.compile(r"__aeabi_(l|i|ui|f)\w+|memcpy|memset")  # l: 64-bit integers; f: 32-bit floats
SOURCES = sorted({variant.source for variant in VARIANTS if variant.folder == "ref"})


@pytest.mark.parametrize("source", SOURCES)
def test_what_a_kernel_needs_on_a_core_without_fpu(source: str, tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc", "arm-none-eabi-nm")
    output = tmp_path / "kernel.o"
    core = ["-mcpu=cortex-m0", "-mthumb", "-std=c11", "-O2", "-ffreestanding", "-Wdouble-promotion"]
    command = ["arm-none-eabi-gcc", *core, *WARNINGS, f"-I{FIRMWARE / 'include'}", "-c", FIRMWARE / source]
    subprocess.run([*command, "-o", output], check=True)
    listing = subprocess.run(["arm-none-eabi-nm", "-u", output], check=True, capture_output=True, text=True).stdout
    wanted = [line.split()[-1] for line in listing.splitlines() if line.strip()]
    assert [name for name in wanted if not ALLOWED.fullmatch(name)] == []
