"""One function a kind of operation: its operands in, its attributes and constants out, all checked.

Each returns the fields of `Op` that its kind has, and `Constants`. Shapes, types and quantisation of the activations
are known to be sound before; what is left is whether they fit the attributes and TensorFlow Lite Micro's own demands.
"""

from __future__ import annotations

from collections.abc import Callable

from search.hardware.ops import OP_KINDS
from toolchain.tflite.attributes import elementwise, moves, sums
from toolchain.tflite.attributes.common import Attributes
from toolchain.tflite.operands import DATA_INPUTS, Operands

#: What reads the attributes and constants of each kind; its keys are exactly OP_KINDS.
READERS: dict[str, Callable[[Operands], Attributes]] = {
    "CONV_2D": sums.conv_2d,
    "DEPTHWISE_CONV_2D": sums.depthwise_conv_2d,
    "TRANSPOSE_CONV": sums.transpose_conv,
    "FULLY_CONNECTED": sums.fully_connected,
    "AVERAGE_POOL_2D": sums.pool,
    "MAX_POOL_2D": sums.pool,
    "MEAN": sums.mean,
    "ADD": elementwise.add,
    "SUB": elementwise.add,
    "MUL": elementwise.mul,
    "PRELU": elementwise.prelu,
    "LOGISTIC": elementwise.logistic,
    "TANH": elementwise.logistic,
    "HARD_SWISH": elementwise.hard_swish,
    "RELU": elementwise.relu,
    "RELU6": elementwise.relu6,
    "LEAKY_RELU": elementwise.leaky_relu,
    "SOFTMAX": elementwise.softmax,
    "QUANTIZE": elementwise.quantize,
    "DEQUANTIZE": elementwise.dequantize,
    "RESHAPE": moves.reshape,
    "PAD": moves.pad,
    "CONCATENATION": moves.concatenation,
    "SPLIT": moves.split,
    "STRIDED_SLICE": moves.strided_slice,
    "RESIZE_NEAREST_NEIGHBOR": moves.resize_nearest_neighbor,
}
assert set(READERS) == set(OP_KINDS)


def computed_inputs(operands: Operands) -> tuple[int, ...]:
    """Positions of the inputs that other operations compute; of two operands one may be constant."""
    kind, numbers = operands.operator.kind, operands.operator.inputs
    if kind == "CONCATENATION":
        return tuple(range(max(len(numbers), 1)))
    if kind in ("ADD", "SUB", "MUL"):
        tensors = [operands.tensors.get(number) for number in numbers[:2]]
        computed = [position for position, tensor in enumerate(tensors) if tensor is None or tensor.data is None]
        return tuple(computed) if len(computed) == 1 and len(numbers) > 1 else (0, 1)
    return (DATA_INPUTS.get(kind, 0),)
