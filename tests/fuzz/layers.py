"""One function an operation: a graph in the making and a tensor to read in, the tensors that it writes out.

[] says that the operation cannot read this tensor. LAYERS has every operation that the engine runs.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from search.hardware.ops import Op, Padding, output_hw
from tests.fuzz import layers_moves
from tests.fuzz.sketch import CHANNELS, MOST_ELEMENTS, Sketch
from tests.kernels.ingredients import SMALLEST_RELU6, chance, integer, padding, pair, scale
from tests.tflite_builder import Pair, Quantization
from toolchain.tflite.operands import MAX_WINDOW

Layer = Callable[[Sketch, int], list[int]]

_WIDEST = 5000  # weights of one operation


def _channels(g: Sketch, positions: int, taps: int) -> int:
    """Output channels that keep tensor and weights small."""
    most = max(1, min(MOST_ELEMENTS // positions, _WIDEST // taps))
    wanted = int(g.rng.choice(CHANNELS)) if chance(g.rng, 0.7) else integer(g.rng, 1, 40)
    return min(wanted, most)


def _window(g: Sketch, x: int, largest: int, dilated: bool = True) -> tuple[Pair, Pair, Pair, Padding]:
    """Kernel, stride, dilation and padding that leave some output."""
    _, h, w, _ = g.shape(x)
    kernel = (3, 3) if chance(g.rng, 0.4) else pair(g.rng, 1, largest)
    stride, same = ((1, 1), (1, 1), (2, 2), pair(g.rng, 1, 3))[integer(g.rng, 0, 3)], padding(g.rng)
    dilation = pair(g.rng, 1, 3) if dilated and chance(g.rng, 0.15) else (1, 1)
    if 0 in output_hw(Op("", (), (), kernel, stride, dilation, same), (h, w)):
        kernel, dilation = (min(kernel[0], h), min(kernel[1], w)), (1, 1)
    return kernel, stride, dilation, same


def _padded(g: Sketch, x: int) -> int:
    """`x` with rows and columns around it: what is folded into a convolution without padding."""
    return g.b.pad(x, [(0, 0), pair(g.rng, 0, 2), pair(g.rng, 0, 2), (0, 0)])


def conv_2d(g: Sketch, x: int) -> list[int]:
    if len(g.shape(x)) != 4:
        return []
    if chance(g.rng, 0.15):
        x = _padded(g, x)
    _, h, w, inner = g.shape(x)
    kernel, stride, dilation, same = (
        ((1, 1), (1, 1), (1, 1), padding(g.rng)) if chance(g.rng, 0.3) else _window(g, x, 5)
    )
    groups = int(g.rng.choice([n for n in range(1, inner + 1) if inner % n == 0])) if chance(g.rng, 0.1) else 1
    taps = kernel[0] * kernel[1] * inner // groups
    size = output_hw(Op("", (), (), kernel, stride, dilation, same), (h, w))
    channels = -(-_channels(g, size[0] * size[1], taps) // groups) * groups
    weights = g.weighted(x, (channels, *kernel, inner // groups), 0, taps)
    activation, target = g.activated(weights.target)
    return [g.b.conv_2d(x, weights.weights, weights.scales, target, weights.bias, stride, dilation, same, activation)]


def depthwise_conv_2d(g: Sketch, x: int) -> list[int]:
    if len(g.shape(x)) != 4:
        return []
    if chance(g.rng, 0.15):
        x = _padded(g, x)
    kernel, stride, dilation, same = _window(g, x, 8)
    out = g.shape(x)[3] * (integer(g.rng, 2, 3) if chance(g.rng, 0.15) and prod(g.shape(x)) < MOST_ELEMENTS / 3 else 1)
    weights = g.weighted(x, (1, *kernel, out), 3, kernel[0] * kernel[1])
    activation, target = g.activated(weights.target)
    return [
        g.b.depthwise_conv_2d(
            x, weights.weights, weights.scales, target, weights.bias, stride, dilation, same, activation
        )
    ]


def fully_connected(g: Sketch, x: int) -> list[int]:
    shape = g.shape(x)
    if len(shape) < 2:
        return []
    inner = shape[-1] if chance(g.rng, 0.5) else prod(shape)
    out = min(int(g.rng.choice(CHANNELS)) if chance(g.rng, 0.5) else integer(g.rng, 1, 40), max(1, 20_000 // inner))
    weights = g.weighted(x, (out, inner), 0, inner, most_left=17)
    activation, target = g.activated(weights.target)
    keep = inner == shape[-1] and (inner != prod(shape) or chance(g.rng, 0.5))  # rows would be a batch
    return [g.b.fully_connected(x, weights.weights, weights.scales, target, weights.bias, activation, keep)]


def transpose_conv(g: Sketch, x: int) -> list[int]:
    shape = g.shape(x)
    if len(shape) != 4:
        return []
    kernel, stride, same = pair(g.rng, 1, 4), pair(g.rng, 1, 3), padding(g.rng)
    size = tuple(
        (n - 1) * step + (1 if same == "same" else taps) + integer(g.rng, 0, step - 1)
        for n, step, taps in zip(shape[1:3], stride, kernel, strict=True)
    )
    positions, taps = size[0] * size[1], kernel[0] * kernel[1] * shape[3]
    if positions > MOST_ELEMENTS:
        return []
    weights = g.weighted(x, (_channels(g, positions, taps), *kernel, shape[3]), 0, max(1, taps // prod(stride)))
    activation, target = g.activated(weights.target)
    return [
        g.b.transpose_conv(
            x, weights.weights, weights.scales, target, (size[0], size[1]), weights.bias, stride, same, activation
        )
    ]


# Element by element.


def _partner(g: Sketch, x: int) -> tuple[int, Quantization]:
    """A second operand: a tensor of the same shape, one that is repeated, or a constant."""
    shape = g.shape(x)
    fitting = [t for t in g.tensors if _broadcasts(g.shape(t), shape) and (t != x or chance(g.rng, 0.05))]
    if fitting and chance(g.rng, 0.7):
        y = g.one_of(fitting)
        return y, g.quantization(y)
    repeated = [1 if chance(g.rng, 0.5) else size for size in shape]
    while len(repeated) > 1 and repeated[0] == 1 and chance(g.rng, 0.5):
        repeated.pop(0)
    quantization = g.near(g.quantization(x)[0])
    return g.b.operand(g.operand(tuple(repeated)), quantization), quantization


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether both are parts of one shape of at most four axes, batch 1, that is small."""
    try:
        shape = np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return a == b or (shape[0] == 1 and len(shape) <= 4 and prod(shape) <= MOST_ELEMENTS)


