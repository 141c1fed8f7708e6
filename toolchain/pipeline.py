"""The map of the project: the stages from a data set to a verdict, in order, and the loop that runs them.

Every stage is a module in toolchain/stages/ with one function `run(context)`: it reads files of the run folder and
writes files of the run folder. A stage whose inputs are unchanged is not run again; one that returns False (a verdict
other than 'passed') has written its files but will be run again.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from device_profiles import Board
from toolchain.build import compiler_version
from toolchain.config import RunConfig, parse
from toolchain.errors import BadInput
from toolchain.latency_file import latency_inputs
from toolchain.runfolder import RunFolder, sha256_file, sha256_tree, to_json

REPOSITORY = Path(__file__).parent.parent
CONFIG = "config.json"
SOURCES = (".py", ".c", ".h", ".S", ".inc", ".toml", ".json", ".in", ".mk", ".j2")

#: progress(done, total, what is happening)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage depends on and what it leaves.

    settings: sections of the configuration. reads, writes: files of the run folder. code: folders whose sources decide
    the result. packages: installed packages whose versions do. reads_latency: the board's latency file does, too;
    compiles: the board's compiler does. on_board: it touches the board, so one that was asked for by name, or is of a
    real board, is always run.
    """

    name: str
    settings: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    reads_latency: bool = False
    compiles: bool = False
    on_board: bool = False


STAGES = (
    Stage(
        "search",
        settings=("data", "search", "limits", "board"),
        writes=("search/pick.json", "search/front.json", "search/candidates.csv", "search/reference.json",
                "search/limits.json"),
        code=("search", "device_profiles"),
        packages=("torch", "numpy", "pymoo", "scikit-learn"),
        reads_latency=True,
    ),
    Stage(
        "train",
        settings=("data", "train"),
        reads=("search/pick.json",),
        writes=("train/weights.npz", "train/metrics.json"),
        code=("search",),
        packages=("torch", "numpy", "scikit-learn"),
    ),
    Stage(
        "export",
        settings=("data", "export"),
        reads=("search/pick.json", "train/weights.npz"),
        writes=("export/model.onnx", "export/model.tflite", "export/checks.json"),
        code=("search/spaces", "search/network.py", "search/hardware", "toolchain/export", "toolchain/tflite"),
        packages=("torch", "onnx", "onnx2tf", "onnxruntime", "tensorflow", "tflite-micro", "numpy"),
    ),
    Stage(
        "build",
        settings=("board",),
        reads=("export/model.tflite",),
        writes=("build/model.c", "build/firmware.elf", "build/build.json"),
        code=("search/hardware", "device_profiles", "toolchain/compile", "toolchain/tflite", "toolchain/workspace.py",
              "toolchain/build.py", "toolchain/build_files.py", "toolchain/elf.py", "toolchain/stack.py", "firmware"),
        compiles=True,
    ),
    Stage(
        "flash",
        settings=("board",),
        reads=("build/firmware.elf", "build/build.json"),
        writes=("flash/flash.json",),
        on_board=True,
    ),
    Stage(
        "validate",
        settings=("board", "data", "limits", "validation"),
        reads=("export/model.tflite", "build/build.json", "flash/flash.json", "train/metrics.json"),
        writes=("validate/result.json",),
        code=("toolchain",),
        packages=("tflite-micro",),
        reads_latency=True,
        on_board=True,
    ),
    Stage(
        "report",
        settings=("data", "search", "limits", "board"),
        reads=("search/pick.json", "search/front.json", "search/candidates.csv", "search/limits.json",
               "train/metrics.json", "export/checks.json", "build/build.json", "validate/result.json"),
        writes=("report.json", "report.html"),
        code=("toolchain/report",),
        packages=("jinja2",),
    ),
)  # fmt: skip


@dataclass
class Context:
    """What a stage is handed: the run folder, the configuration, the board, and how to tell people about progress."""

    folder: RunFolder
    config: RunConfig
    board: Board
    port: str | None = None
    flash: bool = True
    progress: Progress = field(default=lambda done, total, text: None)


