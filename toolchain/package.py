"""A network as a C library for the user's own firmware: a parsed .tflite and a board in, a self-contained folder out.

The folder holds model.c, the engine, the kernels in use with what they include, a header and a CMakeLists.txt; nothing
of the link, of a port or of a board. The same model, board and compiler give the same bytes.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import jinja2
import numpy as np

import firmware
from device_profiles import Board
from search.hardware import arena
from toolchain.build import Image
from toolchain.build_files import ENGINE, OPTIMIZE
from toolchain.compile.compiler import Compiled
from toolchain.compile.emit import model_source
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.package_folder import MANIFEST, check_place, publish
from toolchain.runfolder import sha256_tree, to_json
from toolchain.tflite.model import Model
from toolchain.workspace import compile_and_build

#: What of build_files.COMMON the outputs depend on, and the optimisation that the counts are told for.
FLAGS = (*OPTIMIZE["kernels"].split(), "-fno-strict-aliasing", "-ffp-contract=off")

#: Template to file of the package; the name of the header is the package's.
_TEMPLATES = {
    "api.h.j2": "include/{name}.h",
    "api.c.j2": "src/api.c",
    "arena.c.j2": "src/arena.c",
    "sources.c.j2": "src/sources.c",
    "CMakeLists.txt.j2": "CMakeLists.txt",
    "README.md.j2": "README.md",
}
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
_C_TYPES = {"int8": "int8_t", "float32": "float"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_LIBRARY_HEADERS = (
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic "
    "stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype"
)
#: <name>.h would hide a header of the C library, or <name> is a target that CMake has already.
_TAKEN = {*_LIBRARY_HEADERS.split(), "all", "clean", "help", "install", "package", "test"}


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of the network, as the header tells it. scale is C text, None for float tensors."""

    role: Literal["input", "output"]
    index: int
    function: str  # what follows <name>_: input, or input0 if there are several
    label: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    scale: str | None
    zero_point: int | None

    @property
    def macro(self) -> str:
        return self.function.upper()

    @property
    def title(self) -> str:
        return self.function.capitalize()

    @property
    def c_type(self) -> str:
        return _C_TYPES[self.dtype]

    @property
    def elements(self) -> int:
        return int(np.prod(self.shape))


def write_package(model: Model, board: Board, out: Path, name: str) -> Image:
    """Compile `model` for `board` and write it to folder `out` as C library `name`, the prefix of all that it defines.

    Returns what was built to tell the memory that it needs. A package that lies in `out` is replaced, all at once.
    Raises BadInput for a name that cannot be used or an `out` that holds anything else, and what build() raises.
    """
    check_name(name)
    check_place(out)
    with TemporaryDirectory(prefix="mcunas-") as aside:
        compiled, image = compile_and_build(model, board, Path(aside))
    publish(package_files(compiled, image, board, name), out)
    return image


