"""The options of a flasher: the table [flasher] options of a board profile in, typed values out."""

from __future__ import annotations

import difflib
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from device_profiles.schema import Board
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.link.transport import known_ports


class Options(BaseModel):
    """Base of a flasher's options: unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


OptionsT = TypeVar("OptionsT", bound=Options)


def read_options(board: Board, options: type[OptionsT]) -> OptionsT:
    """The board's flasher options as `options`. Raises BadInput naming every wrong one and the known ones."""
    try:
        return options.model_validate(board.flasher.options)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        wrong = [str(e["loc"][0]) for e in error.errors() if e["type"] == "extra_forbidden"]
        near = [match for name in wrong for match in difflib.get_close_matches(name, options.model_fields, n=1)]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        known = ", ".join(options.model_fields) or "none"
        raise BadInput(
            f"Board {board.name}: wrong options of flasher '{board.flasher.name}': {faults}.{hint} "
            f"It has these: {known}. Correct [flasher] in the board profile."
        ) from None


def serial_port(board: Board, port: str | None) -> str:
    """The port of a board that is plugged in: --port or the profile's. Raises EnvironmentFailure if neither is set."""
    chosen = port or board.serial.port
    if not chosen:
        raise EnvironmentFailure(
            f"Board {board.name} has no serial port: name it with --port or as [serial] port of its profile. "
            f"{known_ports()}"
        )
    return chosen