def _pairwise(kind: str) -> Layer:
    def layer(g: Sketch, x: int) -> list[int]:
        y, other = _partner(g, x)
        first, second = (x, y) if chance(g.rng, 0.5) else (y, x)
        scales = g.quantization(x)[0], other[0]
        if kind == "MUL":
            target = g.near(scales[0] * scales[1] * 50)
            least = scales[0] * scales[1] * 2.0**-29
        else:
            target, least = g.near(max(scales)), max(scales) * 2.0**-18
        activation, target = g.activated((max(target[0], least, SMALLEST_RELU6), target[1]))
        return [g.b.binary(kind, first, second, target, activation)]

    return layer


def prelu(g: Sketch, x: int) -> list[int]:
    shape = [1 if chance(g.rng, 0.5) else size for size in g.shape(x)[1:]]
    slopes = g.b.operand(g.operand(tuple(shape)), (g.scale(-9, -5), g.zero_point()))
    return [g.b.prelu(x, slopes, g.near(g.quantization(x)[0]))]


def _unary(kind: str) -> Layer:
    return lambda g, x: [g.b.unary(kind, x)]


def hard_swish(g: Sketch, x: int) -> list[int]:
    source = g.quantization(x)[0]
    target = g.near(source, 1)
    return [g.b.unary("HARD_SWISH", x, (max(target[0], source / 100), target[1]))]


