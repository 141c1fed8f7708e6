"""Runs TensorFlow Lite Micro over samples, in a process of its own since it may abort: a folder in, results in it out.

Reads model.tflite and request.npz (input_<i> [samples, ...], tensors [n]), writes result.npz (output_<i> and
tensor_<t>, [samples, ...]). What it is at goes to stderr, where TensorFlow Lite Micro prints its own messages, too.
Run by toolchain.oracle: python -m toolchain.oracle_worker FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

DOING = "oracle: "  # begins every line that tells what it is at

#: Room for every tensor at once of any model that fits a microcontroller; pages that are not used cost nothing.
_ARENA_BYTES = 1 << 28


def run(model: bytes, inputs: list[npt.NDArray[Any]], tensors: list[int]) -> dict[str, npt.NDArray[Any]]:
    """Arrays of result.npz. inputs: one array per model input, samples first."""
    _say("importing tflite_micro")
    from tflite_micro import runtime

    config = runtime.InterpreterConfig
    _say("preparing the model")
    interpreter = runtime.Interpreter.from_bytes(
        model,
        arena_size=_ARENA_BYTES,
        intrepreter_config=config.kPreserveAllTensors if tensors else config.kAllocationRecording,
    )
    outputs = runtime.schema_fb.Model.GetRootAsModel(model, 0).Subgraphs(0).OutputsLength()
    results: dict[str, list[npt.NDArray[Any]]] = {}
    for number, sample in enumerate(zip(*inputs, strict=True)):
        _say(f"running sample {number}")
        for index, array in enumerate(sample):
            interpreter.set_input(array, index)
        interpreter.invoke()
        for index in range(outputs):
            results.setdefault(f"output_{index}", []).append(interpreter.get_output(index))
        for tensor in tensors:
            _say(f"reading tensor {tensor} of sample {number}")
            data = interpreter.GetTensor(tensor, 0)["tensor_data"]
            results.setdefault(f"tensor_{tensor}", []).append(np.array(data))
    if not tensors:
        interpreter.print_allocations()
    return {name: np.stack(arrays) for name, arrays in results.items()}


def _say(doing: str) -> None:
    print(f"{DOING}{doing}", file=sys.stderr, flush=True)


def main(folder: Path) -> None:
    """See the module's docstring."""
    with np.load(folder / "request.npz") as request:
        inputs = [request[f"input_{i}"] for i in range(len(request.files) - 1)]
        tensors = request["tensors"].tolist()
    np.savez(folder / "result.npz", **run((folder / "model.tflite").read_bytes(), inputs, tensors))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
