"""Proof that a device computes what the oracle computes: a device, samples and an oracle in, every difference out.

Inputs are loaded again before every inference, and the CRC that the device takes over the outputs of that very
inference must be the CRC of the bytes that are read. At the first difference the operation at fault is looked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from search.hardware.lowering import Program
from toolchain.errors import EnvironmentFailure, InvalidMeasurement
from toolchain.link.device import RunResult
from toolchain.oracle import OracleRun
from toolchain.tflite.model import Model

Array = npt.NDArray[Any]

#: progress(done, total, what is happening)
Progress = Callable[[int, int, str], None]


class Target(Protocol):
    """What verifying and measuring need of a device; toolchain.link.device.Device is one."""

    def check(self) -> tuple[int, int]: ...
    def write_input(self, index: int, data: bytes) -> None: ...
    def run(self, steps: int | None = None, profile: bool = False, timeout_s: float = 60.0) -> RunResult: ...
    def read_output(self, index: int, size: int) -> bytes: ...
    def read_arena(self, offset: int, size: int) -> bytes: ...
    def read_profile(self, steps: int) -> list[int]: ...


class Oracle(Protocol):
    """What the right results are; partial(run_oracle, model_bytes) is one."""

    def __call__(self, samples: Sequence[Sequence[Array]], tensors: Sequence[int] = ()) -> OracleRun: ...


@dataclass(frozen=True, slots=True)
class ExpectedTensor:
    """A tensor as it lies on the device."""

    shape: tuple[int, ...]
    dtype: str  # int8 or float32

    @property
    def size_bytes(self) -> int:
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    def array(self, data: bytes) -> Array:
        return np.frombuffer(data, self.dtype).reshape(self.shape)


@dataclass(frozen=True, slots=True)
class ExpectedStep:
    """A step of the engine. op: for people, e.g. 'CONV_2D (operator 3)'.

    tensor: number in the .tflite of the tensor that it writes. offset: where that lies in the arena.
    """

    op: str
    tensor: int
    offset: int
    output: ExpectedTensor


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a device with the right image holds and does. model_crc: CRC-32 of section .model of the ELF file."""

    model_crc: int
    outputs: tuple[ExpectedTensor, ...]
    steps: tuple[ExpectedStep, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first element that differs.

    index: of the sample. op: the operation at fault, or 'model output N' if every step is right when it has just run.
    element: place in the flattened tensor that `op` writes.
    """

    index: int
    op: str
    element: int
    got: int | float
    want: int | float


@dataclass(frozen=True, slots=True)
class Verification:
    """The comparison. outputs[s][i]: output i of sample s as the device computed it; oracle.outputs: as is right.

    mismatches: samples with at least one element that differs.
    """

    samples: int
    mismatches: int
    first_mismatch: Mismatch | None
    outputs: list[list[Array]]
    oracle: OracleRun

    @property
    def bit_exact(self) -> bool:
        return self.mismatches == 0


def expectation(model: Model, program: Program, model_crc: int) -> Expectation:
    """What a device does that runs `program`; model_crc: CRC-32 of section .model of its image."""

    def tensor(index: int) -> ExpectedTensor:
        found = program.graph.tensors[index]
        return ExpectedTensor(found.shape, found.dtype)

    steps = []
    for step in program.steps:
        offset = program.tensor_offsets[step.output]
        assert offset is not None, "the planner has placed what a step writes"
        op = f"{program.graph.ops[step.op_index].kind} (operator {step.op_index})"
        steps.append(ExpectedStep(op, model.tensor_numbers[step.output], offset, tensor(step.output)))
    outputs = tuple(tensor(index) for index in program.graph.outputs)
    return Expectation(model_crc, outputs, tuple(steps))


def verify(
    device: Target,
    expected: Expectation,
    samples: Sequence[Sequence[Array]],
    oracle: Oracle,
    progress: Progress | None = None,
    run_timeout_s: float = 60.0,
) -> Verification:
    """Runs every sample on the device and compares all outputs with the oracle's, bit by bit.

    samples[s][i]: model input i of sample s. Raises EnvironmentFailure if another model lies in the device's flash,
    InvalidMeasurement if the device contradicts itself.
    """
    check_flash(device, expected)
    right = oracle(samples)
    outputs, mismatches, first = [], 0, None
    for index, (sample, want) in enumerate(zip(samples, right.outputs, strict=True)):
        if progress:
            progress(index, len(samples), f"sample {index + 1} of {len(samples)} on the device")
        got = infer(device, expected, sample, run_timeout_s)
        outputs.append(got)
        if not all(map(_same_bits, got, want)):
            mismatches += 1
            first = first or _blame(device, expected, index, sample, (got, want), oracle, run_timeout_s)
    if progress:
        progress(len(samples), len(samples), "all samples compared")
    return Verification(len(samples), mismatches, first, outputs, right)


def check_flash(device: Target, expected: Expectation) -> None:
    """Raises EnvironmentFailure unless the model's constants in the device's flash are those of the image."""
    crc, size = device.check()
    if crc != expected.model_crc:
        raise EnvironmentFailure(
            f"The model in the device's flash is not that of the image: CRC-32 0x{crc:08x} over {size:,} B, image "
            f"0x{expected.model_crc:08x}. The flash was not written whole or is worn. Nothing was measured. "
            "Run without --no-flash to flash it again."
        )


def load(device: Target, sample: Sequence[Array]) -> None:
    """Writes all inputs of one inference."""
    for index, array in enumerate(sample):
        device.write_input(index, np.ascontiguousarray(array).tobytes())


def infer(device: Target, expected: Expectation, sample: Sequence[Array], run_timeout_s: float) -> list[Array]:
    """The model outputs for one sample. Raises InvalidMeasurement if what is read is not what this run computed."""
    load(device, sample)
    run = device.run(timeout_s=run_timeout_s)
    if run.steps != len(expected.steps):
        raise InvalidMeasurement(
            f"The device ran {run.steps} steps, the model has {len(expected.steps)}: another model was started in the "
            "middle of the work. Reset the board and repeat the command."
        )
    data = [device.read_output(index, tensor.size_bytes) for index, tensor in enumerate(expected.outputs)]
    crc = zlib.crc32(b"".join(data))
    if crc != run.output_crc:
        raise InvalidMeasurement(
            f"The outputs that were read (CRC-32 0x{crc:08x}) are not those that the run computed "
            f"(0x{run.output_crc:08x}): the device was reset in between, or something overwrites its memory. "
            "Check the power supply, then measure again."
        )
    return [tensor.array(output) for tensor, output in zip(expected.outputs, data, strict=True)]


def _bits(array: Array) -> Array:
    """As unsigned integers, so that floats are compared bit by bit."""
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}").ravel()


def _same_bits(got: Array, want: Array) -> bool:
    return got.dtype == want.dtype and np.array_equal(_bits(got), _bits(want))


def _difference(index: int, op: str, got: Array, want: Array) -> Mismatch | None:
    """The first element in which `got` and `want` differ, None if there is none."""
    differs = np.flatnonzero(_bits(got) != _bits(want))
    if not differs.size:
        return None
    element = int(differs[0])
    return Mismatch(index, op, element, got.ravel()[element].item(), want.ravel()[element].item())


def _blame(
    device: Target, expected: Expectation, index: int, sample: Sequence[Array],
    outputs: tuple[list[Array], list[Array]], oracle: Oracle, run_timeout_s: float,
) -> Mismatch | None:  # fmt: skip
    """The operation that is the first to differ for `sample`, whose outputs came out as `outputs` (got, want)."""
    got, want = outputs
    again = infer(device, expected, sample, run_timeout_s)
    if not all(map(_same_bits, again, got)):
        raise InvalidMeasurement(
            f"The same inputs (sample {index}) gave two different outputs: the device was reset in the middle of a "
            "run, or its memory is unstable. Check power supply and clock, then measure again."
        )
    tensors = oracle([sample], [step.tensor for step in expected.steps]).tensors[0]
    for position, step in enumerate(expected.steps):
        load(device, sample)
        device.run(steps=position + 1, timeout_s=run_timeout_s)
        computed = step.output.array(device.read_arena(step.offset, step.output.size_bytes))
        mismatch = _difference(index, step.op, computed, tensors[step.tensor])
        if mismatch:
            return mismatch
    # Every step is right when it has just run, so a later one has overwritten an output.
    differences = (
        _difference(index, f"model output {i}", g, w) for i, (g, w) in enumerate(zip(got, want, strict=True))
    )
    return next(filter(None, differences))
