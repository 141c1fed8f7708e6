"""docs/configuration.md: the models of a run configuration in, a table of every key, default and meaning out.

`python -m toolchain.config_table` writes it; a test holds that it is the one that stands there.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from search.files import write_atomic
from toolchain.config import RunConfig

PAGE = Path(__file__).parent.parent / "docs/configuration.md"

_INTRODUCTION = """\
# Run configuration

What `mcunas run` reads: a TOML file, such as [examples/digits.toml](../examples/digits.toml). Only `name`
must be given. An unknown key is an error. This page is made from the code: `python -m toolchain.config_table`.
"""
_TOP = {
    "name": "of the run and its folder: letters, digits, `_`, `.`, `-`",
    "seed": "of everything that is random; the same seed gives the same files",
    "board": "of `mcunas boards`, or the path of a profile; `--board` goes before it",
}
_TYPES = {int: "whole number", float: "number", str: "text", Path: "path", tuple: "list of texts", bool: "true, false"}
_BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def configuration_page() -> str:
    """The text of docs/configuration.md."""
    top = {name: field for name, field in _fields(RunConfig) if not _is_section(field)}
    parts = [_INTRODUCTION, "## Before the sections\n", _table(top)]
    for name, field in _fields(RunConfig):
        if _is_section(field):
            model: type[BaseModel] = field.annotation  # type: ignore[assignment]
            parts += [f"## [{name}]\n", f"{inspect.getdoc(model)}\n", _table(dict(_fields(model)))]
    return "\n".join(parts)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Keys as they stand in the file."""
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = (
        f"| `{name}` | {_values(field)} | {_default(field)} | {field.description or _TOP[name]} |\n"
        for name, field in fields.items()
    )
    return "| key | values | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _values(field: FieldInfo) -> str:
    """The type, and the bounds that pydantic holds it to."""
    kind: Any = next((part for part in get_args(field.annotation) if part is not NoneType), field.annotation)
    if get_origin(field.annotation) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(field.annotation))
    if get_origin(field.annotation) is tuple:
        kind = tuple
    bounds = (
        f"{sign} {getattr(part, key)}" for part in field.metadata for key, sign in _BOUNDS.items() if hasattr(part, key)
    )
    return ", ".join((_TYPES[kind], *bounds))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    return "none" if field.default is None else f"`{json.dumps(field.default)}`"


if __name__ == "__main__":
    write_atomic(PAGE, configuration_page())
