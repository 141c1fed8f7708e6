"""A random graph in the making: its builder, its tensors so far, and quantisation that keeps values moving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from search.hardware.ops import Activation
from tests.kernels.ingredients import (
    Array,
    Rng,
    Weighted,
    chance,
    integer,
    quantization,
    scale,
    values,
    weighted,
    zero_point,
)
from tests.tflite_builder import Quantization, TfliteBuilder

MOST_ELEMENTS = 6000  # of one tensor
SCALES = -14, 8  # of activations, as powers of two, so that they do not run away from operation to operation
Thing = TypeVar("Thing")
CHANNELS = (1, 2, 3, 4, 4, 8, 8, 12, 16, 16, 24, 32)


class Sketch:
    """A graph that grows. tensors: int8 activations that an operation may read.

    wild: whether quantisation may go to its limits. It is not in most graphs: values that an operation has saturated
    tell nothing of the operations behind it. even: whether scales are powers of two, so that results lie half-way.
    """

    def __init__(self, rng: Rng) -> None:
        self.b = TfliteBuilder()
        self.rng = rng
        self.wild = chance(rng, 0.2)
        self.even = not self.wild and chance(rng, 0.15)
        self.tensors: list[int] = []
        self.data: list[Array] = []  # for the inputs

    # Tensors.

    def input(self, shape: tuple[int, ...]) -> None:
        """A graph input of int8 or, quantised first, of float32."""
        data, target = self.operand(shape), self.target()
        if chance(self.rng, 0.15):
            source = self.b.input(shape, None)
            self.data.append(((data - np.float32(target[1])) * np.float32(target[0])).astype(np.float32))
            self.tensors.append(self.b.quantize(source, target))
        else:
            self.tensors.append(self.b.input(shape, target))
            self.data.append(data)

    def pick(self) -> int:
        """What the next operation reads: inputs first, then mostly what came last."""
        unread = [x for x in self.tensors[: len(self.data)] if x not in self._read()]
        if unread:
            return unread[0]
        return self.tensors[-1] if chance(self.rng, 0.7) else self.one_of(self.tensors)

    def _read(self) -> set[int]:
        """What an operation reads."""
        return {int(number) for operator in self.b.operators for number in operator.inputs}

    def one_of(self, things: Sequence[Thing]) -> Thing:
        return things[integer(self.rng, 0, len(things) - 1)]

    def reads_inputs(self) -> bool:
        return set(self.tensors[: len(self.data)]) <= self._read()

    def outputs(self) -> list[int]:
        """Graph outputs: what no operation reads, now and then something that one does, some as float32."""
        made, read = [x for x in self.tensors if x not in self.b.inputs], self._read()
        chosen = [x for x in made if x not in read or chance(self.rng, 0.1)]
        return [self.b.dequantize(x) if chance(self.rng, 0.1) else x for x in chosen]

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self.b.shape(tensor)

    def quantization(self, tensor: int) -> Quantization:
        found = self.b.quantization(tensor)
        assert found is not None
        return found

    # Quantisation.

    def scale(self, low: float, high: float) -> float:
        """2^low..2^high."""
        return 2.0 ** integer(self.rng, round(low), round(high)) if self.even else scale(self.rng, low, high)

    def target(self) -> Quantization:
        """For results of any size; now and then that of another tensor."""
        if self.tensors and chance(self.rng, 0.15):
            return self.quantization(self.one_of(self.tensors))
        return quantization(self.rng) if self.wild else (self.scale(-7, -2), self.zero_point())

    def zero_point(self) -> int:
        """Mostly such that values to both sides of zero have room."""
        return zero_point(self.rng) if self.wild or chance(self.rng, 0.15) else integer(self.rng, -50, 50)

    def near(self, source: float, apart: float = 1.5) -> Quantization:
        """For results about as large as values of scale `source`; now and then of just that scale, or half of it."""
        middle, apart = np.clip(np.log2(source), *SCALES), 12 if self.wild else apart
        low, high = np.clip((middle - apart, middle + apart), *SCALES)
        if low < middle - 1 and chance(self.rng, 0.2):
            return source / integer(self.rng, 1, 2), self.zero_point()
        return self.scale(low, high), self.zero_point()

    def activated(self, target: Quantization) -> tuple[Activation, Quantization]:
        """A fused activation, and the output quantisation that a converter gives it in most cases."""
        kind: Activation = ("none", "none", "relu", "relu6")[integer(self.rng, 0, 3)]  # type: ignore[assignment]
        return kind, (target[0], -128) if kind != "none" and chance(self.rng, 0.7) else target

    def weighted(self, x: int, shape: tuple[int, ...], axis: int, depth: int, most_left: float = 29.9) -> Weighted:
        """Weights of `shape` for input `x`, `depth` products a sum; sums fill the output unless the graph is wild."""
        source = self.quantization(x)
        if self.wild:
            found = weighted(self.rng, shape, axis, depth, most_left)
            scales = (found.scales * (found.source[0] / source[0])).astype(np.float32)
            low, high = 2.0 ** np.array(SCALES)
            target = float(np.clip(found.target[0], low, high)), found.target[1]
            return Weighted(source, found.weights, scales, found.bias, target)
        target, count = self.target(), shape[axis] if chance(self.rng, 0.7) else 1
        typical = target[0] / (source[0] * 40 * 70 * depth**0.5)
        exponents = np.log2(typical) + self.rng.uniform(-1, 1.5, count)
        scales = (2.0 ** (np.round(exponents) if self.even else exponents)).astype(np.float32)
        weights = self.rng.integers(-128 if chance(self.rng, 0.1) else -127, 128, shape).astype(np.int8)
        bias = self.rng.integers(-6000, 6001, shape[axis]).astype(np.int32) if chance(self.rng, 0.8) else None
        return Weighted(source, weights, scales, bias, target)

    def operand(self, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
        """Values, mostly spread evenly."""
        if self.wild or chance(self.rng, 0.15):
            return values(self.rng, shape)
        return self.rng.integers(-128, 128, shape).astype(np.int8)
