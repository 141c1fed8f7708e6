"""Runs firmware that was built for this computer: the program itself makes a pty and prints its name.

[flasher]
name = "host"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_profiles.schema import Board
from toolchain.flashers._options import Options, read_options
from toolchain.flashers._process import running_port, started

_READY = re.compile(r"^pty (\S+)$", re.MULTILINE)


@contextmanager
def start(elf: Path, board: Board, port: str | None, flash: bool) -> Iterator[str]:
    """See Flasher.start."""
    read_options(board, Options)
    running = running_port(board, port, flash)
    if running:
        yield running
        return
    with started([str(elf.resolve())], _READY) as pty:
        yield pty
