"""The corpus: a seed and a number in, a small .tflite with values for its inputs out, the same every time.

Half of it are random graphs with branches, the rest networks of usual blocks, and single operations and probes whose
quantisation goes to its limits (all of tests.kernels).
"""

from __future__ import annotations

import numpy as np

from search.hardware.ops import OP_KINDS
from tests.fuzz.layers import LAYERS
from tests.fuzz.sketch import CHANNELS, Sketch
from tests.kernels.cases import CASES
from tests.kernels.ingredients import Case, Rng, chance, integer
from tests.kernels.networks import network
from tests.kernels.networks_branches import branching_network
from tests.kernels.probes import PROBES

#: How often an operation stands in a graph, if not 1.
WEIGHTS = {"CONV_2D": 5.0, "DEPTHWISE_CONV_2D": 4.0, "FULLY_CONNECTED": 2.0, "ADD": 3.0, "RESHAPE": 0.5, "SOFTMAX": 0.5}
KINDS = tuple(kind for kind in OP_KINDS if kind in LAYERS)
ODDS = np.array([WEIGHTS.get(kind, 1.0) for kind in KINDS])
ODDS /= ODDS.sum()


def case(seed: int, number: int) -> Case:
    """Graph `number` of the corpus of `seed`."""
    rng = np.random.default_rng([seed, number])
    place = number % 20
    if place < 11:
        return graph(rng)
    if place < 14:
        return network(rng) if place == 11 else branching_network(rng)
    kinds = list(CASES.values()) if place < 19 else list(PROBES.values())
    return kinds[integer(rng, 0, len(kinds) - 1)](rng)


def graph(rng: Rng) -> Case:
    """Up to two inputs, up to ten operations, every tensor that no operation reads an output."""
    sketch = Sketch(rng)
    for _ in range(2 if chance(rng, 0.2) else 1):
        sketch.input(_shape(rng))
    wanted, made = integer(rng, 1, 9), set()
    while len(sketch.b.operators) < wanted or not sketch.reads_inputs() or made <= {"RESHAPE"}:
        kind = KINDS[int(rng.choice(len(KINDS), p=ODDS))]
        outputs = LAYERS[kind](sketch, sketch.pick())
        sketch.tensors += outputs
        made |= {kind} if outputs else set()
    return Case(sketch.b.build(*sketch.outputs()), tuple(sketch.data))


def _shape(rng: Rng) -> tuple[int, ...]:
    channels = int(rng.choice(CHANNELS)) if chance(rng, 0.7) else integer(rng, 1, 40)
    style = integer(rng, 0, 11)
    if style == 0:
        return 1, channels * integer(rng, 1, 9)
    if style == 1:
        return 1, integer(rng, 1, 20), channels
    if style == 2:  # one-dimensional
        return (1, integer(rng, 1, 60), 1, channels) if chance(rng, 0.5) else (1, 1, integer(rng, 1, 60), channels)
    if style == 3:  # for windows of many positions
        return 1, integer(rng, 14, 24), integer(rng, 14, 24), integer(rng, 1, 8)
    if style == 4:  # for long sums
        return 1, integer(rng, 1, 6), integer(rng, 2, 6), 4 * integer(rng, 12, 25)
    return 1, integer(rng, 1, 13), integer(rng, 1, 13), channels