def stage_named(name: str) -> Stage:
    return next(stage for stage in STAGES if stage.name == name)


def stored_config(folder: RunFolder) -> RunConfig:
    """The configuration in the run folder. Raises BadInput if it is missing or damaged."""
    return parse(RunConfig, folder.read_json(CONFIG), folder.file(CONFIG))


def store_config(folder: RunFolder, config: RunConfig) -> None:
    folder.write_json(CONFIG, config.model_dump(mode="json", by_alias=True))


def require_upstream(stage: Stage, context: Context) -> None:
    """Raise BadInput unless every stage before `stage` has run with the settings and files of now.

    Sources and versions may have changed since: one stage alone may be run with a newer mcunas.
    """
    for before in STAGES[: STAGES.index(stage)]:
        inputs = inputs_of(before, context)
        program = ("code:", "version:", "compiler")
        kept = {name: digest for name, digest in inputs.items() if not name.startswith(program)}
        if not context.folder.is_current(before.name, kept):
            raise BadInput(
                f"Stage '{before.name}' of {context.folder.path} is not up to date for board {context.config.board} "
                f"and these settings. Run it first: mcunas {before.name} {context.folder.path}, or all: mcunas run "
                f"{context.folder.path}"
            )


def inputs_of(stage: Stage, context: Context) -> dict[str, str]:
    """Digest of everything that decides the result of `stage`. Raises BadInput if a file that it reads is missing."""
    config = context.config.model_dump(mode="json")
    settings = {name: config[name] for name in stage.settings} | {"seed": config["seed"]}
    inputs = {"settings": hashlib.sha256(to_json(settings).encode()).hexdigest()}
    for name in stage.reads:
        path = context.folder.file(name)
        if not path.is_file():
            writer = next(s.name for s in STAGES if name in s.writes)
            raise BadInput(
                f"{path} is missing. Run the stage that writes it first: mcunas {writer} {context.folder.path}"
            )
        inputs[name] = sha256_file(path)
    for name in stage.code:
        path = REPOSITORY / name
        inputs[f"code:{name}"] = sha256_file(path) if path.is_file() else sha256_tree(path, *SOURCES)
    if stage.reads_latency:
        inputs["latency"] = hashlib.sha256(latency_inputs(context.board)).hexdigest()
    if "data" in stage.settings and context.config.data.npz is not None:
        inputs["data"] = sha256_file(context.config.data.npz)
    if stage.compiles:
        inputs["compiler"] = compiler_version(context.board)
    return inputs | {f"version:{name}": _version(name) for name in stage.packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def run_stages(
    context: Context,
    stages: Iterable[Stage],
    show: Callable[[Stage], AbstractContextManager[Progress]],
    by_name: bool = False,
) -> None:
    """Run `stages` in order, those that are finished left out; show(stage) gives the progress of one.

    by_name: the user named the stage, so one that touches the board is run in any case.

    What a stage raises goes to the caller; the stages before it stay finished.
    """
    for stage in stages:
        inputs = inputs_of(stage, context)
        always = stage.on_board and (by_name or not context.board.emulated)
        if not always and context.folder.is_finished(stage.name, inputs):
            continue
        started = time.monotonic()
        with show(stage) as progress:
            context.progress = progress
            done = importlib.import_module(f"toolchain.stages.{stage.name}").run(context)
        context.folder.finish(stage.name, inputs, list(stage.writes), _facts(context), passed=done is not False)
        context.folder.add_timing(stage.name, time.monotonic() - started)


def _facts(context: Context) -> dict[str, object]:
    config, board = context.config, context.board
    built = context.folder.file("build/build.json")
    image = json.loads(built.read_text()) if built.exists() else {}
    return {
        "compiler": image.get("compiler"),
        "flags": image.get("flags"),
        "name": config.name,
        "seed": config.seed,
        "board": config.board,
        "timing_kind": board.timing.kind,
        "mcunas": _version("mcunas"),
    }
