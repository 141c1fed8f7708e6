"""Packers: the constants of one operation as the .tflite has them in, the arrays that a fast kernel reads out.

A packer changes layout, never values: what it folds (the input's zero point into the bias) or doubles (the multiplier) is
exact modulo 2^32, as the kernels' sums are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.hardware.record import Record


@dataclass(frozen=True, slots=True)
class Constants:
    """Constants of one operation with weights, O output channels.

    weights: int8 [O, kernel_h, kernel_w, in_c]; depthwise [kernel_h, kernel_w, O]; fully connected [O, in_c].
    bias, multiplier: int32 [O]; multiplier is Q31, 0 or 2^30..2^31 - 1. shift: int8 [O], > 0 to the left.
    """

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int8]
    input_zero_point: int
    output_zero_point: int


#: Arrays of an operation, for the args record's fields weights, bias, multiplier, shift in turn; those left over are NULL.
Arrays = tuple[npt.NDArray[np.generic], ...]
Packer = Callable[[Record, Constants], Arrays]
Fits = Callable[[Record, Constants], bool]


def plain(_: Record, constants: Constants) -> Arrays:
    """The reference kernels' layout: as in the .tflite."""
    return constants.weights.reshape(-1), constants.bias, constants.multiplier, constants.shift


def always_fits(_: Record, __: Constants) -> bool:
    return True
