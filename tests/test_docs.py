"""What the documents say can be done: commands, options, targets, boards and files that they name exist."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from device_profiles import board_names
from tests.support import ROOT
from toolchain.cli import cli
from toolchain.config_table import PAGE, configuration_page

DOCUMENTS = sorted(path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")))
CONTEXT = click.Context(cli)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_in(text: str, program: str) -> list[list[str]]:
    """Arguments of every call of `program`: lines of code blocks that start with it, and code within sentences."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    calls = [line for line in (*lines, *inline) if line.startswith(f"{program} ")]
    return [shlex.split(re.sub(r"[\[\]]", " ", call), comments=True)[1:] for call in calls]


def check_call(args: list[str]) -> None:
    """Hold that `mcunas ARGS` names a command, options and a board that exist."""
    name, *rest = args
    if name.startswith("-"):
        return None
    command = cli.get_command(CONTEXT, name)
    assert command is not None, f"there is no command mcunas {name}"
    if isinstance(command, click.Group) and rest and rest[0] in command.commands:
        return check_options(f"{name} {rest[0]}", command.commands[rest[0]], rest[1:])
    return check_options(name, command, rest)


def check_options(name: str, command: click.Command, rest: list[str]) -> None:
    options = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    used = {arg.partition("=")[0] for arg in rest if re.match(r"--?[a-z]", arg)}
    assert used <= options, f"mcunas {name} has no {', '.join(sorted(used - options))}"
    for flag, value in itertools.pairwise(rest):
        if flag == "--board" and re.fullmatch("[a-z][a-z0-9_]*", value):  # not a file, not a placeholder
            assert value in board_names(), f"there is no board {value}"


def test_the_makefile_explains_every_target() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*## \S", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert explained == TARGETS
    assert explained >= {"help", "setup", "demo", "test", "lint"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_commands_in_documents_exist(path: Path) -> None:
    text = (ROOT / path).read_text()
    for args in commands_in(text, "mcunas"):
        check_call(args)
    for args in commands_in(text, "make"):
        assert {arg for arg in args if re.fullmatch("[a-z-]+", arg)} <= TARGETS


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_links_in_documents_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / path).read_text())
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (ROOT / path).parent.joinpath(link).exists()] == []


def helps(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """What --help of the command and of its subcommands says, by what one types for it."""
    yield name, command.get_help(click.Context(command, info_name=name, max_content_width=500, terminal_width=500))
    subcommands = command.commands if isinstance(command, click.Group) else {}
    for subname, subcommand in subcommands.items():
        yield from helps(f"{name} {subname}", subcommand)


HELPS = dict(
    pair for name in cli.list_commands(CONTEXT) for pair in helps(f"mcunas {name}", cli.get_command(CONTEXT, name))
)
HELPS["mcunas"] = cli.get_help(CONTEXT)


@pytest.mark.parametrize("name", HELPS)
def test_examples_in_help_exist(name: str) -> None:
    lines = [line.strip() for line in HELPS[name].splitlines()]
    calls = [line for line in lines if line.startswith("mcunas ")]
    assert any(call.startswith(name) for call in calls), f"{name} --help has no example of itself"
    for call in calls:
        check_call(shlex.split(re.split(r"\s{2,}", call)[0])[1:])


def test_every_key_of_a_configuration_stands_in_its_page() -> None:
    text = PAGE.read_text()
    assert text == configuration_page(), "the page is not the code's: python -m toolchain.config_table"
    assert "| `max_int8_loss` | number, ≥ 0, ≤ 1 |" in text
    assert "## [validate]" in text


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (["brads"], "there is no command mcunas brads"),
        (["boards", "--min-flash", "3"], "mcunas boards has no --min-flash"),
    ],
)
def test_wrong_calls_are_found(call: list[str], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_call(call)


def test_calls_are_found_in_blocks_and_sentences() -> None:
    text = "Say `mcunas boards`:\n```sh\n$ mcunas boards --json  # all\nls\n```\n"
    assert commands_in(text, "mcunas") == [["boards", "--json"], ["boards"]]
