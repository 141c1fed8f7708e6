"""Benchmark of the latency model: emulated boards in; predicted against measured for networks never calibrated on out.

`make bench-latency`, or `python -m benchmarks.latency [--board NAME ...]`. Each board is calibrated with 60
measurements; then random networks of every space that can be searched, the common models and the reference models are
compiled, built and run. Writes the section of docs/benchmarks.md between its marks, and a plot for every board and
timing kind.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.latency_plot import plot
from benchmarks.tables import table
from device_profiles import Board, load_board
from search.files import write_atomic
from search.hardware.common_models import common_models
from search.hardware.latency import LatencyModel
from search.spaces import deployable_names
from toolchain.bench.image import variants_of
from toolchain.bench.operation import model_of
from toolchain.build import Linker, linker
from toolchain.calibrate.calibration import Request, calibrate
from toolchain.calibrate.operations import networks
from toolchain.compile.compiler import Compiled, compile_model
from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.measure import Timing, measure
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT, PLOTS = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "latency"
MODELS = ROOT.parent / "shared" / "data"
BEGIN, END = "<!-- bench-latency: from here on written by make bench-latency -->", "<!-- bench-latency: to here -->"
BOARDS = ("qemu_mps2_an386", "qemu_mps2_an385", "qemu_mps2_an385_m0plus", "qemu_mps2_an500", "qemu_mps3_an547",
          "qemu_riscv_virt")  # fmt: skip
BUDGET, NETWORKS, SEED = 60, 40, 991
LARGEST_MACS = 20_000_000


@dataclass
class Score:
    """One board in one timing kind. networks, operations: (predicted, low, high, measured) of each."""

    board: str
    kind: str
    seconds: float
    networks: list[tuple[int, int, int, int]] = field(default_factory=list)
    operations: list[tuple[int, int, int, int]] = field(default_factory=list)


def subjects() -> Iterator[Model]:
    """The networks, the same each time; those of the spaces are drawn with a seed that calibration does not use."""
    drawn = networks(np.random.default_rng(SEED), -(-NETWORKS // len(deployable_names())))
    for graph in (*drawn, *common_models().values()):
        yield model_of(graph)
    for path in sorted(MODELS.glob("*.tflite")):
        yield read_model(path)


def run(board: Board, compiled: Compiled, link: Linker) -> Timing | None:
    """Measures a network on a board with random inputs."""
    image = link(compiled.source, compiled.kernel_sources)
    graph, rng = compiled.program.graph, np.random.default_rng(SEED)
    sample = [rng.integers(-128, 128, graph.tensors[index].shape, np.int8) for index in graph.inputs]
    with flasher(board.flasher.name).start(image.elf, board, None, True) as url, open_device(url, board) as device:
        return measure(device, device.hello(), board, sample, repeats=1)


def scores(board: Board, say: bool) -> list[Score]:
    """Calibrates `board` and measures every network that it holds."""
    begun = time.monotonic()
    with TemporaryDirectory(prefix="mcunas-bench-") as name:
        outcome = calibrate(Request(board, BUDGET, Path(name) / "latency.json"), lambda *_: None)
    seconds = time.monotonic() - begun
    models = {kind: file.model for kind, (_, file) in outcome.files.items()}
    found = {kind: Score(board.name, kind, seconds) for kind in models}
    with linker(board, sorted({source for variant in variants_of(board) for source in variant.sources})) as link:
        for number, model in enumerate(subjects()):
            compiled = compile_model(model, board)
            if sum(step.record.macs for step in compiled.program.steps) > LARGEST_MACS:
                continue
            timing = run(board, compiled, link)
            assert timing is not None, "emulated boards have a timing kind"
            for each in (timing, *timing.others):
                add(found[each.kind], models[each.kind], compiled, each)
            if say:
                print(f"{board.name}: network {number + 1}, {timing.total.median:,}", file=sys.stderr, flush=True)
    return list(found.values())


def add(score: Score, model: LatencyModel, compiled: Compiled, timing: Timing) -> None:
    predicted = model.predict(compiled.program)
    whole = predicted.total
    score.networks.append((whole.count, whole.low, whole.high, timing.total.median))
    for step, count in zip(predicted.steps, timing.steps, strict=True):
        score.operations.append((step.count, step.low, step.high, count))


def row(score: Score) -> list[str | int]:
    nets, ops = np.array(score.networks, float), np.array(score.operations, float)
    error, op_error = nets[:, 0] / nets[:, 3] - 1, ops[:, 0] / ops[:, 3] - 1
    held = np.mean((nets[:, 1] <= nets[:, 3]) & (nets[:, 3] <= nets[:, 2]))
    width = np.median((nets[:, 2] - nets[:, 1]) / nets[:, 0])
    return [
        score.board,
        score.kind.replace("_", " "),
        f"{score.seconds:.0f}",
        len(nets),
        f"{np.mean(np.abs(error)):.2%}",
        f"{np.max(np.abs(error)):.2%}",
        f"{np.mean(np.abs(op_error) <= 0.1):.1%}",
        f"{held:.0%}",
        f"{width:.2%}",
    ]


def section(found: Sequence[Score]) -> str:
    headers = ("board", "kind", "calibration s", "networks", "mean error", "worst", "operations within 10 %",
               "90 % intervals hold", "their width")  # fmt: skip
    method = (
        f"Every board calibrated with {BUDGET} measurements, then networks that calibration has not seen: random ones "
        "of the spaces that can be searched, the common models (`search/hardware/common_models.py`), and the reference "
        f"models, up to {LARGEST_MACS // 1_000_000} million multiply-accumulates. Errors are relative, of whole "
        "inferences; the interval's width is the median, relative to the prediction.\n"
    )
    lines = ["## Latency: predicted against measured\n", method, table(headers, [row(score) for score in found])]
    lines += [f"![{s.board}, {s.kind.replace('_', ' ')}](latency/{s.board}.{s.kind}.svg)" for s in found]
    return "\n".join(lines)


def write(found: Sequence[Score]) -> None:
    """Replaces the section between the marks; it goes to the end of the document where there is none."""
    for score in found:
        points = [(measured, count) for count, _, _, measured in score.networks]
        write_atomic(PLOTS / f"{score.board}.{score.kind}.svg", plot(points, score.board, score.kind.replace("_", " ")))
    text = DOCUMENT.read_text() if DOCUMENT.is_file() else "# Benchmarks\n"
    fresh = f"{BEGIN}\n{section(found)}\n{END}\n"
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END) + "\n", re.DOTALL)
    text = pattern.sub(lambda _: fresh, text) if pattern.search(text) else f"{text.rstrip()}\n\n{fresh}"
    write_atomic(DOCUMENT, text)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", action="append", help="board; may be given again (default: all that count)")
    parser.add_argument("--quiet", action="store_true", help="say nothing while at work")
    options = parser.parse_args(arguments)
    found = [score for name in options.board or BOARDS for score in scores(load_board(name), not options.quiet)]
    write(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
