"""The spaces of published benchmarks: their strings, and the parameters and MACs that their tables give."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from search.errors import SearchError
from search.layers import Layer
from search.spaces import Arch, Space, mnasnet_anb, nasbench201, nasbench_macro
from search.spaces._networks import Cell
from tests.support import shared_data

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"


def rows(file: str, count: int = 300) -> list[dict[str, str]]:
    with Path(shared_data() / file).open(newline="") as stream:
        return list(islice(csv.DictReader(stream), count))


def test_the_strings_of_every_table_are_read_and_printed() -> None:
    tables: list[tuple[Space, str]] = [
        (nasbench201, "nasbench201_dev.csv"),
        (nasbench_macro, "nasbench_macro_dev.csv"),
        (mnasnet_anb, "accel_nasbench_dev.csv"),
    ]
    for space, file in tables:
        for row in rows(file, 10_000):
            text = "_".join(row[column] for column in space.columns)
            assert space.arch_id(space.parse(text)) == text


def test_macro_has_the_parameters_and_macs_of_its_table() -> None:
    for row in rows("nasbench_macro_dev.csv"):
        arch = nasbench_macro.parse(row["arch"])
        assert parameters(nasbench_macro, arch, 10) == int(row["params"])
        assert sum(layer.macs for layer in nasbench_macro.layers(arch, 10)) == int(row["flops"])


def test_mnasnet_has_the_parameters_of_its_table() -> None:
    for row in rows("accel_nasbench_dev.csv", 30):
        arch = mnasnet_anb.parse("_".join(row[column] for column in mnasnet_anb.columns))
        assert parameters(mnasnet_anb, arch, 1000) == pytest.approx(1e6 * float(row["params_M"]), abs=1)


def test_nasbench201_has_the_parameters_of_its_table() -> None:
    for row in rows("nasbench201_proxies_reference.csv"):
        layers = nasbench201.layers(tuple(map(int, row["ops"])), 10)
        # The table counts BatchNorm twice a channel, and the last one; here it is a bias.
        assert sum(layer.params for layer in layers) == pytest.approx(1e6 * float(row["params"]), rel=0.02)


def parameters(space: Space, arch: Arch, classes: int) -> int:
    return sum(parameter.numel() for parameter in space.network(arch, classes, 3).parameters())


@pytest.mark.parametrize("space", [nasbench201, nasbench_macro, mnasnet_anb])
def test_the_layers_are_those_of_the_network(space: Space) -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        arch = space.sample(rng)
        if space is nasbench201:  # without dead edges, which the network leaves out
            arch = tuple(choice or 3 for choice in arch)
        found = [(m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.groups == 1)
                 for m in space.network(arch, 10, 3).modules() if isinstance(m, nn.Conv2d)]  # fmt: skip
        told = [(la.inputs, la.outputs, la.kernel, la.stride, la.kind == "conv")
                for la in space.layers(arch, 10, 3) if la.kind in ("conv", "depthwise")]  # fmt: skip
        assert sorted(found) == sorted(told)


def test_edges_that_no_path_uses_are_left_out() -> None:
    arch = nasbench201.parse(CELL)
    assert nasbench201.live_edges(arch) == {(0, 1): "nor_conv_3x3", (0, 3): "avg_pool_3x3", (1, 3): "nor_conv_1x1"}
    network = nasbench201.network(arch, 10)
    assert sum(isinstance(module, nn.AvgPool2d) for module in network.modules()) == 15 + 2
    cut = nasbench201.parse("|none~0|+|none~0|nor_conv_3x3~1|+|none~0|nor_conv_1x1~1|none~2|")
    assert nasbench201.live_edges(cut) == {}
    outputs = nasbench201.network(cut, 10)(torch.rand(2, 3, 32, 32))
    assert torch.equal(outputs[0], outputs[1])  # nothing of the image arrives


def test_a_cell_sums_what_arrives_at_each_node() -> None:
    skip = "|skip_connect"
    identity = nasbench201.parse(f"{skip}~0|+{skip}~0{skip}~1|+|none~0{skip}~1{skip}~2|")
    x = torch.rand(1, 4, 5, 5)
    assert torch.allclose(Cell(nasbench201.live_edges(identity), 4)(x), 3 * x)


def test_counts_of_a_layer() -> None:
    conv = Layer("conv", 16, 32, (9, 9), kernel=3, stride=2)
    assert (conv.params, conv.macs) == (9 * 16 * 32 + 32, 25 * 9 * 16 * 32)
    assert Layer("depthwise", 8, 8, (4, 4), kernel=5).macs == 16 * 25 * 8
    assert Layer("each", 8, 8, (4, 4)).params == 0


@pytest.mark.parametrize(
    ("space", "text", "message"),
    [
        (nasbench201, CELL.replace("none", "zero"), "Expected a form like |nor_conv_3x3~0|+"),
        (nasbench201, CELL.replace("~2", "~1"), "names no architecture of the space nasbench201"),
        (nasbench_macro, "01230000", "Expected 8 digits, each 0, 1 or 2, like 02112001"),
        (mnasnet_anb, "4411644_5335353_3112132_000000", "7 digits each, joined by _"),
        (mnasnet_anb, "4411644_5335353_4112132_0000000", "layers0 = 4, must be one of 1, 2, 3"),
    ],
)
def test_strings_that_name_nothing_are_refused_with_the_form_expected(space: Space, text: str, message: str) -> None:
    with pytest.raises(SearchError) as error:
        space.parse(text)
    assert repr(text)[1:-1] in str(error.value)
    assert message in str(error.value)
