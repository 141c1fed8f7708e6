"""The command line as a whole: help, messages, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from device_profiles import UnknownBoard
from search.errors import SearchError
from toolchain.cli import Commands, cli, main
from toolchain.errors import BadInput, EnvironmentFailure, InvalidMeasurement, ProductFailure

COMMANDS = cli.list_commands(click.Context(cli))
HEAVY = "numpy", "torch", "tensorflow", "pymoo", "sklearn", "serial", "rich", "jinja2"


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Makes every subcommand call the given function."""

    def replace(function: Callable[[], object]) -> None:
        monkeypatch.setattr(Commands, "get_command", lambda *_: click.Command("fake", callback=function))

    return replace


def raising(error: BaseException) -> Callable[[], None]:
    def function() -> None:
        raise error

    return function


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Example:\n    mcunas {name}" in text
    options = [p for p in cli.get_command(click.Context(cli), name).params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys; from toolchain.cli import main; main(['--help']); print(set({HEAVY}) & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "set()"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("mcunas 0.")


def test_unknown_command_names_the_near_and_the_valid_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brads"]) == 2
    assert f"No such command 'brads'. Did you mean boards? Commands: {', '.join(COMMANDS)}." in capsys.readouterr().err


def test_unknown_option_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boards", "--colour"]) == 2
    assert "No such option '--colour'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("x.tflite is truncated."), 2),
        (ProductFailure("outputs differ"), 1),
        (EnvironmentFailure("/dev/ttyACM0 is busy"), 3),
        (InvalidMeasurement("the timer stands still"), 4),
        (UnknownBoard("No profile for board 'x'."), 2),
        (SearchError("No such proxy."), 2),
    ],
)
def test_expected_failures_end_in_one_message_and_their_exit_code(run_instead, capsys, error, code) -> None:
    run_instead(raising(error))
    assert main(["fake"]) == code
    captured = capsys.readouterr()
    assert captured.err == f"Error: {error}\n"
    assert captured.out == ""


def test_a_bug_keeps_its_traceback(run_instead) -> None:
    run_instead(raising(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        main(["fake"])


def test_interrupt_says_how_to_go_on(run_instead, capsys) -> None:
    run_instead(raising(KeyboardInterrupt()))
    assert main(["fake"]) == 130
    assert "say the same command again to go on" in capsys.readouterr().err


def test_exit_code_is_what_the_command_returns(run_instead) -> None:
    run_instead(lambda: 4)
    assert main(["fake"]) == 4
    run_instead(lambda: None)
    assert main(["fake"]) == 0


def test_a_reader_that_went_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    code = "import sys; from toolchain.cli import main; sys.exit(main(['boards']))"
    done = subprocess.run([sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_another_broken_pipe_is_a_bug(run_instead) -> None:
    run_instead(raising(BrokenPipeError()))
    with pytest.raises(RuntimeError, match="a pipe to another program broke"):
        main(["fake"])
