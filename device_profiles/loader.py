"""Find and read board profiles: names in, `Board` out."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from device_profiles.schema import Board

BOARDS = Path(__file__).parent / "boards"


class UnknownBoard(Exception):
    """A board that has no profile, or a profile that cannot be read; the text is for the user."""


def board_names() -> list[str]:
    """Names of all boards that have a profile, sorted."""
    return sorted(path.stem for path in BOARDS.glob("*.toml"))


def load_board(name: str) -> Board:
    """Read the profile of board `name`, or of a file if `name` ends in .toml.

    Raises UnknownBoard with the near and the valid names, or with every field that is wrong.
    """
    path = Path(name) if name.endswith(".toml") else BOARDS / f"{name}.toml"
    if name.endswith(".toml") and not path.is_file():
        raise UnknownBoard(
            f"{path} {'is not a file' if path.exists() else 'does not exist'}. "
            "Give the path of a board profile (docs/boards.md), or a name: mcunas boards"
        )
    if not path.is_file():
        near = difflib.get_close_matches(name, board_names(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UnknownBoard(f"No profile for board '{name}'.{hint} Boards: {', '.join(board_names())}.")
    try:
        return Board.model_validate({"name": path.stem, **tomllib.loads(path.read_text())})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnknownBoard(f"{path} is not valid TOML: {error}.") from None
    except ValidationError as error:
        faults = "; ".join(map(_fault, error.errors()))
        raise UnknownBoard(f"{path} is not a board profile: {faults}. See docs/boards.md.") from None


def _fault(error: ErrorDetails) -> str:
    """One wrong field in words; an unknown one with the near and the valid names."""
    *parents, name = error["loc"] or ("",)
    place = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        return f"{place}: {error['msg']}" if place else error["msg"]
    model: type[BaseModel] = Board
    for parent in parents:
        field = model.model_fields[str(parent)].annotation
        model = field if isinstance(field, type) and issubclass(field, BaseModel) else model
    known = [key for key in model.model_fields if key != "name" or parents]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"{place}: no such key.{hint} Keys here: {', '.join(known)}"
