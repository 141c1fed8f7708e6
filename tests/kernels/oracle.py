"""TensorFlow Lite Micro in a process of its own: models with inputs in, every tensor asked for out.

It can abort, which must not end the tests: a model that it refuses or dies of gets a `Refused`.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
ARENA_BYTES = 4 << 20


@dataclass(frozen=True)
class Job:
    """One inference. tensors: numbers in the file of those to return."""

    model: bytes
    inputs: tuple[Array, ...]
    tensors: tuple[int, ...]


@dataclass(frozen=True)
class Refused:
    """TensorFlow Lite Micro did not run the model."""

    reason: str


def tensors(jobs: Sequence[Job]) -> list[list[Array] | Refused]:
    """What each job's tensors hold after its inference; a new process is started after each that dies."""
    results: list[list[Array] | Refused] = []
    while len(results) < len(jobs):
        rest = [(job.model, job.inputs, job.tensors) for job in jobs[len(results) :]]
        command = [sys.executable, str(Path(__file__).resolve())]
        done = subprocess.run(command, input=pickle.dumps(rest), capture_output=True, check=False)
        answers = list(_unpickle_all(done.stdout))
        results += [Refused(answer) if isinstance(answer, str) else answer for answer in answers]
        if len(answers) < len(rest):
            results.append(Refused(f"died with {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}"))
    return results


def _unpickle_all(raw: bytes) -> list[list[Array] | str]:
    answers, rest = [], memoryview(raw)
    while len(rest) >= 4:
        size = int.from_bytes(rest[:4], "little")
        if len(rest) < 4 + size:
            break
        answers.append(pickle.loads(rest[4 : 4 + size]))
        rest = rest[4 + size :]
    return answers


def _infer(model: bytes, inputs: Sequence[Array], numbers: Sequence[int]) -> list[Array] | str:
    from tflite_micro import runtime

    try:
        interpreter = runtime.Interpreter.from_bytes(
            model, arena_size=ARENA_BYTES, intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors
        )
        for index, value in enumerate(inputs):
            interpreter.set_input(value, index)
        interpreter.invoke()
    except RuntimeError as error:
        return str(error)
    return [interpreter.GetTensor(number, 0)["tensor_data"].copy() for number in numbers]


def _main() -> None:
    for job in pickle.load(sys.stdin.buffer):
        answer = pickle.dumps(_infer(*job))
        sys.stdout.buffer.write(len(answer).to_bytes(4, "little") + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
