"""A few random graphs in one image on the host port and on every emulated board, equal to TensorFlow Lite Micro."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles import board_names, load_board
from tests.fuzz.boards import TOGETHER, compare_on_board
from tests.support import require_tool

BOARDS = [name for name in board_names() if load_board(name).emulated]


@pytest.mark.emulator
@pytest.mark.parametrize("name", BOARDS)
def test_random_graphs(name: str, tmp_path: Path) -> None:
    board = load_board(name)
    require_tool(f"{board.cpu.compiler}gcc", "make")
    if "binary" in board.flasher.options:
        require_tool(str(board.flasher.options["binary"]))
    first = 5 + TOGETHER * BOARDS.index(name)
    assert compare_on_board(1, range(first, first + TOGETHER), board, tmp_path) is None
