"""The plugin's way from its sources to QEMU's command line, and what its user is told where that ends early."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from device_profiles import load_board
from device_profiles.schema import Board
from tests.support import require_tool
from toolchain.emulator.cost_plugin import COMPILE, SOURCES, compiled_plugin, plugin_argument
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.flashers import qemu


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder with a name that QEMU's option has to be guarded from."""
    folder = tmp_path / "a, b"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def test_it_compiles_without_a_warning(tmp_path: Path):
    require_tool("gcc")
    command = ["gcc", *COMPILE, "-Wall", "-Wextra", "-Werror", str(SOURCES[0]), "-o", str(tmp_path / "plugin.so")]
    subprocess.run(command, check=True)


def test_it_is_compiled_once(cache: Path, monkeypatch: pytest.MonkeyPatch):
    require_tool("gcc")
    plugin = compiled_plugin()
    assert list((cache / "mcunas").iterdir()) == [plugin]
    monkeypatch.setenv("PATH", "/nonexistent")
    assert compiled_plugin() == plugin


def test_qemu_gets_the_plugin_with_the_costs_of_the_table(cache: Path):
    require_tool("gcc", "qemu-system-arm")
    line = qemu.command_line(Path("firmware.elf"), load_board("qemu_mps2_an386"))
    argument = line[line.index("-plugin") + 1]
    assert argument == plugin_argument("cortex_m4")
    assert argument.startswith(f"file={cache.parent}/a,, b/mcunas/cost_plugin-")
    assert argument.endswith(".so,multiply=1,divide=7,it=1,system=2,load=2,store=1,store_register=2,multiple=1,word=1,"
                             "pipelined=1,address_stall=1,taken=2,taken_call=2,taken_load=3,table_branch=3,"
                             "float_mac=3,float_divide=14,float_move=2")  # fmt: skip


def test_a_board_without_a_table_runs_without_the_plugin():
    require_tool("qemu-system-arm")
    assert "-plugin" not in qemu.command_line(Path("firmware.elf"), load_board("qemu_mps2_an500"))


def test_without_gcc_its_package_is_named(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EnvironmentFailure, match=r"gcc is not installed\. Get it with: sudo apt-get install gcc"):
        compiled_plugin()
    assert list((cache / "mcunas").iterdir()) == []


def test_a_gcc_that_fails_is_quoted(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gcc = tmp_path / "gcc"
    gcc.write_text("#!/bin/sh\necho 'fatal error: stdio.h: No such file' >&2\nexit 1\n")
    gcc.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match=r"gcc cannot compile .*cost_plugin\.c: fatal error: stdio\.h: No suc"):
        compiled_plugin()
    assert list((cache / "mcunas").iterdir()) == []


def test_a_cache_that_cannot_be_written(cache: Path):
    cache.write_text("a file, no folder")
    with pytest.raises(EnvironmentFailure, match=r"cannot be kept in .*mcunas: Not a directory.*variable XDG_CACHE_H"):
        compiled_plugin()


def test_a_cost_that_the_plugin_does_not_know_stops_qemu():
    require_tool("gcc", "qemu-system-arm")
    argument = f"file={compiled_plugin()},lode=2"
    command = ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-plugin", argument]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode
    assert "cost plugin: unknown argument lode=2" in done.stderr


def test_profiles_that_cannot_be():
    board = load_board("qemu_mps2_an386").model_dump()
    for emulated, timing in ((False, {"kind": "cycles"}), (True, {"kind": None})):
        with pytest.raises(ValueError, match=r"cost_table is for emulated boards that count instructions or modelled_"):
            Board.model_validate(board | {"emulated": emulated, "timing": board["timing"] | timing})
    unknown = Board.model_validate(board | {"timing": board["timing"] | {"cost_table": "cortex_m9"}})
    with pytest.raises(BadInput, match="No table of costs 'cortex_m9'"):
        qemu.command_line(Path("firmware.elf"), unknown)
