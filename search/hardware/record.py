"""A record: one operation reduced to the shapes and attributes that kernel choice, memory and latency depend on."""

from __future__ import annotations

from dataclasses import dataclass

from search.hardware.ops import Activation, DType, Graph, Op, explicit_padding, macs

Shape = tuple[int, int, int]  # height, width, channels
Pads = tuple[tuple[int, int], tuple[int, int]]  # (top, bottom), (left, right)

WINDOWED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"})


@dataclass(frozen=True, slots=True)
class Record:
    """What `select` looks at: no weights, no scales, so it exists before any training.

    input, output: [H, W, C]; a tensor of lower rank has its last axis as C and the ones before it as W, H.
    pads: explicit padding of a convolution or pool, a folded PAD included.
    """

    kind: str
    input: Shape
    output: Shape
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: Pads = ((0, 0), (0, 0))
    activation: Activation = "none"
    input_dtype: DType = "int8"
    output_dtype: DType = "int8"
    macs: int = 0

    @property
    def depth(self) -> int:
        """Length of one dot product: kernel area times input channels (depthwise: the kernel area)."""
        channels = 1 if self.kind == "DEPTHWISE_CONV_2D" else self.input[2]
        return self.kernel[0] * self.kernel[1] * channels

    @property
    def positions(self) -> int:
        """Output positions, height times width."""
        return self.output[0] * self.output[1]

    @property
    def output_elements(self) -> int:
        return self.output[0] * self.output[1] * self.output[2]

    @property
    def input_elements(self) -> int:
        return self.input[0] * self.input[1] * self.input[2]


def hwc(shape: tuple[int, ...]) -> Shape:
    """[H, W, C] of a tensor of any rank: batch dropped, missing axes 1, surplus leading axes merged into H."""
    axes = (1, 1, *shape[1:]) if len(shape) > 1 else (1, 1, *shape)
    head = 1
    for size in axes[:-2]:
        head *= size
    return head, axes[-2], axes[-1]


def record_of(graph: Graph, op: Op, pads: Pads | None = None) -> Record:
    """The record of `op`; `pads` replaces its padding where a PAD was folded into it."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    input_shape = hwc(source.shape)
    if op.kind in WINDOWED and pads is None:
        pads = explicit_padding(op, input_shape[:2])
    return Record(
        kind=op.kind,
        input=input_shape,
        output=hwc(target.shape),
        kernel=op.kernel,
        stride=op.stride,
        dilation=op.dilation,
        pads=pads or ((0, 0), (0, 0)),
        activation=op.activation,
        input_dtype=source.dtype,
        output_dtype=target.dtype,
        macs=macs(graph, op),
    )
