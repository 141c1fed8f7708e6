"""Build firmware: a board, model.c and the kernels in use in; firmware.elf and what is known of it (`Image`) out."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from pydantic import TypeAdapter

import firmware
from device_profiles import Board
from search.errors import FileFailure
from toolchain.build_files import FLASH_PARTS, Recipe, board_header, build_variables, recipe
from toolchain.elf import Elf, code_sha256, read_elf
from toolchain.errors import BadInput, EnvironmentFailure, ProductFailure, UserError
from toolchain.stack import stack_bound

#: The Debian package that brings each compiler.
PACKAGES = {"arm-none-eabi-": "gcc-arm-none-eabi", "riscv64-unknown-elf-": "gcc-riscv64-unknown-elf", "": "gcc"}

_ASIDE = ".build-"  # prefix of the folder in which an image is made
_KEPT = ("model.c", "board.h", "build.mk", "firmware.map", "firmware.elf", "build.json")
#: What compiler, linker and make say when they fail, the most telling first.
_COMPLAINTS = (
    r":\d+: .*[eE]rror: ",
    "undefined reference|multiple definition",
    r"\bld:",
    "not found|No such file",
    r"\*\*\*",
)
_SHARED_SOURCES = ("*.h", "*.inc", "*.mk", "*.in")


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware image. What only a board's memories make meaningful is None on the host."""

    elf: Path
    build_id: str  # 32 hexadecimal digits: of all sources, flags and the compiler's version
    model_crc32: int  # of the section .model, as CHECK tells it
    flash_sections: dict[str, int] | None  # bytes of startup, engine, kernels, model, app (with .data), libc
    flash_bytes: int | None  # their sum
    data_bytes: int | None
    bss_bytes: int | None  # without the arena
    arena_bytes: int
    stack_bound_bytes: int | None
    compiler: str  # first line of its --version
    flags: tuple[str, ...]
    objects: dict[str, str] = field(default_factory=dict)  # SHA-256 of the code of each kernel source

    @property
    def ram_bytes(self) -> int | None:
        """.data + .bss + arena + the bound of the stack; None on the host."""
        if self.data_bytes is None or self.bss_bytes is None or self.stack_bound_bytes is None:
            return None
        return self.data_bytes + self.bss_bytes + self.arena_bytes + self.stack_bound_bytes


def build(board: Board, model_c: str, kernel_sources: Sequence[str], out: Path, sanitize: bool = False) -> Image:
    """Compile and link the firmware of `board` for one model into folder `out`.

    model_c: text of model.c. kernel_sources: .c and .S files below firmware/. sanitize: with gcc's address and
    undefined-behaviour checks, host only. The same inputs give the same bytes, wherever `out` is.
    Raises EnvironmentFailure without a working compiler, ProductFailure if the image does not fit the board.
    """
    if sanitize and board.cpu.core != "host":
        raise BadInput(f"Sanitizers run on the host only, not on {board.name}. Use --board host.")
    compiler = compiler_version(board)
    plan = recipe(board, kernel_sources, sanitize)
    _check_sources(board, plan)
    build_id = _build_id(board, model_c, plan, compiler)
    with _aside(out) as folder:
        _prepare(folder, board, plan, build_id)
        image = _link(folder, board, model_c, plan, build_id, compiler)
        _check_fit(board, image)
        _write_record(folder, image)
        _publish(folder, out)
    return dataclasses.replace(image, elf=out / "firmware.elf")


#: Links an image: (text of model.c, its kernel sources) -> the image, which the next call overwrites.
Linker = Callable[[str, Sequence[str]], Image]


@contextmanager
def linker(board: Board, kernel_sources: Sequence[str]) -> Iterator[Linker]:
    """Many images of `board` one after the other, each with some of `kernel_sources`, every file compiled once.

    They have no build id and are not checked to fit. Raises EnvironmentFailure without a working compiler.
    """
    compiler, build_id = compiler_version(board), "00" * 16
    with TemporaryDirectory(prefix="mcunas-link-") as name:
        folder = Path(name)
        _prepare(folder, board, recipe(board, kernel_sources, sanitize=False), build_id)

        def link(model_c: str, chosen: Sequence[str]) -> Image:
            return _link(folder, board, model_c, recipe(board, chosen, sanitize=False), build_id, compiler)

        yield link


