"""How an image gets onto a board: a flasher's name in, its module out. A flasher is one file in this folder.

The module has one function, `start` (see Flasher), and a docstring that ends with a TOML example to copy into a board
profile. Files whose names begin with an underscore are helpers.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from device_profiles.schema import Board
from toolchain.errors import BadInput


class Flasher(Protocol):
    """What every module in this folder offers."""

    def start(self, elf: Path, board: Board, port: str | None, flash: bool) -> AbstractContextManager[str]:
        """Gets `elf` running on `board` and yields the serial port (pyserial URL) that it answers at.

        port: the user's --port, None for the profile's own. flash: False leaves what runs there as it is.
        Raises BadInput for options that the flasher does not have, EnvironmentFailure for absent tools or boards.
        At the end of the block an emulator ends too, whatever happens in the block.
        """


def flasher_names() -> list[str]:
    """Names of all flashers, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def flasher(name: str) -> Flasher:
    """The flasher called `name`. Raises BadInput with the near and the valid names."""
    names = flasher_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise BadInput(f"No flasher '{name}'.{hint} Flashers: {', '.join(names)}.")
    return cast(Flasher, importlib.import_module(f"{__name__}.{name}"))
