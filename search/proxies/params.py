"""The number of parameters: op records in, a count out."""

from __future__ import annotations

from search.hardware.ops import Graph
from search.proxies import proxy


@proxy(name="params", direction="higher", needs=("graph",))
def params(graph: Graph) -> float:
    """Weights and biases of the deployed network.

    Formula: sum over convolutions and linear layers of (kernel height * width * inputs * outputs + outputs).
    Initialisation, batch: none, a closed form. Direction: higher is better. Source: a baseline of every survey (arXiv
    2307.01998). Deviation: BatchNorm counts once a channel, as the bias it becomes.
    """
    total = 0
    for op in graph.ops:
        inputs, outputs = graph.tensors[op.inputs[0]].shape[-1], graph.tensors[op.outputs[0]].shape[-1]
        taps = op.kernel[0] * op.kernel[1]
        if op.kind in ("CONV_2D", "FULLY_CONNECTED"):
            total += taps * inputs * outputs + outputs
        elif op.kind == "DEPTHWISE_CONV_2D":
            total += taps * outputs + outputs
    return total
