"""Networks from op records: the operations, and weights from a generator alone."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from search.hardware.ops import GraphBuilder
from search.network import GraphNetwork, initialise


def small() -> GraphNetwork:
    builder = GraphBuilder((1, 6, 6, 2))
    x = builder.conv(builder.input, 4, kernel=3, stride=2, activation="relu6")
    y = builder.add(x, builder.depthwise(x, kernel=5), activation="relu")
    return GraphNetwork(builder.build(builder.fully_connected(builder.global_mean(y), 3)))


def test_a_network_follows_its_records() -> None:
    network = initialise(small(), torch.Generator().manual_seed(0)).eval()
    conv, depthwise = (m for m in network.modules() if isinstance(m, nn.Conv2d))
    (linear,) = (m for m in network.modules() if isinstance(m, nn.Linear))
    x = torch.rand(5, 2, 6, 6)
    scale = (1 + 1e-5) ** -0.5  # of a BatchNorm that has seen nothing
    a = (nn.functional.conv2d(nn.functional.pad(x, (0, 1, 0, 1)), conv.weight, stride=2) * scale).clamp(0, 6)
    b = nn.functional.conv2d(a, depthwise.weight, padding=2, groups=4) * scale
    torch.testing.assert_close(network(x), linear((a + b).relu().mean((2, 3))))


def test_weights_come_from_the_generator_alone() -> None:
    states = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        states.append(initialise(small(), torch.Generator().manual_seed(7)).state_dict())
    assert all(torch.equal(a, b) for a, b in zip(states[0].values(), states[1].values(), strict=True))
    other = initialise(small(), torch.Generator().manual_seed(8)).state_dict()
    assert not torch.equal(states[0]["steps.00_conv_2d.conv.weight"], other["steps.00_conv_2d.conv.weight"])


def test_default_weights_are_those_of_torch() -> None:
    """Uniform within 1 / sqrt(fan in), as nn.Conv2d and nn.Linear document."""
    weight = initialise(nn.Conv2d(50, 80, 3), torch.Generator().manual_seed(0)).weight
    bound = (50 * 9) ** -0.5
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.01)


def test_an_operation_without_a_trainable_form_is_a_bug() -> None:
    builder = GraphBuilder((1, 3))
    graph = builder.build(builder.softmax(builder.input))
    with pytest.raises(ValueError, match="no trainable form of Op\\(kind='SOFTMAX'"):
        GraphNetwork(graph)
