"""The cycle model of emulated boards: the name of a table of costs in, QEMU's plugin compiled and its arguments out.

The tables are the .toml files beside this one; docs/modelled_cycles.md tells what the model leaves out.
"""

from __future__ import annotations

import difflib
import os
import platform
import shutil
import subprocess
import tomllib
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolchain.errors import BadInput, EnvironmentFailure

FOLDER = Path(__file__).parent
SOURCES = (FOLDER / "cost_plugin.c", FOLDER / "thumb_costs.h")
COMPILE = ("-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden")


class Cycles(BaseModel):
    """Every cost that the plugin knows, see thumb_costs.h."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    multiply: int = Field(ge=0)
    divide: int = Field(ge=0)
    it: int = Field(ge=0)
    system: int = Field(ge=0)
    load: int = Field(ge=0)
    store: int = Field(ge=0)
    store_register: int = Field(ge=0)
    multiple: int = Field(ge=0)
    word: int = Field(ge=0)
    pipelined: int = Field(ge=0)
    address_stall: int = Field(ge=0)
    taken: int = Field(ge=0)
    taken_call: int = Field(ge=0)
    taken_load: int = Field(ge=0)
    table_branch: int = Field(ge=0)
    float_mac: int = Field(ge=0)
    float_divide: int = Field(ge=0)
    float_move: int = Field(ge=0)


class CostTable(BaseModel):
    """A table of costs. source: the document and its tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    cycles: Cycles


def table_names() -> list[str]:
    """Names of all tables, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_table(name: str) -> CostTable:
    """The table called `name`. Raises BadInput with the near and the valid names, or with every cost that is wrong."""
    names = table_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise BadInput(f"No table of costs '{name}' (timing.cost_table).{hint} Tables: {', '.join(names)}.")
    path = FOLDER / f"{name}.toml"
    try:
        return CostTable.model_validate(tomllib.loads(path.read_text()))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BadInput(f"{path} is not a table of costs: {error}") from None


def plugin_argument(name: str) -> str:
    """What follows QEMU's `-plugin` to count with table `name`. Raises as load_table() and compiled_plugin() do."""
    costs = load_table(name).cycles.model_dump()
    path = str(compiled_plugin()).replace(",", ",,")  # a single one would end the file's name
    return ",".join([f"file={path}", *(f"{cost}={cycles}" for cost, cycles in costs.items())])


def compiled_plugin() -> Path:
    """The plugin, compiled by this computer's gcc unless that has been done before.

    Raises EnvironmentFailure without a working gcc, or where the user's cache cannot be written.
    """
    digest = sha256(" ".join((*COMPILE, platform.machine())).encode())
    for source in SOURCES:
        digest.update(source.read_bytes())
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mcunas"
    plugin = folder / f"cost_plugin-{digest.hexdigest()[:16]}.so"
    if not plugin.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _compile(plugin)
        except OSError as error:
            raise EnvironmentFailure(
                f"The emulator's cost plugin cannot be kept in {folder}: {error.strerror}. "
                "Make that folder writable, or name another with the variable XDG_CACHE_HOME."
            ) from None
    return plugin


def _compile(plugin: Path) -> None:
    gcc = shutil.which("gcc")
    if gcc is None:
        raise EnvironmentFailure(
            "Modelled cycles need a plugin of the emulator, which is compiled here, but gcc is not installed. "
            "Get it with: sudo apt-get install gcc libc6-dev (mcunas doctor shows all else)"
        )
    descriptor, aside = mkstemp(dir=plugin.parent, suffix=".so")
    os.close(descriptor)
    try:
        command = [gcc, *COMPILE, str(SOURCES[0]), "-o", aside]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise EnvironmentFailure(
                f"gcc cannot compile {SOURCES[0]}: {(done.stderr.strip().splitlines() or ['no message'])[0]} "
                "Its headers may be missing: sudo apt-get install libc6-dev"
            )
        Path(aside).replace(plugin)
    finally:
        Path(aside).unlink(missing_ok=True)