def _prepare(folder: Path, board: Board, plan: Recipe, build_id: str) -> None:
    (folder / "board.h").write_text(board_header(board, build_id))
    (folder / "build.mk").write_text(build_variables(board, plan))
    (folder / "src").symlink_to(firmware.ROOT.resolve())  # so that no path of this machine gets into the image


def _link(folder: Path, board: Board, model_c: str, plan: Recipe, build_id: str, compiler: str) -> Image:
    (folder / "model.c").write_text(model_c)
    _make(folder, board, plan)
    return _image(folder, board, read_elf(folder / "firmware.elf"), build_id, compiler, plan)


def load_image(out: Path) -> Image:
    """The image that build() left in folder `out`. Raises BadInput if it is missing or not the one recorded."""
    path = out / "build.json"
    try:
        digest = sha256((out / "firmware.elf").read_bytes()).hexdigest()
        text = path.read_bytes()
    except OSError as error:
        raise BadInput(f"No built firmware in {out} ({error}). Build it: mcunas build") from None
    try:
        record = json.loads(text)
        image = TypeAdapter(Image).validate_python({**record, "elf": out / "firmware.elf"})
        recorded = record["elf_sha256"]
    except (ValueError, TypeError, KeyError):
        raise BadInput(f"{path} is damaged: it describes no image. Build it again: mcunas build") from None
    if recorded != digest:
        raise BadInput(f"{image.elf} is not the image that {path} describes. Build it again: mcunas build")
    return image


def compiler_version(board: Board) -> str:
    """First line of the `--version` of the board's compiler. Raises EnvironmentFailure if it or make is missing."""
    program = f"{board.cpu.compiler}gcc"
    for tool, package in ((program, PACKAGES.get(board.cpu.compiler, program)), ("make", "make")):
        if shutil.which(tool) is None:
            raise EnvironmentFailure(
                f"Cannot build for {board.name}: {tool} is not installed. Install it: sudo apt install {package}"
            )
    done = subprocess.run([program, "--version"], capture_output=True, text=True, env=_environment(), check=False)
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.strip() or f"exit code {done.returncode}, and it says nothing"
        raise EnvironmentFailure(f"{program} --version fails: {said}. Reinstall the compiler.")
    return done.stdout.splitlines()[0]


def _check_sources(board: Board, plan: Recipe) -> None:
    needed = (*plan.sources, f"ld/{plan.linker_script}")
    missing = [name for name in needed if not (firmware.ROOT / name).is_file()]
    if missing:
        raise BadInput(
            f"Board {board.name} or its kernels need files that firmware/ does not have: {', '.join(missing)}. "
            "Correct [firmware] hal and linker_script in the board's profile."
        )


