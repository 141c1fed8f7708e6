"""Op records: a network as the hardware side sees it: operations with shapes and attributes, no weights, no scales.

A search space emits a `Graph` from an architecture; toolchain.tflite reads one back from a .tflite file. Both go
through the same lowering, variant choice, planner and latency model, so a search predicts what the compiler builds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal, NamedTuple

Padding = Literal["same", "valid"]
Activation = Literal["none", "relu", "relu6"]
DType = Literal["int8", "float32"]

#: Every operation that the engine runs, by its TensorFlow Lite name.
OP_KINDS = (
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "FULLY_CONNECTED",
    "ADD",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "MEAN",
    "SOFTMAX",
    "RESHAPE",
    "PAD",
    "QUANTIZE",
    "DEQUANTIZE",
    "SUB",
    "MUL",
    "PRELU",
    "LOGISTIC",
    "TANH",
    "HARD_SWISH",
    "RELU",
    "RELU6",
    "LEAKY_RELU",
    "CONCATENATION",
    "SPLIT",
    "STRIDED_SLICE",
    "RESIZE_NEAREST_NEIGHBOR",
    "TRANSPOSE_CONV",
)


@dataclass(frozen=True, slots=True)
class Tensor:
    """An activation: `shape` as in the .tflite, batch first ([1, H, W, C], [1, C], ...)."""

    shape: tuple[int, ...]
    dtype: DType = "int8"

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * (4 if self.dtype == "float32" else 1)


class Slice(NamedTuple):
    """Elements of one axis: `length` of them from `first` on, `step` (which may be negative) apart."""

    first: int
    length: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class Op:
    """One operation. Attributes that its kind does not have keep their defaults, so records compare field by field.

    inputs, outputs: indices into Graph.tensors, activations only (weights, paddings and shapes are constants).
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    kernel: tuple[int, int] = (1, 1)  # height, width: convolutions and pools
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = "valid"
    activation: Activation = "none"  # fused
    bias: bool = False
    pads: tuple[tuple[int, int], ...] = ()  # PAD: (before, after) of every axis
    axes: tuple[int, ...] = ()  # MEAN: non-negative, sorted; CONCATENATION, SPLIT: the one axis
    keep_dims: bool = False  # MEAN
    groups: int = 1  # CONV_2D: each output channel reads one of so many runs of input channels
    operand: tuple[int, ...] | None = None  # ADD, SUB, MUL, PRELU: shape of the operand that is constant, None: neither
    operand_first: bool = False  # whether the constant is the first operand
    slices: tuple[Slice, ...] = ()  # STRIDED_SLICE: of every axis of the input
    align_corners: bool = False  # RESIZE_NEAREST_NEIGHBOR
    half_pixel_centers: bool = False  # RESIZE_NEAREST_NEIGHBOR


