"""The oracle: a model and samples in, what TensorFlow Lite Micro makes of them out; the device must agree bit by bit.

TensorFlow Lite Micro (wheel tflite-micro) runs in a subprocess, toolchain.oracle_worker, since it aborts on models that
it does not like.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolchain.errors import EnvironmentFailure
from toolchain.oracle_worker import DOING

Array = npt.NDArray[Any]

_ROOT = Path(__file__).parent.parent
_ARENA = re.compile(r"Arena allocation total (\d+) bytes")
_BLAMED = (re.compile(r"^Node (\w+) \(number (\d+)f?\)", re.MULTILINE), re.compile(r"builtin opcode '(\w+)'()"))
_TAIL_LINES = 8


@dataclass(frozen=True, slots=True)
class OracleRun:
    """What TensorFlow Lite Micro computed.

    outputs[s][i]: model output i of sample s. tensors[s][t]: tensor t (its number in the .tflite) of sample s.
    arena_bytes: its own arena on this computer (a 32-bit device needs less); None in a run that keeps tensors.
    """

    outputs: list[list[Array]]
    tensors: list[dict[int, Array]]
    arena_bytes: int | None


def run_oracle(
    model: bytes, samples: Sequence[Sequence[Array]], tensors: Sequence[int] = (), timeout_s: float = 600.0
) -> OracleRun:
    """Runs `model` (a .tflite) over `samples` (at least one; samples[s][i] is input i, of the model's shape and dtype).

    tensors: numbers of intermediate tensors to keep. Raises EnvironmentFailure if TensorFlow Lite Micro dies, with the
    operation at fault if it says so.
    """
    with tempfile.TemporaryDirectory(prefix="mcunas-oracle-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(model)
        inputs = {f"input_{i}": np.stack(arrays) for i, arrays in enumerate(zip(*samples, strict=True))}
        np.savez(folder / "request.npz", tensors=np.array(tensors, np.int64), **inputs)  # type: ignore[arg-type]
        printed = _work(folder, timeout_s)
        with np.load(folder / "result.npz") as result:
            arrays = dict(result)
    outputs = [arrays[f"output_{i}"] for i in range(sum(key.startswith("output_") for key in arrays))]
    arena = _ARENA.search(printed)
    return OracleRun(
        [[array[s] for array in outputs] for s in range(len(samples))],
        [{t: arrays[f"tensor_{t}"][s] for t in tensors} for s in range(len(samples))],
        int(arena[1]) if arena else None,
    )


def _work(folder: Path, timeout_s: float) -> str:
    """Runs the worker on `folder`; returns what it printed."""
    command = [sys.executable, "-m", "toolchain.oracle_worker", str(folder)]
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", env={**os.environ, "PYTHONPATH": path}, timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EnvironmentFailure(
            f"TensorFlow Lite Micro, which the device is compared with, did not finish within {timeout_s:g} s and was "
            "stopped. Use fewer samples (--samples)."
        ) from None
    if done.returncode:
        raise _death(done.returncode, done.stdout)
    return done.stdout


def _death(status: int, printed: str) -> EnvironmentFailure:
    if "No module named 'tflite_micro'" in printed:
        return EnvironmentFailure(
            "TensorFlow Lite Micro, which the device is compared with, is not installed: package tflite-micro is "
            "missing. Get it with: make setup"
        )
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
    doing = [line.removeprefix(DOING) for line in printed.splitlines() if line.startswith(DOING)]
    # The frames of a Python traceback help nobody here; its last line does.
    rest = [line for line in printed.splitlines() if not line.startswith((DOING, "Traceback", " "))]
    blamed = next((match for pattern in _BLAMED if (match := pattern.search(printed))), None)
    at_fault = ""
    if blamed:
        at_fault = f" at operation {blamed[1]}" + (f" (number {blamed[2]})" if blamed[2] else "")
    said = "It printed last:\n" + "\n".join(rest[-_TAIL_LINES:]) if rest else "It printed nothing."
    return EnvironmentFailure(
        f"TensorFlow Lite Micro, which the device is compared with, {how} while {doing[-1] if doing else 'starting'}"
        f"{at_fault}. Without it no output can be proved. Check that every operation of the model is one that "
        f"TensorFlow Lite Micro runs. {said}"
    )
