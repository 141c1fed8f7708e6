"""Every search space: the records that it emits are those of the .tflite that its networks export to, field by field.

Random members, and the least and the largest one, with weights that hide nothing: a bias or a shift of exactly zero
could vanish on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from search.hardware.ops import Graph, GraphBuilder
from search.spaces import Arch, DeployableSpace, deployable_names, load_deployable
from toolchain.export.onnx import run_torch, write_onnx
from toolchain.export.process import run_worker
from toolchain.tflite.reader import read_model

RANDOM_MEMBERS = 3
CLASSES = 10


@dataclass(frozen=True)
class Member:
    """One architecture, exported."""

    space: DeployableSpace
    arch: Arch
    channels: int
    folder: Path

    @property
    def label(self) -> str:
        return f"{self.space.arch_id(self.arch)} with {self.channels} input channels"

    def export_onnx(self, seed: int) -> None:
        """Write what the converting process reads, and torch's outputs."""
        network = self.space.network(self.arch, CLASSES, self.channels)
        generator = torch.Generator().manual_seed(seed)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for values, low, high in ((module.running_mean, -0.5, 0.5), (module.running_var, 0.5, 1.5)):
                    nn.init.uniform_(values, low, high, generator=generator)
                nn.init.uniform_(module.bias, -0.5, 0.5, generator=generator)
        shape = self.space.input_shape(self.arch, self.channels)
        images = np.random.default_rng(seed).random((8, *shape[1:]), dtype=np.float32)
        self.folder.mkdir()
        write_onnx(network, shape, self.folder / "model.onnx")
        np.save(self.folder / "calibration.npy", images)
        np.save(self.folder / "check.npy", images)
        np.save(self.folder / "torch.npy", run_torch(network, images))


def architectures(space: DeployableSpace) -> list[Arch]:
    rng = np.random.default_rng(2024)
    ends = [tuple(0 for _ in space.genes), tuple(len(gene.choices) - 1 for gene in space.genes)]
    return [*map(space.canonical, ends), *(space.sample(rng) for _ in range(RANDOM_MEMBERS))]


def unlike(what: str, ours: Any, theirs: Any, names: Iterable[str]) -> list[str]:
    """The attributes `names` in which two records differ, in words."""
    pairs = {name: (getattr(ours, name), getattr(theirs, name)) for name in names}
    return [f"{what}.{name}: space {a!r}, file {b!r}" for name, (a, b) in pairs.items() if a != b]


def differences(emitted: Graph, exported: Graph) -> list[str]:
    """Every field in which two graphs differ, in words; operations first, if their kinds do not even line up."""
    kinds, exported_kinds = ([op.kind for op in graph.ops] for graph in (emitted, exported))
    if kinds != exported_kinds:
        return [f"operations: space {kinds}, file {exported_kinds}"]
    lines = unlike("graph", emitted, exported, ("inputs", "outputs"))
    for what in ("ops", "tensors"):
        pairs = zip(getattr(emitted, what), getattr(exported, what), strict=True)
        for index, (ours, theirs) in enumerate(pairs):
            lines += unlike(f"{what}[{index}]", ours, theirs, (field.name for field in fields(ours)))
    return lines


def test_differences_are_told_field_by_field() -> None:
    ours, theirs = (GraphBuilder((1, 8, 8, 1)) for _ in range(2))
    graph = ours.build(ours.conv(ours.input, 4, kernel=3, activation="relu"))
    other = theirs.build(theirs.conv(theirs.input, 4, kernel=3, stride=2))
    assert differences(graph, graph) == []
    assert differences(graph, other) == [
        "ops[0].stride: space (1, 1), file (2, 2)",
        "ops[0].activation: space 'relu', file 'none'",
        "tensors[1].shape: space (1, 8, 8, 4), file (1, 4, 4, 4)",
    ]
    assert differences(graph, theirs.build(theirs.softmax(0))) == [
        "operations: space ['CONV_2D'], file ['CONV_2D', 'SOFTMAX']"
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", deployable_names())
def test_records_of_a_space_are_those_of_its_exported_networks(name: str, tmp_path: Path) -> None:
    space = load_deployable(name)
    members = [
        Member(space, arch, (1, 3)[index % 2], tmp_path / str(index)) for index, arch in enumerate(architectures(space))
    ]
    for seed, member in enumerate(members):
        member.export_onnx(seed)
    run_worker(*(member.folder for member in members))

    faults = []
    for member in members:
        exported = read_model(member.folder / "model.tflite").graph
        found = differences(space.graph(member.arch, CLASSES, member.channels), exported)
        faults += [f"{member.label}: {line}" for line in found]
        from_torch, from_tensorflow = np.load(member.folder / "torch.npy"), np.load(member.folder / "float.npy")
        np.testing.assert_allclose(from_tensorflow, from_torch, atol=1e-4 * np.abs(from_torch).max())
    assert not faults, "\n".join(faults)