@dataclass(frozen=True, slots=True)
class Graph:
    """A network. Tensors are numbered in order of first appearance: graph inputs, then op outputs in op order.

    ops stand in an order in which they can run.
    """

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def explicit_padding(op: Op, input_hw: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)) padding of a convolution or pool over an input of `input_hw`.

    'same' as TensorFlow defines it: output = ceil(input / stride), the odd row or column goes to the end.
    """
    if op.padding == "valid":
        return (0, 0), (0, 0)
    sides = []
    for size, kernel, stride, dilation in zip(input_hw, op.kernel, op.stride, op.dilation, strict=True):
        out = -(-size // stride)
        total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
        sides.append((total // 2, total - total // 2))
    return sides[0], sides[1]


def output_hw(op: Op, input_hw: tuple[int, int]) -> tuple[int, int]:
    """Output height and width of a convolution or pool over an input of `input_hw`."""
    if op.padding == "same":
        return -(-input_hw[0] // op.stride[0]), -(-input_hw[1] // op.stride[1])
    spans = [(k - 1) * d + 1 for k, d in zip(op.kernel, op.dilation, strict=True)]
    h, w = (max((i - span) // s + 1, 0) for i, span, s in zip(input_hw, spans, op.stride, strict=True))
    return h, w


def split_part(shape: tuple[int, ...], axis: int, parts: int, part: int) -> tuple[Slice, ...]:
    """What the output number `part` of a SPLIT of a tensor of `shape` holds, axis by axis."""
    whole = [Slice(0, size) for size in shape]
    length = shape[axis] // parts
    whole[axis] = Slice(part * length, length)
    return tuple(whole)


def macs(graph: Graph, op: Op) -> int:
    """Multiply-accumulates of one operation, padded taps counted; 0 for operations without weights."""
    out = graph.tensors[op.outputs[0]]
    source = graph.tensors[op.inputs[0]]
    if op.kind == "CONV_2D":
        return out.elements * op.kernel[0] * op.kernel[1] * source.shape[-1] // op.groups
    if op.kind == "TRANSPOSE_CONV":
        return source.elements * op.kernel[0] * op.kernel[1] * out.shape[-1]
    if op.kind == "DEPTHWISE_CONV_2D":
        return out.elements * op.kernel[0] * op.kernel[1]
    if op.kind == "FULLY_CONNECTED":
        return source.elements * out.shape[-1]
    return 0


class GraphBuilder:
    """Builds a Graph operation by operation; every method returns the index of the output tensor.

    `builder.conv(x, 16, kernel=3, stride=2, activation="relu6")`
    """

    def __init__(self, input_shape: tuple[int, ...]) -> None:
        self._tensors = [Tensor(input_shape)]
        self._ops: list[Op] = []
        self.input = 0

    def _emit(self, kind: str, inputs: tuple[int, ...], shape: tuple[int, ...], **attributes: object) -> int:
        self._tensors.append(Tensor(shape))
        out = len(self._tensors) - 1
        self._ops.append(Op(kind, inputs, (out,), **attributes))  # type: ignore[arg-type]
        return out

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self._tensors[tensor].shape

    def _window(self, kind: str, x: int, channels: int, **attributes: object) -> int:
        n, h, w, _ = self.shape(x)
        probe = Op(kind, (x,), (), **attributes)  # type: ignore[arg-type]
        return self._emit(kind, (x,), (n, *output_hw(probe, (h, w)), channels), **attributes)

    def conv(
        self, x: int, channels: int, kernel: int = 1, stride: int = 1, activation: Activation = "none",
        padding: Padding = "same",
    ) -> int:  # fmt: skip
        return self._window(
            "CONV_2D", x, channels, kernel=(kernel, kernel), stride=(stride, stride), padding=padding,
            activation=activation, bias=True,
        )  # fmt: skip

    def depthwise(
        self, x: int, kernel: int = 3, stride: int = 1, activation: Activation = "none", padding: Padding = "same"
    ) -> int:
        return self._window(
            "DEPTHWISE_CONV_2D", x, self.shape(x)[-1], kernel=(kernel, kernel), stride=(stride, stride),
            padding=padding, activation=activation, bias=True,
        )  # fmt: skip

    def average_pool(self, x: int, kernel: tuple[int, int], stride: tuple[int, int] | None = None) -> int:
        """Windows side by side unless `stride` says otherwise, without padding."""
        return self._window("AVERAGE_POOL_2D", x, self.shape(x)[-1], kernel=kernel, stride=stride or kernel)

    def max_pool(self, x: int, kernel: tuple[int, int], stride: tuple[int, int] | None = None) -> int:
        return self._window("MAX_POOL_2D", x, self.shape(x)[-1], kernel=kernel, stride=stride or kernel)

    def add(self, a: int, b: int, activation: Activation = "none") -> int:
        return self._emit("ADD", (a, b), self.shape(a), activation=activation)

    def global_mean(self, x: int, keep_dims: bool = False) -> int:
        n, _, _, c = self.shape(x)
        shape = (n, 1, 1, c) if keep_dims else (n, c)
        return self._emit("MEAN", (x,), shape, axes=(1, 2), keep_dims=keep_dims)

    def reshape(self, x: int, shape: tuple[int, ...]) -> int:
        return self._emit("RESHAPE", (x,), shape)

    def fully_connected(self, x: int, features: int, activation: Activation = "none") -> int:
        return self._emit("FULLY_CONNECTED", (x,), (self.shape(x)[0], features), activation=activation, bias=True)

    def softmax(self, x: int) -> int:
        return self._emit("SOFTMAX", (x,), self.shape(x))

    def build(self, *outputs: int) -> Graph:
        return Graph(tuple(self._tensors), tuple(self._ops), (self.input,), outputs)
