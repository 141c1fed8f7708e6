"""Random graphs against TensorFlow Lite Micro: `python -m tests.fuzz 2000`, or `make fuzz N=2000`.

On this computer, with the reference kernels and with the C of the others, what has been done is kept below build/fuzz/
and not done again while no source changes; --board runs a sample on an emulated board instead. Ends with 1 if any graph
differs, with the command that runs it alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from device_profiles import load_board
from tests.fuzz import progress
from tests.fuzz.boards import TOGETHER, compare_on_board
from tests.fuzz.host import KERNEL_SETS, Kernels, Tally, build_kernels, compare
from tests.support import ROOT

BATCH = 100  # graphs in a process of the runner
MANY = 10  # faults, after which there is no point in going on
STATES = ROOT / "build" / "fuzz"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 if any graph differs."""
    options = _parser().parse_args(arguments)
    faults = _on_board(options) if options.board else _on_host(options)
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("graphs", type=int, nargs="?", default=2000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the corpus")
    parser.add_argument("--first", type=int, default=0, help="number of the first graph")
    parser.add_argument("--kernels", nargs="+", choices=KERNEL_SETS, default=list(KERNEL_SETS), help="to compare")
    parser.add_argument(
        "--sanitize", action="store_true", help="build them with address and undefined-behaviour checks"
    )
    parser.add_argument("--board", help="run on this emulated board instead, built as a user's model is")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long; say again to go on")
    return parser


def _on_board(options: argparse.Namespace) -> int:
    """The number of images that differ."""
    board, faults = load_board(options.board), 0
    for first in range(options.first, options.first + options.graphs, TOGETHER):
        numbers = range(first, min(first + TOGETHER, options.first + options.graphs))
        with tempfile.TemporaryDirectory() as folder:
            fault = compare_on_board(options.seed, numbers, board, Path(folder))
        faults += fault is not None
        print(fault or f"{board.name}: graphs {numbers[0]} to {numbers[-1]} equal", flush=True)
    return faults


def _on_host(options: argparse.Namespace) -> int:
    """The number of faults."""
    name = "-".join([str(options.seed), *options.kernels, *(["sanitized"] if options.sanitize else [])])
    state, sources = STATES / f"{name}.json", progress.digest()
    whole = options.first == 0
    total = progress.load(state, sources) if whole else Tally()
    numbers = range(options.first + total.graphs, options.first + options.graphs)
    deadline = time.monotonic() + 60 * options.minutes
    for tally in _tallies(options, numbers):
        total.add(tally)
        if whole:
            progress.save(state, sources, total)
        print("".join(f"{fault}\n" for fault in tally.faults), end="", flush=True)
        if total.graphs % 1000 == 0:
            print(f"{total.graphs:,} graphs, {total.elements:,} elements, {len(total.faults)} faults", flush=True)
        if len(total.faults) >= MANY or time.monotonic() > deadline:
            break
    _print_summary(total)
    return len(total.faults)


def _tallies(options: argparse.Namespace, numbers: Sequence[int]) -> Iterator[Tally]:
    """One for each batch, in order."""
    batches = [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(options.jobs) as pool:
        build = partial(build_kernels, sanitize=options.sanitize)
        sets: list[Kernels] = list(pool.map(build, options.kernels, [Path(folder) / name for name in options.kernels]))
        try:
            yield from pool.map(partial(compare, options.seed, sets=sets), batches)
        finally:
            pool.shutdown(cancel_futures=True)


def _print_summary(tally: Tally) -> None:
    for title, counts in (("operations", tally.operations), ("kernels", tally.kernels)):
        print(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    print(f"{tally.graphs:,} graphs, {tally.elements:,} elements compared, {len(tally.faults)} faults")


if __name__ == "__main__":
    sys.exit(main())
