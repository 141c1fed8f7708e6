"""What the builders of kernel arguments work from and what they make."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search.hardware.lowering import Step
from search.hardware.ops import Op
from toolchain.compile import quantize
from toolchain.tflite.model import Constants, Model, Quantization

Value = int | float | str | tuple[int, ...]
Fields = dict[str, Value]
Arrays = dict[str, npt.NDArray[np.generic]]


class Arguments(NamedTuple):
    """One record. A field whose value is a string is a pointer to the constant array of that name in `arrays`."""

    struct: str
    fields: Fields
    arrays: Arrays


class Job(NamedTuple):
    """A step to describe to its kernel. inputs, output, scratch: arena offsets in bytes."""

    model: Model
    step: Step
    inputs: tuple[int, ...]
    output: int
    scratch: int

    def quantization(self, tensor: int) -> Quantization:
        found = self.model.quantization[tensor]
        if found is None:
            raise AssertionError(f"the reader gave tensor {tensor} no quantisation")
        return found

    @property
    def op(self) -> Op:
        return self.model.graph.ops[self.step.op_index]

    @property
    def constants(self) -> Constants:
        return self.model.constants[self.step.op_index]

    @property
    def source(self) -> Quantization:
        return self.quantization(self.step.inputs[0])

    @property
    def target(self) -> Quantization:
        return self.quantization(self.step.output)

    @property
    def elements(self) -> int:
        return self.model.graph.tensors[self.step.output].elements

    def place(self) -> Fields:
        return {"input": self.inputs[0], "output": self.output}

    def clamp(self) -> Fields:
        low, high = quantize.activation_range(self.step.record.activation, self.target.scale, self.target.zero_point)
        return {"act_min": low, "act_max": high}

    def zero_points(self) -> Fields:
        return {"input_zero_point": self.source.zero_point, "output_zero_point": self.target.zero_point}


def hwc_fields(prefix: str, shape: tuple[int, int, int]) -> Fields:
    """{prefix}_h, _w and _c."""
    return {f"{prefix}_{axis}": size for axis, size in zip("hwc", shape, strict=True)}


def hw_fields(name: str, value: tuple[int, int]) -> Fields:
    """{name}_h and _w."""
    return {f"{name}_h": value[0], f"{name}_w": value[1]}
