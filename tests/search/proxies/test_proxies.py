"""What holds for every registered proxy, and each one's formula on a case worked out by other means."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import nn

from search import proxies
from search.candidate import Candidate
from search.data import load_data
from search.errors import SearchError
from search.proxies import get_proxy, proxy, proxy_names
from search.settings import DataSettings
from search.spaces import mobilenet

SMALL = "r12_c8s2_w8.k3e3_w12.k3e1_none_h0"
#: Proxies that grow with depth and width by construction; the others weigh something else.
GROWING = [
    *("params", "flops", "depth", "channels", "nasgraph", "nasgraph_sampled", "az_complexity", "az_expressivity"),
    *("synflow", "naswot", "swap", "swap_log", "zico", "snip", "grad_norm", "meco_block8", "meco_block16", "vkdnw"),
    *("meco_block16_wide", "zen"),
]
#: Proxies that work on what others have made already.
SHARING = [each for each in proxy_names() if set(get_proxy(each).needs) & {"backward", "blocks", "forward", "batches"}]
LARGE = "r16_c16s1_w24.k5e4.k3e6_w32.k3e4.k5e3_w48.k3e4_h128"


def candidate(arch_id: str = SMALL, seed: int = 1) -> Candidate:
    x, y = load_data(DataSettings(), seed=1).split("train")
    return Candidate(mobilenet, mobilenet.parse(arch_id), x[:32], y[:32], 10, seed)


@pytest.fixture(params=proxy_names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_proxy_is_found_in_the_file_of_its_name(name: str) -> None:
    assert get_proxy(name).score.__module__ == f"search.proxies.{name}"
    assert get_proxy(name).name == name


def test_the_docstring_tells_all_that_is_needed_to_compare(name: str) -> None:
    text = get_proxy(name).score.__doc__ or ""
    assert get_proxy(name).summary
    for part in ("Formula:", "nitialisation", "atch", "Direction:", "Source:", "Deviation:"):
        assert part in text
    assert re.search(rf"Direction:\s+{get_proxy(name).direction}\s+is\s+better", text)


def test_the_same_seed_gives_the_same_score(name: str) -> None:
    torch.manual_seed(0)
    first = candidate().score(name)
    torch.manual_seed(1)
    assert candidate().score(name) == first
    assert first.usable, first.reason


def test_a_score_does_not_depend_on_the_proxies_before_it(name: str) -> None:
    after_others = candidate()
    for other in reversed(SHARING):
        after_others.score(other)
    assert after_others.score(name) == candidate().score(name)


@pytest.mark.parametrize("name", GROWING)
def test_a_network_larger_in_every_way_scores_better(name: str) -> None:
    sign = 1 if get_proxy(name).direction == "higher" else -1
    small, large = candidate(SMALL).score(name).value, candidate(LARGE).score(name).value
    assert small is not None
    assert large is not None
    assert sign * large > sign * small


def test_an_unknown_proxy_is_answered_with_the_near_and_the_valid_names() -> None:
    with pytest.raises(SearchError, match=r"no proxy 'synflwo'\. Did you mean synflow\? Known: .*naswot.*zico\."):
        get_proxy("synflwo")


def test_a_name_is_registered_once() -> None:
    get_proxy("zico")
    with pytest.raises(ValueError, match="proxy 'zico' is registered twice"):
        proxy(name="zico", direction="higher", needs=())
    with pytest.raises(ValueError, match=r"proxy 'fresh' needs \['hessian'\]; there is \["):
        proxy(name="fresh", direction="higher", needs=("hessian",))


def test_all_needs_are_attributes_of_a_candidate() -> None:
    assert all(hasattr(Candidate, need) for need in proxies.NEEDS)


def test_counts_agree_with_the_network() -> None:
    made = candidate()
    network = made.network
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    norms = sum(m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    weights = sum(p.numel() for layer in layers for p in layer.parameters())
    assert made.score("depth").value == len(layers) == 7
    assert made.score("params").value == weights + norms
    # 6x6 maps up to the second stage, 3x3 after it; 8, 24 and 12 channels.
    macs = 36 * (8 * 9 + 24 * 8 + 24 * 9 + 8 * 24) + 9 * (8 * 9 + 12 * 8) + 120
    assert made.score("flops").value == macs


def test_synflow_is_the_sum_over_paths() -> None:
    """Every path has one weight a layer, so the score of L linear layers is L times the sum of all paths."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, 12)), rng.normal(size=(3, 5))
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 5, bias=False), nn.ReLU(), nn.Linear(5, 3, bias=False)).double()
    network[1].weight.data = torch.from_numpy(a)
    network[3].weight.data = torch.from_numpy(b)
    batches = ((torch.zeros(2, 3, 2, 2), torch.zeros(2)),)
    paths = np.abs(b) @ np.abs(a)
    assert get_proxy("synflow").score(network, batches) == pytest.approx(np.log(2 * paths.sum()), rel=1e-12)


def test_naswot_is_the_log_determinant_of_the_hamming_kernel() -> None:
    rng = np.random.default_rng(0)
    codes = [rng.random((6, units)) < 0.5 for units in (40, 30)]
    joined = np.concatenate(codes, axis=1)
    agreeing = (joined[:, None] == joined[None, :]).sum(axis=2)
    expected = np.linalg.slogdet(agreeing)[1]
    assert get_proxy("naswot").score(tuple(map(torch.from_numpy, codes))) == pytest.approx(expected, rel=1e-12)


def test_naswot_of_images_that_cannot_be_told_apart_is_not_finite() -> None:
    assert get_proxy("naswot").score((torch.ones(4, 9, dtype=torch.bool),)) == float("-inf")


def test_zico_leaves_steady_weights_out() -> None:
    layers = (torch.tensor([[1.0, 2.0, 5.0], [3.0, -2.0, 5.0]]), torch.tensor([[1.0], [1.0]]))
    # means of |g|: 2, 2; standard deviations: 1, 2; the third weight and the second layer do not vary.
    assert get_proxy("zico").score(layers) == pytest.approx(np.log(2 / 1 + 2 / 2))
