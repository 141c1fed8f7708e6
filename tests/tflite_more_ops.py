"""Operations of the builder (tests.tflite_builder) on whole tensors: two operands, one operand, slices, resizing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Activation, Padding
from tests.tflite_file import ACTIVATIONS, PADDINGS, Pair, Quantization, TfliteFile


class MoreOps(TfliteFile):
    """Adds operations to the file."""

    def operand(self, data: npt.NDArray[np.int8], quantization: Quantization) -> int:
        """A constant to compute with as with an activation."""
        return self.tensor(data.shape, quantization, data=data)

    def binary(self, kind: str, a: int, b: int, output: Quantization, activation: Activation = "none") -> int:
        """ADD, SUB or MUL, broadcast to a common shape."""
        shape = np.broadcast_shapes(self.shape(a), self.shape(b))
        options = f"{kind.capitalize()}Options"
        return self.op(kind, [a, b], shape, output, options, fusedActivationFunction=ACTIVATIONS[activation])

    def prelu(self, x: int, slopes: int, output: Quantization) -> int:
        """`slopes` is an `operand`."""
        return self.op("PRELU", [x, slopes], self.shape(x), output)

    def unary(self, kind: str, x: int, output: Quantization | None = None) -> int:
        """LOGISTIC, TANH, HARD_SWISH, RELU or RELU6; the quantisation is the one that TFLite gives it."""
        fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
        return self.op(kind, [x], self.shape(x), output or fixed.get(kind) or self.quantization(x))

    def leaky_relu(self, x: int, alpha: float, output: Quantization) -> int:
        return self.op("LEAKY_RELU", [x], self.shape(x), output, "LeakyReluOptions", alpha=alpha)

    def concatenation(self, inputs: Sequence[int], axis: int, activation: Activation = "none") -> int:
        """Along `axis`, which may be negative; the quantisation is the first input's."""
        shape = list(self.shape(inputs[0]))
        shape[axis] = sum(self.shape(x)[axis] for x in inputs)
        return self.op(
            "CONCATENATION", inputs, shape, self.quantization(inputs[0]), "ConcatenationOptions", axis=axis,
            fusedActivationFunction=ACTIVATIONS[activation],
        )  # fmt: skip

    def split(self, x: int, axis: int, parts: int) -> list[int]:
        """Equal parts along `axis`, which may be negative."""
        shape = list(self.shape(x))
        shape[axis] //= parts
        inputs = [self.constant(np.array(axis, np.int32)), x]
        return self.op_of_many("SPLIT", inputs, [shape] * parts, self.quantization(x), "SplitOptions", numSplits=parts)

    def strided_slice(
        self,
        x: int,
        begin: Sequence[int],
        end: Sequence[int],
        strides: Sequence[int],
        begin_mask: int = 0,
        end_mask: int = 0,
        shrink_axis_mask: int = 0,
    ) -> int:
        """As Python slices; bit i of a mask is about axis i: begin or end left out, one element instead of a slice."""
        shape = []
        for i, (size, first, last, step) in enumerate(zip(self.shape(x), begin, end, strides, strict=True)):
            start, stop = None if begin_mask >> i & 1 else first, None if end_mask >> i & 1 else last
            if not shrink_axis_mask >> i & 1:
                shape.append(len(range(size)[start:stop:step]))
        inputs = [x, *(self.constant(np.asarray(values, np.int32)) for values in (begin, end, strides))]
        return self.op(
            "STRIDED_SLICE", inputs, shape, self.quantization(x), "StridedSliceOptions", beginMask=begin_mask,
            endMask=end_mask, shrinkAxisMask=shrink_axis_mask,
        )  # fmt: skip

    def resize_nearest_neighbor(
        self, x: int, size: Pair, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> int:
        """`size` (height, width) of the output."""
        n, _, _, c = self.shape(x)
        inputs = [x, self.constant(np.asarray(size, np.int32))]
        return self.op(
            "RESIZE_NEAREST_NEIGHBOR", inputs, (n, *size, c), self.quantization(x), "ResizeNearestNeighborOptions",
            alignCorners=align_corners, halfPixelCenters=half_pixel_centers,
        )  # fmt: skip

    def transpose_conv(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        size: Pair,
        bias: npt.NDArray[np.int32] | None = None,
        stride: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
    ) -> int:
        """`weights` [O, H, W, I], `size` (height, width) of the output."""
        shape = (1, *size, weights.shape[0])
        filters = self.constant(weights, scales)
        inputs = [self.constant(np.asarray(shape, np.int32)), filters, x, *self.bias_of(x, filters, bias)]
        return self.op(
            "TRANSPOSE_CONV", inputs, shape, output, "TransposeConvOptions", padding=PADDINGS[padding],
            strideH=stride[0], strideW=stride[1], fusedActivationFunction=ACTIVATIONS[activation],
        )  # fmt: skip

    def bias_of(self, x: int, weights: int, bias: npt.NDArray[np.int32] | None) -> list[int]:
        """The bias with the scales of the products, if there is one."""
        if bias is None:
            return []
        source = self.tensors[x].quantization.scale[0]
        return [self.constant(bias, source * self.tensors[weights].quantization.scale)]
