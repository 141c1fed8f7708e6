"""A parsed .tflite: op records plus what only the file knows: weights, scales, names and tensor numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Graph


@dataclass(frozen=True, slots=True)
class Quantization:
    """real = scale * (q - zero_point), one pair for the whole activation tensor; a float tensor has none."""

    scale: float  # the float32 of the file, widened
    zero_point: int


@dataclass(frozen=True, slots=True)
class Constants:
    """What an operation carries besides its attributes.

    weights: int8 as in the file: CONV_2D and TRANSPOSE_CONV [O, H, W, I], DEPTHWISE_CONV_2D [1, H, W, O],
    FULLY_CONNECTED [O, I].
    weight_scales: float32 [O] (one value repeated if the file has one per tensor).
    bias: int32 [O], zeros if the operation has none.
    beta: of SOFTMAX. alpha: of LEAKY_RELU.
    operand: int8, the operand of ADD, SUB, MUL or PRELU that is constant, in its shape; with its quantisation.
    """

    weights: npt.NDArray[np.int8] | None = None
    weight_scales: npt.NDArray[np.float32] | None = None
    bias: npt.NDArray[np.int32] | None = None
    beta: float = 1.0
    alpha: float = 0.0
    operand: npt.NDArray[np.int8] | None = None
    operand_quantization: Quantization | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """graph.ops[i] is operator i of the file; constants[i] goes with it.

    quantization[t] and tensor_numbers[t] (the tensor's index in the file) go with graph.tensors[t].
    """

    graph: Graph
    constants: tuple[Constants, ...]
    quantization: tuple[Quantization | None, ...]
    tensor_numbers: tuple[int, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    sha256: str
    file_bytes: int
