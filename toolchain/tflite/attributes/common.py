"""What readers of several kinds share: fused activations and windows."""

from __future__ import annotations

from typing import Any

from search.hardware.ops import Op, explicit_padding, output_hw
from toolchain.tflite.model import Constants
from toolchain.tflite.operands import MAX_WINDOW, Operands

Attributes = tuple[dict[str, Any], Constants]


def fused_activation(operands: Operands) -> str:
    """The operation's activation, one that the kernels have."""
    word = str(operands.option("activation"))
    if word not in ("none", "relu", "relu6"):
        raise operands.fail(
            f"has the fused activation {word.upper()}, must be NONE, RELU or RELU6", "Use ReLU or ReLU6."
        )
    if word == "relu6":
        expect_six(operands)
    return word


def expect_six(operands: Operands) -> None:
    """Refuse output scales so small that 6 is beyond int32."""
    if not 6.0 / float(operands.output.scales[0]) < 2**31:
        raise operands.fail(f"has RELU6 and an output scale of {operands.output.scales[0]:.3g}")


def expect_windows(operands: Operands, **pairs: tuple[int, ...]) -> None:
    """Refuse (height, width) pairs that the kernels' 8-bit numbers cannot hold."""
    for name, pair in pairs.items():
        if not all(1 <= size <= MAX_WINDOW for size in pair):
            raise operands.fail(f"has {name} {pair[0]}x{pair[1]}, must be 1 to {MAX_WINDOW}", "Use a smaller window.")


def expect_small_padding(operands: Operands, op: Op, input_hw: tuple[int, int]) -> None:
    if max(max(pair) for pair in explicit_padding(op, input_hw)) > MAX_WINDOW:
        raise operands.fail(f"pads by more than {MAX_WINDOW}", "Use a smaller window.")


def window(operands: Operands, kernel: tuple[int, ...], channels: int, dilated: bool = False) -> dict[str, Any]:
    """Kernel, stride, dilation and padding of a convolution or pool, checked against the output's shape."""
    stride = operands.option("stride_h"), operands.option("stride_w")
    dilation = (operands.option("dilation_h"), operands.option("dilation_w")) if dilated else (1, 1)
    fields = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": operands.option("padding")}
    expect_windows(operands, kernel=kernel, stride=stride, dilation=dilation)
    input_hw = operands.source.shape[1], operands.source.shape[2]
    probe = Op(operands.operator.kind, (), (), **fields)
    expect_small_padding(operands, probe, input_hw)
    operands.expect_output((1, *output_hw(probe, input_hw), channels))
    return fields
