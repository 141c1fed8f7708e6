"""Every registered board profile, and how wrong ones are refused."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from device_profiles import UnknownBoard, board_names, load_board
from device_profiles.loader import BOARDS
from tests.support import ROOT

NAMES = board_names()


def written(folder: Path, text: str) -> str:
    """A profile file with this text; returns its name."""
    path = folder / "my_board.toml"
    path.write_text(text)
    return str(path)


def text_of(board: str) -> str:
    return (BOARDS / f"{board}.toml").read_text()


def test_the_boards_that_the_project_promises():
    assert set(NAMES) >= {"host", "nucleo_f446re", "qemu_mps2_an386", "qemu_netduinoplus2"}


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_consistent(name: str):
    board = load_board(name)
    assert board.name == name
    assert board.title
    assert 0 < board.arena_limit_bytes < board.memory.ram.bytes
    assert (board.timing.kind is None) == (board.timing.source == "none")
    if board.timing.kind == "cycles":
        assert board.timing.hz == board.clock.hz
    flash, ram = board.memory.flash, board.memory.ram
    if board.cpu.core != "host":
        assert flash.origin + flash.bytes <= ram.origin or ram.origin + ram.bytes <= flash.origin


@pytest.mark.parametrize("name", NAMES)
def test_an_emulators_clock_is_stated_once(name: str):
    """ns_per_instruction and the option that makes it true are two sides of one setting."""
    board = load_board(name)
    if board.flasher.name == "qemu":
        shift = board.flasher.options["icount_shift"]
        assert board.timing.ns_per_instruction == 2 ** int(shift)
        # An instruction must be more than two ticks long, or rounding could hide or invent one.
        ticks_per_instruction = board.timing.ns_per_instruction * board.timing.hz / 1e9
        assert board.timing.source == "mcycle" or ticks_per_instruction > 2


@pytest.mark.parametrize("name", NAMES)
def test_docs_list_the_board(name: str):
    assert f"| `{name}` |" in (ROOT / "docs" / "boards.md").read_text()


def test_docs_explain_every_field():
    text = (ROOT / "docs" / "boards.md").read_text()
    for section, content in tomllib.loads(text_of("nucleo_f446re")).items():
        keys = content if isinstance(content, dict) and section != "firmware" else {section: None}
        assert all(f"`{key}`" in text or f"`[{key}]`" in text for key in keys), section


def test_an_unknown_board_names_the_near_and_the_valid_ones():
    with pytest.raises(UnknownBoard) as error:
        load_board("nucleo_f446")
    assert str(error.value).startswith("No profile for board 'nucleo_f446'. Did you mean nucleo_f446re? Boards: host, ")


def test_a_file_is_a_board_too(tmp_path: Path):
    assert load_board(written(tmp_path, text_of("host"))).name == "my_board"


def test_a_path_that_is_no_file_is_told(tmp_path: Path):
    with pytest.raises(
        UnknownBoard, match=rf"^{tmp_path}/gone\.toml does not exist\. Give the path of a board profile"
    ):
        load_board(str(tmp_path / "gone.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UnknownBoard, match=rf"^{tmp_path}/folder\.toml is not a file\."):
        load_board(str(tmp_path / "folder.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_key_is_refused(name: str, tmp_path: Path):
    text = text_of(name).replace("compiler =", "compilr =")
    with pytest.raises(UnknownBoard) as error:
        load_board(written(tmp_path, text))
    assert "cpu.compilr: no such key. Did you mean compiler? Keys here: core, compiler, flags" in str(error.value)
    assert "cpu.compiler: Field required" in str(error.value)
    assert str(error.value).endswith("See docs/boards.md.")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "ST', 'titel = "ST', "titel: no such key. Did you mean title? Keys here: title, emulated, cpu"),
        ("bytes = 524_288", 'bytes = "much"', "memory.flash.bytes: Input should be a valid integer"),
        ("origin = 0x0800_0000", "orign = 1, origin = 0", "memory.flash.orign: no such key. Did you mean origin?"),
        ("hz = 180_000_000", "hz = 0", "clock.hz: Input should be greater than 0"),
        ('source = "dwt"', 'source = "watch"', "timing.source: Input should be 'none', 'dwt', 'systick'"),
        ("emulated = false", "emulated = true", "an emulated board counts no cycles"),
        ('kind = "cycles"', 'kind = "instructions"', "needs timing.ns_per_instruction"),
        ("reserve_bytes = 8192", "reserve_bytes = 131_072", "memory.reserve_bytes leaves no RAM for the arena"),
        ('kernels = ["ref"]', 'kernels = ["fast"]', "cpu.kernels must end with 'ref'"),
        ("emulated = false", "emulated = maybe", "is not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told(tmp_path: Path, old: str, new: str, words: str):
    text = text_of("nucleo_f446re")
    if old.startswith("kernels"):
        text = "\n".join(old if line.startswith("kernels") else line for line in text.splitlines())
    assert old in text
    with pytest.raises(UnknownBoard) as error:
        load_board(written(tmp_path, text.replace(old, new, 1)))
    assert words in str(error.value)
    assert "my_board.toml" in str(error.value)


def test_reading_profiles_needs_nothing_heavy():
    """`mcunas boards` must answer at once."""
    code = "import sys, device_profiles as d; [d.load_board(n) for n in d.board_names()]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {"numpy", "torch", "tensorflow", "serial", "toolchain", "search"}.isdisjoint(done.stdout.split())