def _environment() -> dict[str, str]:
    """Messages in English, and nothing inherited that changes what make or the compiler do."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MFLAGS", "CPATH")}
    return {**inherited, "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"}


def _build_id(board: Board, model_c: str, plan: Recipe, compiler: str) -> str:
    digest = sha256()
    shared = (path for pattern in _SHARED_SOURCES for path in firmware.ROOT.rglob(pattern))
    for name in sorted({*plan.sources, *(path.relative_to(firmware.ROOT).as_posix() for path in shared)}):
        digest.update(f"{name}\0".encode() + (firmware.ROOT / name).read_bytes() + b"\0")
    texts = (model_c, compiler, build_variables(board, plan), board_header(board, build_id="00" * 16))
    digest.update("\0".join(texts).encode())
    return digest.hexdigest()[:32]


@contextmanager
def _aside(out: Path) -> Iterator[Path]:
    """A fresh folder inside `out`; those that a killed build has left are removed."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(f"{_ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(mkdtemp(prefix=_ASIDE, dir=out))
    except OSError as error:
        raise FileFailure.of(out, error) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(folder: Path, out: Path) -> None:
    """Moves the results into place; build.json goes last, without it there is no image."""
    (out / "build.json").unlink(missing_ok=True)
    for name in _KEPT:
        (folder / name).replace(out / name)


def _make(folder: Path, board: Board, plan: Recipe) -> None:
    command = ["make", "-s", "-j2", "-f", "src/firmware.mk", "FIRMWARE=src", f"SOURCES={' '.join(plan.sources)}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=_environment(), check=False)
    if done.returncode != 0:
        raise _build_error(board, done.stderr)


def _build_error(board: Board, messages: str) -> UserError:
    """The first thing that the compiler, the linker or make complained about."""
    telling = [line for sign in _COMPLAINTS for line in messages.splitlines() if re.search(sign, line)]
    first = (telling or messages.splitlines() or ["no message"])[0].strip()
    return EnvironmentFailure(
        f"The firmware for {board.name} does not compile: {first}\n"
        f"The compiler is {board.cpu.compiler}gcc; gcc 12 is known to work. (mcunas doctor lists what is installed.)"
    )


def _image(folder: Path, board: Board, elf: Elf, build_id: str, compiler: str, plan: Recipe) -> Image:
    parts = None
    if board.cpu.core != "host":
        parts = {name: elf.section_bytes(f".{name}") for name in FLASH_PARTS}
        parts["app"] += elf.section_bytes(".data")  # its initial values lie in flash
    return Image(
        elf=folder / "firmware.elf",
        build_id=build_id,
        model_crc32=zlib.crc32(elf.sections[".model"].data),
        flash_sections=parts,
        flash_bytes=sum(parts.values()) if parts else None,
        data_bytes=elf.section_bytes(".data") if parts else None,
        bss_bytes=elf.section_bytes(".bss") if parts else None,
        arena_bytes=elf.symbols["mcn_arena"].size_bytes,
        stack_bound_bytes=_stack_bound(folder, board, elf, plan) if parts else None,
        compiler=compiler,
        flags=plan.flags,
        objects={name: code_sha256(folder / f"obj/{name}.o") for name in plan.sources if name.startswith("kernels/")},
    )


def _stack_bound(folder: Path, board: Board, elf: Elf, plan: Recipe) -> int:
    sources = [name for name in (*plan.sources, "model.c") if name.endswith(".c")]
    reports = {name: (folder / f"obj/{name}.ci").read_text() for name in sources}
    kernels = [name for name in reports if name.startswith(("kernels/", "model."))]
    command = [f"{board.cpu.compiler}objdump", "-d", "--no-show-raw-insn", "-j", ".libc", "firmware.elf"]
    library = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=_environment(), check=False)
    return stack_bound(reports, kernels, elf, library.stdout)


def _check_fit(board: Board, image: Image) -> None:
    if image.flash_sections is None or image.flash_bytes is None:
        return
    flash = board.memory.flash.bytes
    if image.flash_bytes > flash:
        parts = " + ".join(f"{name} {size:,}" for name, size in image.flash_sections.items())
        raise ProductFailure(
            f"The firmware needs {image.flash_bytes:,} B of flash ({parts}), {board.name} has {flash:,} B.\n"
            "Lower [limits] flash_bytes in the search, or pick a board with more: mcunas boards"
        )
    stack, ram = board.firmware.stack_bytes, board.memory.ram.bytes
    if image.stack_bound_bytes is not None and image.stack_bound_bytes > stack:
        raise ProductFailure(
            f"The firmware may use {image.stack_bound_bytes:,} B of stack, {board.name} gives it {stack:,} B. "
            f"Raise firmware.stack_bytes in the board's profile."
        )
    data = (image.data_bytes or 0) + (image.bss_bytes or 0)
    need = data + image.arena_bytes + stack
    if need > ram:
        raise ProductFailure(
            f"The firmware needs {need:,} B of RAM (data {data:,} + arena {image.arena_bytes:,} + stack {stack:,}), "
            f"{board.name} has {ram:,} B.\n"
            f"Lower [limits] arena_bytes in the search, or pick a board: mcunas boards --min-ram {need}"
        )


def _write_record(folder: Path, image: Image) -> None:
    record = {**dataclasses.asdict(image), "elf": image.elf.name}
    record["elf_sha256"] = sha256(image.elf.read_bytes()).hexdigest()
    (folder / "build.json").write_text(json.dumps(record, indent=2) + "\n")
