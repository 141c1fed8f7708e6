"""The command line as a whole: help, messages, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from device_profiles import UnknownBoard
from search.errors import FileFailure, SearchError
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


def test_a_file_that_cannot_be_written_is_the_environments_fault(run_instead, capsys) -> None:
    run_instead(raising(FileFailure.of(Path("/out/a.json"), OSError(28, "No space left on device"))))
    assert main(["fake"]) == 3
    assert capsys.readouterr().err.startswith("Error: Cannot write /out/a.json: No space left on device. ")


def test_a_bug_keeps_its_traceback_and_is_no_failed_product(run_instead, capsys) -> None:
    run_instead(raising(ZeroDivisionError("a bug")))
    assert main(["fake"]) == 70
    text = capsys.readouterr().err
    assert text.startswith("Traceback (most recent call last):\n")
    assert "in function\n    raise error\n" in text
    assert text.endswith("ZeroDivisionError: a bug\n")


def test_interrupt_says_how_to_go_on(run_instead, capsys) -> None:
    run_instead(raising(KeyboardInterrupt()))
    assert main(["fake"]) == 130
    assert "say the same command again to go on" in capsys.readouterr().err


def test_an_interrupt_that_an_import_turned_into_its_own_error(run_instead, capsys) -> None:
    def importing() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise ImportError("numpy's extension cannot be imported") from error

    run_instead(importing)
    assert main(["fake"]) == 130
    assert capsys.readouterr().err.startswith("Interrupted. ")


def test_termination_cleans_up_as_an_interrupt_does(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    code = (
        "import click, sys, tempfile, time\n"
        "from toolchain.cli import Commands, main\n"
        "def wait():\n"
        f"    with tempfile.TemporaryDirectory(dir={str(tmp_path)!r}):\n"
        "        print('ready', flush=True)\n"
        "        time.sleep(60)\n"
        "Commands.get_command = lambda *_: click.Command('fake', callback=wait)\n"
        "sys.exit(main(['fake']))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        error = process.communicate()[1]
    assert (process.returncode, error.strip().startswith("Interrupted. "), "Traceback" in error) == (143, True, False)
    assert list(tmp_path.iterdir()) == []
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGTERM) == before


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


def test_another_broken_pipe_is_a_bug(run_instead, capsys) -> None:
    run_instead(raising(BrokenPipeError()))
    assert main(["fake"]) == 70
    assert "RuntimeError: a pipe to another program broke" in capsys.readouterr().err
