"""A long comparison of the reference kernels with TensorFlow Lite Micro: `python -m tests.kernels.fuzz --cases 20000`.

Prints cases, elements and differing cases of each kind; ends with 1 at the first kind that has any. Every case has its
own seed, [seed, index], so that a fault can be made again alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.kernels.cases import CASES, Case, Rng
from tests.kernels.compare import Report, compare
from tests.kernels.harness import Runner, build_runner
from tests.kernels.probes import PROBES

BATCH = 1000


def fuzz(make: Callable[[Rng], Case], cases: int, seed: int, runner: Runner) -> Report:
    """Compare `cases` cases, in batches that bound the memory."""
    total = Report()
    for start in range(0, cases, BATCH):
        batch = [make(np.random.default_rng([seed, index])) for index in range(start, min(start + BATCH, cases))]
        report = compare(batch, runner, np.random.default_rng([seed, start]))
        total.cases += report.cases
        total.elements += report.elements
        total.faults += [f"batch {start}, {fault}" for fault in report.faults]
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=[*CASES, *PROBES], help="of: " + ", ".join([*CASES, *PROBES]))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runner = build_runner(Path(folder))
        for kind in options.kinds:
            report = fuzz((CASES | PROBES)[kind], options.cases, options.seed, runner)
            print(f"{kind:30} {report.cases:8,} cases {report.elements:14,} elements {len(report.faults):6,} differ")
            if report.faults:
                print("\n".join(report.faults[:5]))
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
