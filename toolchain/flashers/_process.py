"""Programs that stand for a board: a command line in, a running process out that surely ends with its block."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from device_profiles.schema import Board
from toolchain.errors import BadInput, EnvironmentFailure

_POLL_S = 0.01
_DYING_S = 0.2
_MAX_PRINTED_BYTES = 1 << 20
_TAIL_CHARACTERS = 2000


def find_program(name: str, apt: str) -> str:
    """Path of a program. Raises EnvironmentFailure that names its Debian package."""
    path = shutil.which(name)
    if path is None:
        raise EnvironmentFailure(
            f"{name} is not installed. Get it with: sudo apt-get install {apt} (mcunas doctor shows all else)"
        )
    return path


def running_port(board: Board, port: str | None, flash: bool) -> str | None:
    """For boards that are programs: the port of one that runs already, None if one must be started.

    Raises BadInput or EnvironmentFailure if port and flash contradict each other.
    """
    if flash and port:
        raise BadInput(
            f"--port {port}: {board.name} is started anew and makes its own port. "
            "Leave --port away, or add --no-flash to use one that runs already."
        )
    if not flash and not port:
        raise EnvironmentFailure(
            f"--no-flash: no {board.name} is running that mcunas knows of, since it is a program that ends with each "
            "command. Run without --no-flash, or name the port of a running one with --port."
        )
    return port


def _with_parent(command: Sequence[str]) -> list[str]:
    """The command, killed by the kernel should this process be killed: an emulator must not go on burning a core.

    The kernel looks at the thread that started it, so start() belongs into a thread that lasts as long as the block.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *command] if setpriv else list(command)


def _printed(output: BinaryIO) -> str:
    """What a process has printed; pread, since seeking would move the place where the process writes, too."""
    return os.pread(output.fileno(), _MAX_PRINTED_BYTES, 0).decode(errors="replace")


def _tail(output: BinaryIO) -> str:
    """The last lines of what a process printed."""
    text = _printed(output).strip()[-_TAIL_CHARACTERS:]
    return f"It printed last:\n{text}" if text else "It printed nothing."


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process is dead; one whose pty has just closed may need a moment."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_DYING_S)
    return process.poll() is not None


def _ending(status: int) -> str:
    """How a process ended, in words."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


@contextlib.contextmanager
def started(
    command: Sequence[str], ready: re.Pattern[str], timeout_s: float = 20.0, clock: Callable[[], float] = time.monotonic
) -> Iterator[str]:
    """Starts a program and yields group 1 of `ready` as soon as its output matches; kills it at the end of the block.

    Raises EnvironmentFailure with what it printed last if it ends before that or takes longer than timeout_s, and adds
    that to an EnvironmentFailure from the block if it has died meanwhile.
    """
    # A file, not a pipe: nobody reads on after the start, and a full pipe would stop the program.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            _with_parent(command), stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
        try:
            answer = _await(process, command[0], output, ready, clock() + timeout_s, clock)
            try:
                yield answer
            except EnvironmentFailure as error:
                if not _has_ended(process):
                    raise
                died = f"{command[0]} ended by itself ({_ending(process.returncode)})"
                raise EnvironmentFailure(f"{error} {died}. {_tail(output)}") from error
        finally:
            process.kill()
            process.communicate()  # waits, and closes its stdin


def _await(
    process: subprocess.Popen[bytes], name: str, output: BinaryIO, ready: re.Pattern[str], until_s: float,
    clock: Callable[[], float],
) -> str:  # fmt: skip
    while True:
        ended = process.poll() is not None
        if match := ready.search(_printed(output)):
            return match[1]
        if ended:
            raise EnvironmentFailure(f"{name} did not start: {_ending(process.returncode)}. {_tail(output)}")
        if clock() > until_s:
            raise EnvironmentFailure(f"{name} runs, but names no serial port. {_tail(output)}")
        time.sleep(_POLL_S)
