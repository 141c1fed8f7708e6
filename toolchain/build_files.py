"""What tells the compiler about a board: a profile and the kernels in use in; board.h, build.mk and all flags out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles import Board

#: Parts of flash, each a section of the image; they are the keys of `flash_sections`.
FLASH_PARTS = ("startup", "engine", "kernels", "model", "app", "libc")

APP = ("app/commands.c", "app/crc32.c", "app/link.c", "app/main.c", "app/measure.c")
ENGINE = ("engine/engine.c",)
LIBC = ("libc/string.c",)
HOST_SCRIPT = "host.ld.in"

COMMON = (
    "-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections", "-fno-common",
    "-fno-strict-aliasing",  # tensors of several types share the arena
    "-ffp-contract=off",  # a fused multiply-add rounds differently than TensorFlow Lite Micro
    "-fno-merge-constants",  # so that a kernel's size does not depend on its neighbours
)  # fmt: skip
TARGET = ("-ffreestanding", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-fcallgraph-info=su")
HOST = ("-fno-pie",)
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")

#: Optimisation of each folder of firmware/, and of model.c.
OPTIMIZE = {
    "hal": "-Os",
    "engine": "-O2",
    "kernels": "-O2",
    "app": "-Os",
    "libc": "-O2 -fno-tree-loop-distribute-patterns",  # or memset becomes a call of memset
    "model": "-O2",
}

LINK = ("-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-Map=firmware.map")
LINK_TARGET = ("-nostdlib", "-nostartfiles")
LINK_HOST = ("-static", "-no-pie")
LINK_SANITIZED = ("-no-pie",)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is compiled and how. sources and includes are relative to firmware/, the linker script to firmware/ld/."""

    sources: tuple[str, ...]
    compile: tuple[str, ...]
    link: tuple[str, ...]
    libraries: tuple[str, ...]
    includes: tuple[str, ...]
    linker_script: str

    @property
    def flags(self) -> tuple[str, ...]:
        """Every flag that shapes the image."""
        return (*self.compile, *(f"{part}: {flags}" for part, flags in OPTIMIZE.items()), *self.link, *self.libraries)


def recipe(board: Board, kernel_sources: Sequence[str], sanitize: bool) -> Recipe:
    """How the firmware of `board` with these kernels is built."""
    on_host = board.cpu.core == "host"
    hal = tuple(f"hal/{name}" for name in board.firmware.hal)
    sources = (*APP, *ENGINE, *hal, *(() if on_host else LIBC), *kernel_sources)
    return Recipe(
        sources=tuple(sorted(set(sources))),
        compile=(*board.cpu.flags, *COMMON, *(HOST if on_host else TARGET), *(SANITIZE if sanitize else ())),
        link=(*LINK, *(LINK_SANITIZED if sanitize else LINK_HOST if on_host else LINK_TARGET)),
        libraries=() if on_host else ("-lgcc",),
        includes=("hal",) if on_host else ("hal", "libc"),
        linker_script=board.firmware.linker_script or HOST_SCRIPT,
    )


def board_header(board: Board, build_id: str) -> str:
    """The text of board.h. build_id: 32 hexadecimal digits."""
    timing, memory = board.timing, board.memory
    values: dict[str, str] = {
        "BOARD_NAME": f'"{board.name}"',
        "BOARD_KERNELS": f'"{" ".join(board.cpu.kernels)}"',
        "BOARD_BUILD_ID": "{" + ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(build_id)) + "}",
        "BOARD_CLOCK_HZ": f"{board.clock.hz}u",
        "BOARD_TIMER_HZ": f"{timing.hz}u",
        "BOARD_COUNTERS": "3" if timing.cost_table else "1",
        "BOARD_BAUD": f"{board.serial.baud}u",
        "BOARD_MAX_PAYLOAD": str(board.firmware.max_payload),
        "BOARD_STACK_BYTES": str(board.firmware.stack_bytes),
        "BOARD_FLASH_ORIGIN": hex(memory.flash.origin),
        "BOARD_RAM_ORIGIN": hex(memory.ram.origin),
        "BOARD_RAM_BYTES": hex(memory.ram.bytes),
    }
    if timing.ns_per_instruction is not None:
        ticks_per_instruction = timing.ns_per_instruction * timing.hz / 1e9
        values["BOARD_TICKS_PER_INSTRUCTION_Q16"] = f"{round(ticks_per_instruction * 65536)}u"
    values |= {name: f"0x{value:x}u" for name, value in board.firmware.defines.items()}
    lines = "".join(f"#define {name} {value}\n" for name, value in values.items())
    return f"/* Constants of {board.name}, from its profile; written by mcunas. */\n{lines}"


def build_variables(board: Board, plan: Recipe) -> str:
    """The text of build.mk, see firmware/firmware.mk."""
    variables = {
        "CC": f"{board.cpu.compiler}gcc",
        "CPPFLAGS": " ".join(f"-I$(FIRMWARE)/{folder}" for folder in plan.includes),
        "CFLAGS": " ".join(plan.compile),
        **{f"OPT_{part}": flags for part, flags in OPTIMIZE.items()},
        "LDFLAGS": " ".join(plan.link),
        "LDLIBS": " ".join(plan.libraries),
        "SOURCES": " ".join(plan.sources),
        "LINKER_SCRIPT": plan.linker_script,
    }
    return "".join(f"{name} := {value}\n" for name, value in variables.items())
