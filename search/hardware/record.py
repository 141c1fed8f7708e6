"""A record: one operation reduced to the shapes and attributes that kernel choice, memory and latency depend on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from search.hardware.ops import Activation, DType, Graph, Op, explicit_padding, macs

Shape = tuple[int, int, int]  # height, width, channels
Pads = tuple[tuple[int, int], tuple[int, int]]  # (top, bottom), (left, right)

WINDOWED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"})
#: Operations of one int8 input whose every output follows from one input alone, so that a table of 256 holds them.
LOOKUPS = frozenset({"LOGISTIC", "TANH", "HARD_SWISH", "RELU", "RELU6", "LEAKY_RELU"})
_WITH_OPERANDS = frozenset({"ADD", "SUB", "MUL", "PRELU", "CONCATENATION"})
#: Forms that several kinds of operations share.
_FORMS = {"SPLIT": "SLICE", "STRIDED_SLICE": "SLICE", **dict.fromkeys(LOOKUPS, "LOOKUP")}

MAX_CHANNELS = 65_535  # of mcn_mean_t


@dataclass(frozen=True, slots=True)
class Record:
    """What `select` looks at: no weights, no scales, so it exists before any training.

    input, output: [H, W, C]; a tensor of lower rank has its last axis as C and the ones before it as W, H; that of
    FULLY_CONNECTED what one row of weights goes over as C.
    pads: explicit padding of a convolution or pool, a folded PAD included.
    operands: [H, W, C] of all operands of SUB, MUL, PRELU, CONCATENATION and of an ADD whose two differ in shape or of
    which one is constant; else (). constant: which of them is constant.
    over: of a MEAN that does not just keep its last axes, how many elements it takes the mean over along H, W and C.
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
    groups: int = 1
    operands: tuple[Shape, ...] = ()
    constant: int | None = None
    over: Shape | None = None

    @property
    def form(self) -> str:
        """What kernels are chosen by: the kind, or a name of its own where other kernels run it."""
        if self.kind == "CONV_2D" and self.groups > 1:
            return "GROUPED_CONV_2D"
        if self.kind == "DEPTHWISE_CONV_2D" and self.input[2] == 1:
            return "CONV_2D"
        if self.kind == "ADD" and self.operands:
            return "BROADCAST_ADD"
        if self.over is not None:
            return "MEAN_OVER_AXES"
        return _FORMS.get(self.kind, self.kind)

    @property
    def depth(self) -> int:
        """Length of one dot product: kernel area times input channels (depthwise: the kernel area)."""
        channels = 1 if self.kind == "DEPTHWISE_CONV_2D" else self.input[2] // self.groups
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
    """The record of `op`; `pads` replaces its padding where a PAD was folded into it.

    All outputs of a SPLIT have the same.
    """
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    record = Record(
        kind=op.kind,
        input=hwc(source.shape),
        output=hwc(target.shape),
        kernel=op.kernel,
        stride=op.stride,
        dilation=op.dilation,
        pads=pads or _padding(op, hwc(source.shape), hwc(target.shape)),
        activation=op.activation,
        input_dtype=source.dtype,
        output_dtype=target.dtype,
        macs=macs(graph, op),
        groups=op.groups,
    )
    if op.kind == "MEAN":
        return _mean(record, source.shape, op.axes)
    if op.kind == "FULLY_CONNECTED":
        return _fully_connected(record)
    shapes = _operand_shapes(graph, op)
    plain_sum = op.kind == "ADD" and op.operand is None and shapes[0] == shapes[1]
    if op.kind not in _WITH_OPERANDS or plain_sum:
        return record
    constant = None if op.operand is None else int(not op.operand_first)
    return replace(record, operands=tuple(hwc(shape) for shape in shapes), constant=constant)


def _padding(op: Op, input_shape: Shape, output_shape: Shape) -> Pads:
    """A TRANSPOSE_CONV is padded as the convolution is that leads from its output to its input."""
    if op.kind == "TRANSPOSE_CONV":
        return explicit_padding(op, output_shape[:2])
    return explicit_padding(op, input_shape[:2]) if op.kind in WINDOWED else ((0, 0), (0, 0))


def _operand_shapes(graph: Graph, op: Op) -> list[tuple[int, ...]]:
    """Shapes of what an operation computes with, in the order of the file; batch first, as hwc wants it."""
    shapes = [graph.tensors[tensor].shape for tensor in op.inputs]
    if op.operand is None:
        return shapes
    rank = max(len(op.operand), len(shapes[0]))
    constant = (1,) * (rank - len(op.operand)) + op.operand
    return [constant, *shapes] if op.operand_first else [*shapes, constant]


def _fully_connected(record: Record) -> Record:
    """`record` with the rows that the weights go over as W, whatever axes they lie along in the tensor."""
    channels = record.output[2]
    rows = record.output_elements // channels
    return replace(record, input=(1, rows, record.input_elements // rows), output=(1, rows, channels))


def _mean(record: Record, shape: tuple[int, ...], axes: tuple[int, ...]) -> Record:
    """`record` as what kernels for MEAN over H and W read, where just the last axes are kept; else with `over`."""
    if len(shape) == 4 and axes == (1, 2):
        return record
    sizes = [(size, axis in axes) for axis, size in enumerate(shape) if axis > 0 and size > 1]
    positions, channels = (prod(size for size, is_reduced in sizes if is_reduced is which) for which in (True, False))
    if sizes == sorted(sizes, key=lambda entry: not entry[1]) and channels <= MAX_CHANNELS:
        return replace(record, input=(1, positions, channels), output=(1, 1, channels))
    first = len(shape) - 3  # the axis that is H
    reduced = [axis + first in axes and axis + first > 0 for axis in range(3)]
    h, w, c = (1 if gone else size for size, gone in zip(record.input, reduced, strict=True))
    over_h, over_w, over_c = (size if gone else 1 for size, gone in zip(record.input, reduced, strict=True))
    return replace(record, output=(h, w, c), over=(over_h, over_w, over_c))
