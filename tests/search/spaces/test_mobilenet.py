"""The MobileNet-like space: its ids, its records, its padding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from search.errors import SearchError
from search.hardware.ops import macs
from search.spaces import mobilenet

ID = "r16_c12s2_w12.k3e4.k5e1_w24.k3e6_none_h64"


def test_an_id_becomes_the_records_of_inverted_residual_blocks() -> None:
    graph = mobilenet.graph(mobilenet.parse(ID), classes=10)
    rows = [
        (op.kind, graph.tensors[op.outputs[0]].shape, op.kernel[0], op.stride[0], op.padding, op.activation)
        for op in graph.ops
    ]
    assert rows == [
        ("CONV_2D", (1, 8, 8, 12), 3, 2, "same", "relu"),  # stem
        ("CONV_2D", (1, 8, 8, 48), 1, 1, "same", "relu"),  # expansion 4
        ("DEPTHWISE_CONV_2D", (1, 8, 8, 48), 3, 1, "same", "relu"),
        ("CONV_2D", (1, 8, 8, 12), 1, 1, "same", "none"),
        ("ADD", (1, 8, 8, 12), 1, 1, "valid", "none"),  # stride 1 and equal widths
        ("DEPTHWISE_CONV_2D", (1, 8, 8, 12), 5, 1, "same", "relu"),  # expansion 1 has no expanding convolution
        ("CONV_2D", (1, 8, 8, 12), 1, 1, "same", "none"),
        ("ADD", (1, 8, 8, 12), 1, 1, "valid", "none"),
        ("CONV_2D", (1, 8, 8, 72), 1, 1, "same", "relu"),
        ("DEPTHWISE_CONV_2D", (1, 4, 4, 72), 3, 2, "same", "relu"),
        ("CONV_2D", (1, 4, 4, 24), 1, 1, "same", "none"),  # no ADD: the stride is 2
        ("CONV_2D", (1, 4, 4, 64), 1, 1, "same", "relu"),  # head
        ("MEAN", (1, 64), 1, 1, "valid", "none"),
        ("FULLY_CONNECTED", (1, 10), 1, 1, "valid", "none"),
    ]
    assert graph.ops[4].inputs == (graph.ops[0].outputs[0], graph.ops[3].outputs[0])
    assert sum(macs(graph, op) for op in graph.ops) == 255_232


def test_genes_of_absent_blocks_have_no_effect() -> None:
    arch = mobilenet.parse(ID)
    names = [gene.name for gene in mobilenet.genes]
    dead = [names.index(name) for name in ("width2", "kernel2.0", "expansion1.1", "kernel0.2")]
    changed = tuple(1 if i in dead else choice for i, choice in enumerate(arch))
    assert changed != arch
    assert mobilenet.canonical(changed) == arch
    assert mobilenet.arch_id(changed) == ID


def test_the_description_is_readable() -> None:
    assert mobilenet.describe(mobilenet.parse(ID)) == (
        "input 16x16; stem 12 channels stride 2; stage 1: 3x3 expansion 4 + 5x5 expansion 1, 12 channels; "
        "stage 2: 3x3 expansion 6, 24 channels; head 64 channels"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (ID.replace("r16", "r17"), "resolution = 17, must be one of 12, 16, 20, 24"),
        (ID.replace("k5e1", "k5e2"), "expansion0.1 = 2, must be one of 1, 3, 4, 6"),
        (ID.replace("w12.k3e4.k5e1", "none"), "depth0 = 0, must be one of 1, 2, 3"),
        (ID.replace("s2", "s3"), "stem_stride = 3, must be one of 1, 2"),
    ],
)
def test_values_outside_the_space_are_named(text: str, fault: str) -> None:
    with pytest.raises(SearchError) as error:
        mobilenet.parse(text)
    assert str(error.value) == f"'{text}' is not in the space mobilenet: {fault}."


def test_padding_is_that_of_tensorflow() -> None:
    """Stride 2 over an even side pads at the end only, as 'same' does, so that an export has no PAD operation."""
    network = mobilenet.network(mobilenet.parse(ID), 10)
    pads = [tuple(module.padding) for module in network.modules() if isinstance(module, torch.nn.ZeroPad2d)]
    assert pads == [(0, 1, 0, 1), (1, 1, 1, 1), (2, 2, 2, 2), (0, 1, 0, 1)]
    assert all(module.padding == (0, 0) for module in network.modules() if isinstance(module, torch.nn.Conv2d))


def test_the_space_is_large_and_its_samples_hardly_repeat() -> None:
    rng = np.random.default_rng(0)
    assert len({mobilenet.sample(rng) for _ in range(1000)}) > 990
