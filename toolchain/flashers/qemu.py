"""Runs the firmware in QEMU, its serial port on a pty.

machine: of `-M`, with its options. binary: the emulator. icount_shift: one instruction takes 2^icount_shift ns of the
emulated time, so that counts are the same in every run; must be the profile's timing.ns_per_instruction. memory: of
`-m`. bios: of `-bios`. semihosting: let the firmware use it. extra: further arguments, as in a shell. A board with a
timing.cost_table runs with a plugin that counts modelled cycles.

[flasher]
name = "qemu"
options = { binary = "qemu-system-arm", machine = "mps2-an386", icount_shift = 7 }
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_profiles.schema import Board
from toolchain.emulator.cost_plugin import plugin_argument
from toolchain.errors import BadInput
from toolchain.flashers._options import Options, read_options
from toolchain.flashers._process import find_program, running_port, started

_READY = re.compile(r"char device redirected to (\S+)")
_APT = {"qemu-system-arm": "qemu-system-arm", "qemu-system-aarch64": "qemu-system-arm"}


class QemuOptions(Options):
    """See the module's docstring."""

    machine: str
    binary: str = "qemu-system-arm"
    icount_shift: int | None = None
    memory: str = ""
    bios: str = ""
    semihosting: bool = False
    extra: str = ""


def command_line(elf: Path, board: Board) -> list[str]:
    """QEMU's arguments for `board`. Raises BadInput for wrong options, EnvironmentFailure if QEMU is not installed."""
    options = read_options(board, QemuOptions)
    tick_ns = None if options.icount_shift is None else 2**options.icount_shift
    if board.timing.ns_per_instruction not in (None, tick_ns):
        raise BadInput(
            f"Board {board.name}: icount_shift = {options.icount_shift} makes an instruction {tick_ns} ns long, but "
            f"timing.ns_per_instruction is {board.timing.ns_per_instruction}. Make both agree in the board profile."
        )
    line = [find_program(options.binary, _APT.get(options.binary, "qemu-system-misc"))]
    line += ["-M", options.machine, "-display", "none", "-monitor", "none", "-kernel", str(elf.resolve())]
    line += ["-chardev", "pty,id=s0", "-serial", "chardev:s0"]
    if options.icount_shift is not None:
        line += ["-icount", f"shift={options.icount_shift},align=off,sleep=off"]
    if options.semihosting:
        line += ["-semihosting-config", "enable=on,target=native"]
    line += ["-m", options.memory] if options.memory else []
    line += ["-bios", options.bios] if options.bios else []
    line += ["-plugin", plugin_argument(board.timing.cost_table)] if board.timing.cost_table else []
    return line + shlex.split(options.extra)


@contextmanager
def start(elf: Path, board: Board, port: str | None, flash: bool) -> Iterator[str]:
    """See Flasher.start."""
    command = command_line(elf, board)
    running = running_port(board, port, flash)
    if running:
        yield running
        return
    with started(command, _READY) as pty:
        yield pty
