"""Benchmark of the engine: the reference models on every emulated core in; the tables of docs/benchmarks.md out.

`make bench-engine`, or `python -m benchmarks.engine`. Every figure comes from what `mcunas validate` does, so a result
that is not bit-exact cannot go unseen. Emulators count the same every time: a second run changes nothing in the file
unless something has changed in the code.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.tables import page
from device_profiles import Board, board_names, load_board
from search.files import write_atomic
from search.settings import Limits
from search.spaces import deployable_names, load_deployable
from tests.random_models import random_model
from toolchain.compile.compiler import Compiled
from toolchain.report.schema import Report
from toolchain.samples import Samples, default_samples
from toolchain.tflite.reader import read_model
from toolchain.validation import Subject, validate
from toolchain.workspace import compile_and_build

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MODELS = ROOT.parent / "shared" / "data"
BEGIN, END = "<!-- bench-engine: from here on written by make bench-engine -->", "<!-- bench-engine: to here -->"
SAMPLES, REPEATS, SEED = 2, 3, 0


@dataclass(frozen=True)
class Run:
    """One model on one board."""

    model: str
    board: Board
    compiled: Compiled
    report: Report
    compiler: str
    emulator: str


def models() -> dict[str, bytes]:
    """The reference models beside the checkout by name, else a random member of each space that can be searched."""
    found = sorted(MODELS.glob("*.tflite"))
    if found:
        return {path.stem.removesuffix("_int8"): path.read_bytes() for path in found}
    members = {}
    for name in deployable_names():
        space = load_deployable(name)
        graph = space.graph(space.sample(np.random.default_rng(SEED)), 10)
        members[f"{name} (random)"] = random_model(graph, SEED)
    return members


def run(name: str, tflite: bytes, board: Board) -> Run:
    """Compile, build, run and measure a model. A failure of the board is the report's verdict."""
    model = read_model(tflite)
    with tempfile.TemporaryDirectory() as folder:
        compiled, image = compile_and_build(model, board, Path(folder))
        samples = Samples(default_samples(model, SEED).inputs[:SAMPLES])
        report = validate(Subject(tflite, compiled, image, board), samples, REPEATS, Limits(), lambda *_: None)
    return Run(name, board, compiled, report, image.compiler, emulator_version(board))


def emulator_version(board: Board) -> str:
    """First line of the emulator's --version."""
    binary = str(board.flasher.options["binary"])
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.splitlines()[0]


def emulated_boards() -> list[Board]:
    """Emulated boards whose counts mean something."""
    boards = [load_board(name) for name in board_names()]
    return [board for board in boards if board.emulated and board.timing.kind is not None]


def measure(names: Sequence[str]) -> list[Run]:
    """Every model on the boards of these names, a line on stderr for each."""
    runs = []
    for model, tflite in models().items():
        for board in map(load_board, names):
            runs.append(run(model, tflite, board))
            print(f"{model} on {board.name}: {runs[-1].report.verdict}", file=sys.stderr, flush=True)
    return runs


def write(text: str, document: Path) -> None:
    """Put `text` between the marks of `document`."""
    old = document.read_text()
    pattern = re.compile(f"{re.escape(BEGIN)}\n.*?{re.escape(END)}", re.DOTALL)
    if not pattern.search(old):
        raise SystemExit(f"{document} has lost its marks '{BEGIN}' and '{END}'. Put them back.")
    write_atomic(document, pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n{END}", old))


def main(arguments: Iterable[str] | None = None) -> int:
    """The command line; 1 if a result is not exact or a board failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    every = [board.name for board in emulated_boards()]
    parser.add_argument(
        "--board", nargs="+", default=[], help=f"just these, and print instead of write: {', '.join(every)}"
    )
    options = parser.parse_args(None if arguments is None else list(arguments))
    runs = measure(options.board or every)
    if options.board:
        print(page(runs))
    else:
        write(page(runs), DOCUMENT)
    return 1 if any(each.report.verdict != "passed" for each in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
