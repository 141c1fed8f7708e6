"""What this machine has and lacks for mcunas: nothing in, findings out, each with its purpose and how to get it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement

MEASURE = "build, flash and validate"
PURPOSES = {"": MEASURE, "search": "search and train", "export": "export to TensorFlow Lite"}
SETUP = "make setup"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that the toolchain calls.

    apt: the Debian packages that bring it. required: the host port or the default board cannot work without it.
    files: what a compiler must find beside it.
    """

    name: str
    apt: tuple[str, ...]
    purpose: str
    required: bool = False
    files: tuple[str, ...] = ()
    setup: bool = True  # make setup installs it


PROGRAMS = (
    Program("gcc", ("gcc", "libc6-dev"), "the host port", required=True, files=("crt1.o",)),
    Program("make", ("make",), "building firmware", required=True),
    Program("arm-none-eabi-gcc", ("gcc-arm-none-eabi",), "firmware for Arm boards", required=True),
    Program("qemu-system-arm", ("qemu-system-arm",), "emulated Arm boards", required=True),
    Program("riscv64-unknown-elf-gcc", ("gcc-riscv64-unknown-elf",), "firmware for RISC-V boards"),
    Program("qemu-system-riscv32", ("qemu-system-misc",), "emulated RISC-V boards"),
    Program("cmake", ("cmake",), "the tests of mcunas package"),
    Program("openocd", ("openocd",), "flashing boards with a debug probe (ST-Link, CMSIS-DAP)", setup=False),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for. version: what was found, None if nothing usable was."""

    name: str
    kind: str  # "python package" or "program"
    version: str | None
    purpose: str
    required: bool
    get: str
    problem: str = ""


def findings() -> list[Finding]:
    """Everything that is needed or useful, in the order of the work: programs, then Python packages."""
    return [_look_for(program) for program in PROGRAMS] + _python_packages()


def is_ready(found: list[Finding]) -> bool:
    """Whether the host port and the default board can work."""
    return all(finding.version for finding in found if finding.required)


def missing_apt(found: list[Finding]) -> list[str]:
    """Debian packages that `make setup` should install on this machine."""
    lacking = {finding.name for finding in found if not finding.version}
    return [package for program in PROGRAMS if program.setup and program.name in lacking for package in program.apt]


def _look_for(program: Program) -> Finding:
    get = f"sudo apt-get install {' '.join(program.apt)}"
    path = shutil.which(program.name)
    if path is None:
        return Finding(program.name, "program", None, program.purpose, program.required, get, "not found")
    for name in program.files:
        if "/" not in _output(path, f"-print-file-name={name}"):
            problem = f"has no {name}"
            return Finding(program.name, "program", None, program.purpose, program.required, get, problem)
    return Finding(program.name, "program", _version(path), program.purpose, program.required, get)


def _version(path: str) -> str:
    first_line = _output(path, "--version").partition("\n")[0]
    match = re.search(r"\d+(\.\d+)+", re.sub(r"\([^)]*\)", "", first_line))
    return match[0] if match else "unknown version"


def _output(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=20)
    return done.stdout


def _python_packages() -> list[Finding]:
    """The packages that pyproject.toml names for each stage, against what is installed."""
    found = []
    for text in metadata.requires("mcunas") or []:
        requirement = Requirement(text)
        extra = next((e for e in PURPOSES if not requirement.marker or requirement.marker.evaluate({"extra": e})), None)
        if extra is not None and requirement.name != "mcunas":
            found.append(_package(requirement, PURPOSES[extra], required=extra == ""))
    return found


def _package(requirement: Requirement, purpose: str, *, required: bool) -> Finding:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(requirement.name, "python package", None, purpose, required, SETUP, "not installed")
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(requirement.name, "python package", version, purpose, required, SETUP)
    problem = f"{version} is installed, {requirement.specifier} is wanted"
    return Finding(requirement.name, "python package", None, purpose, required, SETUP, problem)