def default_name(model: Path) -> str:
    """The name of a package of the file `model`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", model.stem)


def check_name(name: str) -> None:
    """Raise BadInput if `name` cannot begin C names, or name a header and a CMake target."""
    if not _NAME.fullmatch(name):
        problem = "is no C identifier of at most 40 letters, digits and _ that begins with a letter"
    elif name.lower() in _TAKEN:
        problem = "is taken by the C library or CMake"
    elif name.lower().startswith("mcn"):
        problem = "begins with mcn, as the names of the engine do"
    else:
        return
    raise BadInput(f"A package cannot be called '{name}': that {problem}. Give another with --name, e.g. --name net.")


def package_files(compiled: Compiled, image: Image, board: Board, name: str) -> dict[str, bytes]:
    """{path: content} of every file of the package."""
    shared = _with_included((*ENGINE, *compiled.kernel_sources, "include/mcunas/memory.h"))
    files = {f"src/{path}": (firmware.ROOT / path).read_bytes() for path in shared}
    files["src/model.c"] = model_source(compiled.model, compiled.program, name).encode()
    files["LICENSE"] = _licence()
    rendered = {path.format(name=name): template for template, path in _TEMPLATES.items()}
    compiled_files = sorted(path for path in (*files, *rendered) if path.endswith((".c", ".S")))
    facts = _facts(compiled, image, board, name) | {"sources": compiled_files}
    facts["assembler"] = [path for path in compiled_files if path.endswith(".S")]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("toolchain", "package_templates"),
        autoescape=False,  # C, CMake and Markdown
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for path, template in rendered.items():
        files[path] = environment.get_template(template).render(facts).encode()
    files[MANIFEST] = _manifest(compiled, board, name, sorted(files))
    return dict(sorted(files.items()))


def _facts(compiled: Compiled, image: Image, board: Board, name: str) -> dict[str, Any]:
    """What the templates tell."""
    model = compiled.model
    inputs, outputs = _ports(model, "input"), _ports(model, "output")
    return {
        "name": name,
        "macro": name.upper(),
        "ports": [*inputs, *outputs],
        "inputs": inputs,
        "outputs": outputs,
        "arena_bytes": compiled.program.arena_bytes,
        "arena_alignment": arena.ALIGNMENT,
        "digest": _sources_digest(),
        "flags": " ".join(FLAGS),
        "core": board.cpu.core,
        "core_flags": " ".join(board.cpu.flags),
        "board": board.name,
        "title": board.title,
        "sha256": model.sha256,
        "model_bytes": model.file_bytes,
        "version": metadata.version("mcunas"),
        "flash": image.flash_sections,
        "stack_bound_bytes": image.stack_bound_bytes,
        "compiler": image.compiler,
    }


def _ports(model: Model, role: Literal["input", "output"]) -> list[Port]:
    tensors, names = {
        "input": (model.graph.inputs, model.input_names),
        "output": (model.graph.outputs, model.output_names),
    }[role]
    ports = []
    for index, (number, label) in enumerate(zip(tensors, names, strict=True)):
        tensor, quantization = model.graph.tensors[number], model.quantization[number]
        int8 = quantization if tensor.dtype == "int8" else None
        ports.append(
            Port(
                role=role,
                index=index,
                function=role if len(tensors) == 1 else f"{role}{index}",
                label=re.sub(r"[^A-Za-z0-9_ .:/;-]", "_", label)[:60],  # it stands in comments
                dtype=tensor.dtype,
                shape=tensor.shape,
                bytes=tensor.bytes,
                scale=_c_float(int8.scale) if int8 else None,
                zero_point=int8.zero_point if int8 else None,
            )
        )
    return ports


def _c_float(value: float) -> str:
    """A float32 as a C constant of the same bits."""
    text = format(value, ".9g")
    return f"{text}f" if "e" in text or "." in text else f"{text}.0f"


def _with_included(sources: Iterable[str]) -> list[str]:
    """`sources` and all of ours that they include, relative to firmware/, sorted."""
    found: set[str] = set()
    wanted = list(sources)
    while wanted:
        path = wanted.pop()
        if path not in found:
            found.add(path)
            text = (firmware.ROOT / path).read_text()
            wanted += [_included(file, path) for file in _INCLUDE.findall(text)]
    return sorted(found)


def _included(file: str, by: str) -> str:
    for folder in (posixpath.dirname(by), "include"):
        path = posixpath.normpath(posixpath.join(folder, file))
        if (firmware.ROOT / path).is_file():
            return path
    raise AssertionError(f"firmware/{by} includes {file}, which lies neither beside it nor in firmware/include")


def _sources_digest() -> str:
    """12 hexadecimal digits of all that packages may share, in use or not."""
    digests = [sha256_tree(firmware.ROOT / part, ".c", ".h", ".S", ".inc") for part in ("engine", "include", "kernels")]
    return sha256("".join(digests).encode()).hexdigest()[:12]


def _licence() -> bytes:
    text = metadata.distribution("mcunas").read_text("licenses/LICENSE")
    if text is None:
        raise EnvironmentFailure("The installed mcunas has no licence file to copy. Install it anew: make setup")
    return text.encode()


def _manifest(compiled: Compiled, board: Board, name: str, files: list[str]) -> bytes:
    manifest = {
        "name": name,
        "board": board.name,
        "core": board.cpu.core,
        "kernels": sorted({step.variant.name for step in compiled.program.steps}),
        "model_sha256": compiled.model.sha256,
        "arena_bytes": compiled.program.arena_bytes,
        "files": files,
    }
    return to_json(manifest).encode()
