"""What holds for every registered search space: a new one is tested by existing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from search.errors import SearchError
from search.hardware.ops import OP_KINDS
from search.spaces import (
    Arch,
    DeployableSpace,
    Space,
    deployable_names,
    load_deployable,
    load_space,
    space_name,
    space_names,
)

SAMPLES = 25


@pytest.fixture(params=space_names())
def space(request: pytest.FixtureRequest) -> Space:
    return load_space(request.param)


@pytest.fixture(params=deployable_names())
def deployable(request: pytest.FixtureRequest) -> DeployableSpace:
    return load_deployable(request.param)


def sample(space: Space, count: int = SAMPLES, seed: int = 0) -> list[Arch]:
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(count)]


def test_an_unknown_space_is_answered_with_the_near_and_the_valid_names() -> None:
    with pytest.raises(SearchError, match=r"no search space 'mobilnet'\. Did you mean mobilenet\? Known: .*mobi"):
        load_space("mobilnet")


def test_a_space_for_ranking_only_cannot_be_deployed() -> None:
    with pytest.raises(SearchError, match=r"nasbench201 is for ranking only: .* Take one of: mobilenet\."):
        load_deployable("nasbench201")
    assert "nasbench201" in set(space_names()) - set(deployable_names())


def test_a_space_is_named_after_its_file(space: Space) -> None:
    assert load_space(space_name(space)) is space


def test_genes_have_distinct_names_and_ascending_choices(space: Space) -> None:
    names = [gene.name for gene in space.genes]
    assert len(set(names)) == len(names)
    assert all(list(gene.choices) == sorted(set(gene.choices)) and len(gene.choices) > 1 for gene in space.genes)


def test_samples_follow_the_generator_and_are_canonical(space: Space) -> None:
    assert sample(space) == sample(space)
    assert sample(space) != sample(space, seed=1)
    for arch in sample(space):
        assert space.canonical(arch) == arch
        assert all(type(c) is int and 0 <= c < len(g.choices) for c, g in zip(arch, space.genes, strict=True))


def test_ids_are_read_back_and_fit_into_a_csv_cell_and_a_file_name(space: Space) -> None:
    for arch in sample(space, 200):
        text = space.arch_id(arch)
        assert space.parse(text) == arch
        assert not set(text) & set(" ,;:/\\\"'\n")


def test_equal_networks_have_equal_ids_and_different_ones_have_not(deployable: DeployableSpace) -> None:
    """Every single change of a gene either leaves the canonical architecture, or changes the op records."""
    space, rng = deployable, np.random.default_rng(1)
    arch = space.sample(rng)
    for index, gene in enumerate(space.genes):
        for choice in set(range(len(gene.choices))) - {arch[index]}:
            other = space.canonical((*arch[:index], choice, *arch[index + 1 :]))
            same = other == arch
            assert (space.arch_id(other) == space.arch_id(arch)) == same
            assert (space.graph(other, 10) == space.graph(arch, 10)) == same, gene.name


def layer_shapes(network: torch.nn.Module, x: torch.Tensor) -> list[tuple[int, ...]]:
    """Output shapes of all convolutions and linear layers."""
    shapes: list[tuple[int, ...]] = []
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    network(x)
    return shapes


def test_the_network_computes_what_the_records_say(deployable: DeployableSpace) -> None:
    space = deployable
    for arch in sample(space, 6):
        graph = space.graph(arch, 7, 3)
        assert graph.tensors[graph.inputs[0]].shape == space.input_shape(arch, 3)
        assert all(op.kind in OP_KINDS for op in graph.ops)
        network = space.network(arch, 7, 3)
        _, height, width, channels = space.input_shape(arch, 3)
        shapes = layer_shapes(network, torch.rand(2, channels, height, width))
        assert shapes[-1] == (2, 7)
        weighted = [op for op in graph.ops if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")]
        recorded = [graph.tensors[op.outputs[0]].shape for op in weighted]
        assert shapes == [(2, *((s[3], s[1], s[2]) if len(s) == 4 else s[1:])) for s in recorded]


def test_a_thin_network_is_smaller_and_reads_the_same_images(space: Space) -> None:
    for arch in sample(space, 4):
        _, height, width, channels = space.input_shape(arch, 3)
        networks = space.network(arch, 7, 3), space.network(arch, 7, 3, thin=True)
        full, thin = (sum(parameter.numel() for parameter in network.parameters()) for network in networks)
        assert thin < full
        assert all(network(torch.rand(2, channels, height, width)).shape == (2, 7) for network in networks)
        assert all(network.block_modules() for network in networks)


def test_descriptions_tell_architectures_apart(space: Space) -> None:
    archs = set(sample(space))
    assert len({space.describe(arch) for arch in archs}) == len(archs)
    assert all("\n" not in space.describe(arch) for arch in archs)


@pytest.mark.parametrize("text", ["", "x", "r16", "../../etc/passwd"])
def test_text_that_names_no_architecture_is_refused_with_the_form_expected(space: Space, text: str) -> None:
    with pytest.raises(SearchError, match=rf"names no architecture of the space {space_name(space)}\. Expected"):
        space.parse(text)
