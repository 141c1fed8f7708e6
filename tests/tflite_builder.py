"""Builds small .tflite files in memory: tensors and operations with any shapes and quantisation in, bytes out.

`b = TfliteBuilder(); x = b.input((1, 8, 8, 3), (0.05, -3)); y = b.conv_2d(x, weights, scales, (0.1, 4)); b.build(y)`

Every method that adds something returns the tensor's number in the file. Quantisation is (scale, zero_point); None
makes a float32 tensor. Nothing is checked: the tests also need files that are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Activation, Op, Padding, output_hw
from tests.tflite_file import ACTIVATIONS, PADDINGS, Pair, Quantization
from tests.tflite_more_ops import MoreOps

__all__ = ["Pair", "Quantization", "TfliteBuilder"]


class TfliteBuilder(MoreOps):
    """Tensors and the file itself: tests.tflite_file; operations that compute no sums: tests.tflite_more_ops."""

    def conv_2d(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        bias: npt.NDArray[np.int32] | None = None,
        stride: Pair = (1, 1),
        dilation: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
    ) -> int:
        """`weights` [O, H, W, I], I the input's channels or an equal part; `scales` one a channel or one."""
        filters = self.constant(weights, scales)
        probe = Op("CONV_2D", (), (), weights.shape[1:3], stride, dilation, padding)
        n, h, w, _ = self.shape(x)
        inputs = [x, filters, *self.bias_of(x, filters, bias)]
        return self.op(
            "CONV_2D", inputs, (n, *output_hw(probe, (h, w)), weights.shape[0]), output,
            "Conv2DOptions", padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1],
            dilationHFactor=dilation[0], dilationWFactor=dilation[1], fusedActivationFunction=ACTIVATIONS[activation],
        )  # fmt: skip

    def depthwise_conv_2d(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        bias: npt.NDArray[np.int32] | None = None,
        stride: Pair = (1, 1),
        dilation: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
    ) -> int:
        """`weights` [1, H, W, O] with O a multiple of the input's channels."""
        filters = self.constant(weights, scales, axis=3)
        probe = Op("DEPTHWISE_CONV_2D", (), (), weights.shape[1:3], stride, dilation, padding)
        n, h, w, c = self.shape(x)
        inputs = [x, filters, *self.bias_of(x, filters, bias)]
        return self.op(
            "DEPTHWISE_CONV_2D", inputs, (n, *output_hw(probe, (h, w)), weights.shape[3]),
            output, "DepthwiseConv2DOptions", padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1],
            dilationHFactor=dilation[0], dilationWFactor=dilation[1], depthMultiplier=weights.shape[3] // c,
            fusedActivationFunction=ACTIVATIONS[activation],
        )  # fmt: skip

    def fully_connected(
        self,
        x: int,
        weights: npt.NDArray[np.int8],
        scales: Sequence[float] | npt.NDArray[Any],
        output: Quantization,
        bias: npt.NDArray[np.int32] | None = None,
        activation: Activation = "none",
        keep_dims: bool = False,
    ) -> int:
        """`weights` [O, I]; the output is [elements / I, O], or with `keep_dims` the input's shape ending in O."""
        filters = self.constant(weights, scales)
        rows = self.shape(x)[:-1] if keep_dims else (int(np.prod(self.shape(x))) // weights.shape[1],)
        inputs = [x, filters, *self.bias_of(x, filters, bias)]
        return self.op(
            "FULLY_CONNECTED", inputs if bias is not None else [*inputs, -1], (*rows, weights.shape[0]), output,
            "FullyConnectedOptions", fusedActivationFunction=ACTIVATIONS[activation], keepNumDims=keep_dims,
        )  # fmt: skip

    def add(self, a: int, b: int, output: Quantization, activation: Activation = "none") -> int:
        return self.binary("ADD", a, b, output, activation)

    def pool(
        self,
        kind: str,
        x: int,
        kernel: Pair,
        stride: Pair = (1, 1),
        padding: Padding = "valid",
        activation: Activation = "none",
        output: Quantization | None = None,
    ) -> int:
        """AVERAGE_POOL_2D or MAX_POOL_2D; the quantisation is the input's unless `output` says otherwise."""
        probe = Op(kind, (), (), kernel, stride, (1, 1), padding)
        n, h, w, c = self.shape(x)
        return self.op(
            kind, [x], (n, *output_hw(probe, (h, w)), c), output or self.quantization(x), "Pool2DOptions",
            padding=PADDINGS[padding], strideH=stride[0], strideW=stride[1], filterHeight=kernel[0],
            filterWidth=kernel[1], fusedActivationFunction=ACTIVATIONS[activation],
        )  # fmt: skip

    def mean(self, x: int, output: Quantization, axes: Sequence[int] = (1, 2), keep_dims: bool = False) -> int:
        """`axes` may be negative or in any order, as the format allows."""
        source = self.shape(x)
        reduced = {axis % len(source) for axis in axes}
        kept = [1 if i in reduced else size for i, size in enumerate(source) if keep_dims or i not in reduced]
        inputs = [x, self.constant(np.asarray(axes, np.int32))]
        return self.op("MEAN", inputs, kept, output, "ReducerOptions", keepDims=keep_dims)

    def softmax(self, x: int, beta: float = 1.0, output: Quantization | None = (1 / 256, -128)) -> int:
        return self.op("SOFTMAX", [x], self.shape(x), output, "SoftmaxOptions", beta=beta)

    def reshape(self, x: int, shape: Sequence[int]) -> int:
        target = np.asarray(shape, np.int32)
        inputs = [x, self.constant(target)]
        return self.op("RESHAPE", inputs, shape, self.quantization(x), "ReshapeOptions", newShape=target)

    def pad(self, x: int, pads: Sequence[Pair], output: Quantization | None = None) -> int:
        """`pads` (before, after) of every axis."""
        shape = [size + before + after for size, (before, after) in zip(self.shape(x), pads, strict=True)]
        inputs = [x, self.constant(np.asarray(pads, np.int32))]
        return self.op("PAD", inputs, shape, output or self.quantization(x), "PadOptions")

    def quantize(self, x: int, output: Quantization) -> int:
        return self.op("QUANTIZE", [x], self.shape(x), output, "QuantizeOptions")

    def dequantize(self, x: int) -> int:
        return self.op("DEQUANTIZE", [x], self.shape(x), None, "DequantizeOptions")