def relu(g: Sketch, x: int) -> list[int]:
    return [g.b.unary("RELU", x, g.near(g.quantization(x)[0]))]


def leaky_relu(g: Sketch, x: int) -> list[int]:
    alpha = (
        g.one_of([0.01, 0.1, 0.25, 0.3, 0.5, 1.0, 0.0, -0.25, -0.5, 1.5])
        if chance(g.rng, 0.6)
        else g.rng.uniform(-2, 2)
    )
    return [g.b.leaky_relu(x, float(np.float32(alpha)), g.near(g.quantization(x)[0]))]


def softmax(g: Sketch, x: int) -> list[int]:
    if g.shape(x)[-1] > 511:  # TensorFlow Lite Micro aborts when 512 are equal
        return []
    return [g.b.softmax(x, 1.0 if chance(g.rng, 0.8) else scale(g.rng, -1, 3))]


def quantize(g: Sketch, x: int) -> list[int]:
    return [g.b.quantize(x, g.near(g.quantization(x)[0], 3))]


# Over windows and axes.


def _pool(kind: str) -> Layer:
    def layer(g: Sketch, x: int) -> list[int]:
        if len(g.shape(x)) != 4:
            return []
        kernel, stride, _, same = _window(g, x, 12 if chance(g.rng, 0.3) else 4, dilated=False)
        _, h, w, _ = g.shape(x)
        if chance(g.rng, 0.5):
            halved, whole = min(h, w) > 1 and chance(g.rng, 0.6), (min(h, MAX_WINDOW), min(w, MAX_WINDOW))
            kernel, stride = ((2, 2), (2, 2)) if halved else (whole, (1, 1))
        return [g.b.pool(kind, x, kernel, stride, same, g.activated(g.quantization(x))[0])]

    return layer


def mean(g: Sketch, x: int) -> list[int]:
    rank = len(g.shape(x))
    axes = [axis for axis in range(1, rank) if chance(g.rng, 0.5)]
    if rank == 4 and chance(g.rng, 0.5):
        axes = [1, 2]
    keep = chance(g.rng, 0.5)
    if not axes or rank > 4:
        return []
    signed = [axis - rank if chance(g.rng, 0.3) else axis for axis in g.rng.permutation(axes).tolist()]
    return [g.b.mean(x, g.near(g.quantization(x)[0], 2), signed, keep)]


def _at_an_end(_: Sketch, __: int) -> list[int]:
    """DEQUANTIZE writes what no operation reads: Sketch.outputs() puts it at the end."""
    return []


#: Every operation that the engine runs.
LAYERS: dict[str, Layer] = {
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "FULLY_CONNECTED": fully_connected,
    "TRANSPOSE_CONV": transpose_conv,
    "ADD": _pairwise("ADD"),
    "SUB": _pairwise("SUB"),
    "MUL": _pairwise("MUL"),
    "PRELU": prelu,
    "LOGISTIC": _unary("LOGISTIC"),
    "TANH": _unary("TANH"),
    "HARD_SWISH": hard_swish,
    "RELU": relu,
    "RELU6": _unary("RELU6"),
    "LEAKY_RELU": leaky_relu,
    "SOFTMAX": softmax,
    "QUANTIZE": quantize,
    "DEQUANTIZE": _at_an_end,
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": _pool("MAX_POOL_2D"),
    "MEAN": mean,
    "RESHAPE": layers_moves.reshape,
    "PAD": layers_moves.pad,
    "CONCATENATION": layers_moves.concatenation,
    "SPLIT": layers_moves.split,
    "STRIDED_SLICE": layers_moves.strided_slice,
    "RESIZE_NEAREST_NEIGHBOR": layers_moves.resize_nearest_neighbor,
}
