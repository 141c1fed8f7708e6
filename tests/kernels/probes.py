"""Models that tell one multiplier from the next: an output of 8 bits is made to depend on the last of its 31 bits.

All products are 0, so the sum is the bias. It is chosen such that bias * multiplier lands exactly where the shift
rounds up, while the next smaller multiplier stays below (or the other way round), so an error of one unit shows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tests.kernels.cases import Case, Rng, scale, zero_point
from tests.tflite_builder import TfliteBuilder
from toolchain.compile.quantize import channel_multipliers

SHIFT = 23  # the most bits that leave outputs up to 127, so the sharpest
CHANNELS = 64


def _high_multiply(a: int, b: int) -> int:
    return (a * b + (1 << 30)) >> 31


def _sharp_bias(rng: Rng, multiplier: int, step: int) -> int:
    """A bias whose product rounds differently with multiplier + step (1 or -1); 0 for the few that have none."""
    for k in rng.permutation(np.arange(40, 127)).tolist():
        tie = (2 * k + 1) << (SHIFT - 1)
        bias = -(-((tie << 31) - (1 << 30)) // multiplier)
        bias -= step > 0
        if bias < 2**31 and _crosses(bias, multiplier, step, tie):
            return bias
    return 0


def _crosses(bias: int, multiplier: int, step: int, tie: int) -> bool:
    return (_high_multiply(bias, multiplier) >= tie) != (_high_multiply(bias, multiplier + step) >= tie)


def _scales(rng: Rng, count: int) -> tuple[float, np.ndarray, float]:
    """(input scale, weight scales, output scale) with every input * weight / output in [2^-24, 2^-23)."""
    source, target = scale(rng), scale(rng, 0, 20)
    ratios = 2.0 ** rng.uniform(-SHIFT - 0.999, -SHIFT - 0.001, count)
    return source, (ratios * target / source).astype(np.float32), target


def _probe(kind: str, rng: Rng, count: int) -> Case:
    """`count` weight scales, with a probe from below and one from above for each."""
    source, scales, target = _scales(rng, count)
    multipliers, shifts = channel_multipliers(source, scales, target)
    assert set(shifts.tolist()) == {-SHIFT}
    bias = np.array([_sharp_bias(rng, m, step) for step in (-1, 1) for m in multipliers.tolist()], np.int32)
    zero = zero_point(rng)
    b = TfliteBuilder()
    shape = {"fully_connected": (1, 1), "grouped": (1, 1, 1, 2)}.get(kind, (1, 1, 1, 1))
    weight_shape = {"depthwise_conv_2d": (1, 1, 1, -1), "fully_connected": (-1, 1)}.get(kind, (-1, 1, 1, 1))
    weights = rng.integers(-127, 128, 2 * count).astype(np.int8).reshape(weight_shape)
    x, repeated = b.input(shape, (source, zero)), scales if count == 1 else np.tile(scales, 2)
    if kind == "transpose_conv":
        y = b.transpose_conv(x, weights, repeated, (target, 0), (1, 1), bias)
    else:
        y = getattr(b, "conv_2d" if kind == "grouped" else kind)(x, weights, repeated, (target, 0), bias)
    return Case(b.build(y), (np.full(shape, zero, np.int8),))


_WEIGHTED = ("conv_2d", "grouped", "depthwise_conv_2d", "fully_connected", "transpose_conv")
#: Each kind of weights.
PROBES: dict[str, Callable[[Rng], Case]] = {
    f"{kind} per {what}": partial(_probe, kind, count=count)
    for kind in _WEIGHTED
    for what, count in (("channel", CHANNELS), ("tensor", 1))
}
