"""The command `mcunas`: arguments in, exit code out. Each subcommand is one file in commands/, found by its name."""

from __future__ import annotations

import difflib
import select
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

COMMANDS = Path(__file__).parent / "commands"
INTERRUPTED, BUG = 130, 70  # 1 is a product that failed, so a bug must not end with it
SIGPIPE, TERMINATED = 141, 143  # what a shell reports of a program whose reader went away, that was told to end


class Commands(click.Group):
    """The subcommands in commands/: a file each, holding one click command named `command`, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(path.stem.replace("_", "-") for path in COMMANDS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-") and not ctx.resilient_parsing:
            names = self.list_commands(ctx)
            near = difflib.get_close_matches(args[0], names, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{hint} Commands: {', '.join(names)}.")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError as error:
            if not _stdout_is_closed():  # click would end in silence, yet it was another pipe: a bug
                raise RuntimeError("a pipe to another program broke") from error
            sys.stdout = None  # nothing is left to flush at exit
            raise click.exceptions.Exit(SIGPIPE) from None


def _stdout_is_closed() -> bool:
    poll = select.poll()
    poll.register(sys.__stdout__ or 1, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Every command has its own --help with an example. Exit codes: 0 passed, 1 failed, 2 bad input, "
    "3 environment (board, port, tool), 4 invalid measurement, 70 a bug of mcunas, 130 interrupted.",
)
@click.version_option(package_name="mcunas", message="mcunas %(version)s")
def cli() -> None:
    """From a data set and a microcontroller to a searched, trained, flashed and measured network.

    \b
    Example:
      mcunas run examples/digits.toml                          search to flash, end to end
      mcunas validate model.tflite --board qemu_mps2_an386     a model of your own, on a board
      mcunas boards                                            what it can run on
    """


def _expected_failures() -> tuple[type[Exception], ...]:
    """What ends in one message. Imported only when something failed, to keep the start quick."""
    from device_profiles import UnknownBoard
    from search.errors import SearchError
    from toolchain.errors import UserError

    return (UserError, UnknownBoard, SearchError)


class Terminated(KeyboardInterrupt):
    """SIGTERM: ends what Ctrl-C ends, so temporary folders go and children are stopped."""


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM raises Terminated, if this is the main thread (no other may say what a signal does)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminate(number: int, frame: FrameType | None) -> NoReturn:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interruption(error: BaseException | None) -> KeyboardInterrupt | None:
    """The interrupt that `error` comes from: a module that was being imported may turn it into its own exception."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error


def main(args: Sequence[str] | None = None) -> int:
    """Run `mcunas args` (default: this process's) and return its exit code; a bug keeps its traceback."""
    try:
        with _terminable():
            result = cli.main(args=args, prog_name="mcunas", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  nothing is swallowed: a bug is printed
        return _failure(error)


def _failure(error: BaseException) -> int:
    """Say what ended the command and return its exit code."""
    interruption = _interruption(error)
    if interruption is not None or isinstance(error, click.Abort):
        click.echo("Interrupted. What was finished is kept: say the same command again to go on.", err=True)
        return TERMINATED if isinstance(interruption, Terminated) else INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, _expected_failures()):
        click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)
        return int(getattr(error, "exit_code", 2))
    traceback.print_exception(error)
    return BUG
