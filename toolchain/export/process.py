"""Starts worker.py as a process of its own and tells, if it fails, at what and with which last words.

A process of its own, because TensorFlow and onnx2tf write to the terminal, seed the global random generators, count
layers across models (which would change the file's bytes) and may abort.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from toolchain.errors import EnvironmentFailure
from toolchain.export.errors import NotExportable

WORKER = "toolchain.export.worker"
PACKAGES = Path(__file__).parent.parent.parent
#: Before the name of a step that the worker starts.
STEP = "worker step: "
_PACKAGES = ("torch", "onnx", "onnxruntime", "onnx2tf", "tensorflow", "tf_keras")
_LAST_LINES = 12
_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",  # the same ranges, and so the same bytes, with and without a GPU
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def require_packages() -> None:
    """Raise EnvironmentFailure that names the packages that an export needs and that are not installed."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise EnvironmentFailure(
            f"An export needs packages that are not installed: {', '.join(missing)}. Install them: "
            "pip install 'mcunas[export]', or make setup in the repository."
        )


def run_worker(*folders: Path) -> None:
    """Run worker.work(folder) for each, in one process and in silence.

    Raises NotExportable with what it said last if it fails. Only the first folder's bytes are the same every time.
    """
    command = [sys.executable, "-m", WORKER, *(str(folder.resolve()) for folder in folders)]
    environment = {**os.environ, **_ENVIRONMENT}
    log = folders[0] / "worker.log"
    with log.open("wb") as sink:
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=PACKAGES, env=environment, check=False
        ).returncode
    if code != 0:
        raise _failure(code, log.read_text(errors="replace"))


def _failure(code: int, log: str) -> NotExportable:
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in log.splitlines()]
    step = next((line.removeprefix(STEP) for line in reversed(lines) if line.startswith(STEP)), "start")
    operation = next((match[1] for line in lines if (match := re.search(r"onnx_op_name: (\S+)", line))), None)
    at = f" at the ONNX operation {operation}" if operation else ""
    ending = f"signal {-code}" if code < 0 else f"exit code {code}"
    tail = "\n".join(f"  {line}" for line in lines[-_LAST_LINES:] if line.strip())
    return NotExportable(
        f"The network cannot be converted to int8 TensorFlow Lite: the step '{step}' failed{at} ({ending}). "
        f"Use convolutions, pools, ReLU, additions and linear layers. Its last words:\n{tail}"
    )
