"""Writes the firmware into a board's flash with OpenOCD and a debug probe (ST-Link, CMSIS-DAP, J-Link).

config: OpenOCD's file for the board; several are separated by blanks. speed_khz: of the probe, 0 for OpenOCD's own.
probe: serial number, when several boards are plugged in. commands: run before flashing.

[flasher]
name = "openocd"
options = { config = "board/st_nucleo_f4.cfg" }
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_profiles.schema import Board
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.flashers._options import Options, read_options, serial_port
from toolchain.flashers._process import find_program

_TIMEOUT_S = 180.0
_TAIL_LINES = 12

_NO_PROBE = "No debug probe found: plug the board in at its probe's USB socket, with a cable that carries data."

#: What OpenOCD prints, and what helps.
_HINTS = (
    (
        "Can't find",
        "It has no such file: correct `config` in the board profile (see /usr/share/openocd/scripts/board).",
    ),
    ("LIBUSB_ERROR_ACCESS", "No permission for the probe: install OpenOCD's udev rules and plug the board in again."),
    ("open failed", _NO_PROBE),
    ("unable to find a matching CMSIS-DAP device", _NO_PROBE),
    ("No J-Link device found", _NO_PROBE),
    (
        "init mode failed",
        "The probe does not reach the chip: power it, or hold its reset button while flashing starts.",
    ),
)


class OpenocdOptions(Options):
    """See the module's docstring."""

    config: str
    speed_khz: int = 0
    probe: str = ""
    commands: str = ""


def command_line(elf: Path, board: Board) -> list[str]:
    """OpenOCD's arguments. Raises BadInput for wrong options, EnvironmentFailure if OpenOCD is not installed."""
    options = read_options(board, OpenocdOptions)
    image = str(elf.resolve())
    if "{" in image or "}" in image:
        raise BadInput(f"OpenOCD cannot read a path with braces: {image}. Use another folder with --out.")
    line = [find_program("openocd", apt="openocd")]
    for config in options.config.split():
        line += ["-f", config]
    if options.speed_khz:
        line += ["-c", f"adapter speed {options.speed_khz}"]
    if options.probe:
        line += ["-c", f"adapter serial {options.probe}"]
    if options.commands:
        line += ["-c", options.commands]
    return [*line, "-c", f"program {{{image}}} verify reset exit"]


@contextmanager
def start(elf: Path, board: Board, port: str | None, flash: bool) -> Iterator[str]:
    """See Flasher.start."""
    chosen = serial_port(board, port)
    if flash:
        _flash(command_line(elf, board), board)
    yield chosen


def _flash(command: list[str], board: Board) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EnvironmentFailure(
            f"OpenOCD has not finished flashing {board.name} in {_TIMEOUT_S:g} s and was stopped. "
            "Plug the board in again and repeat the command."
        ) from None
    if done.returncode:
        hints = [hint for sign, hint in _HINTS if sign in done.stdout]
        tail = "\n".join(done.stdout.strip().splitlines()[-_TAIL_LINES:])
        raise EnvironmentFailure(
            f"OpenOCD could not flash {board.name} (exit status {done.returncode}). "
            f"{hints[0] if hints else 'Check the cable, the power and [flasher] of the board profile.'} "
            f"It printed last:\n{tail}"
        )
