"""Each proxy's formula on a case that is worked out by other means."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from search.layers import Layer
from search.network import GlobalMean
from search.passes import BackwardPass, BlockPass, ForwardPass, backward_pass, layer_weights
from search.proxies import get_proxy
from search.proxies.nasgraph import edge_probability
from search.spaces import mobilenet, nasbench201


def score(name: str, *given: object) -> float:
    return float(get_proxy(name).score(*given))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linear(inputs: int = 12, classes: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes, bias=False)).double()


def batches(count: int = 5) -> tuple[tuple[Tensor, Tensor], ...]:
    torch.manual_seed(1)
    return ((torch.rand(count, 3, 2, 2, dtype=torch.float64), torch.arange(count) % 3),)


def test_grad_norm_adds_the_norms_of_layers() -> None:
    layers = (torch.tensor([[3.0, 4.0], [9.0, 9.0]]), torch.tensor([[-2.0], [9.0]]))
    assert score("grad_norm", layers) == pytest.approx(5 + 2)


def test_snip_and_fisher_weigh_by_gradients_of_the_first_batch() -> None:
    passed = BackwardPass(
        weights=(torch.tensor([1.0, -2.0]),),
        gradients=(torch.tensor([[-3.0, 4.0], [9.0, 9.0]]),),
        outputs=(torch.tensor([[[[1.0, 2.0]]], [[[3.0, 0.0]]]]), torch.tensor([[1.0], [2.0]])),
        output_gradients=(torch.tensor([[[[1.0, 1.0]]], [[[-1.0, 5.0]]]]), torch.tensor([[2.0], [0.0]])),
    )
    assert score("snip", passed) == pytest.approx(3 + 8)
    assert score("fisher", passed) == pytest.approx((3**2 + (-3) ** 2) / 2 / 2 + (2**2 + 0) / 2 / 2)


def test_grasp_is_the_slope_of_half_the_squared_gradient_along_the_weights() -> None:
    network, data = linear(), batches()

    def half_squared_gradient(stretch: float) -> float:
        moved = linear()
        moved[1].weight.data *= 1 + stretch
        (gradient,) = torch.autograd.grad(F.cross_entropy(moved(data[0][0]), data[0][1]), layer_weights(moved))
        return float(gradient.square().sum()) / 2

    slope = (half_squared_gradient(1e-5) - half_squared_gradient(-1e-5)) / 2e-5
    assert score("grasp", network, data) == pytest.approx(-slope, rel=1e-5)


def test_jacob_cov_of_a_linear_network_has_equal_jacobians() -> None:
    n, k = 5, 1e-5
    expected = -((n - 1) * (math.log(k) + 1 / k) + math.log(n + k) + 1 / (n + k))
    assert score("jacob_cov", linear(), batches(n)) == pytest.approx(expected, rel=1e-6)


def test_ntk_cond_of_a_linear_network_is_that_of_its_images() -> None:
    eigenvalues = np.linalg.eigvalsh(np.asarray((x := batches()[0][0].flatten(1)) @ x.T))
    assert score("ntk_cond", linear(), batches()) == pytest.approx(eigenvalues[-1] / eigenvalues[0])


def test_ntk_cond_of_equal_images_is_not_finite_or_huge() -> None:
    equal = ((torch.ones(4, 3, 2, 2, dtype=torch.float64), torch.zeros(4)),)
    assert score("ntk_cond", linear(), equal) > 1e12


def test_gradsign_of_equal_images_is_unanimous() -> None:
    x, y = batches()[0]
    assert score("gradsign", linear(), ((x[:1].expand(5, 3, 2, 2), y[:1].expand(5)),)) == 5
    assert score("gradsign", linear(), batches()) < 5


def test_epsilon_of_outputs_that_only_change_their_scale_is_nothing() -> None:
    assert score("epsilon", linear(), batches()[0][0]) == pytest.approx(0, abs=1e-9)
    curved = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Softplus(), nn.BatchNorm1d(4), nn.Linear(4, 3))
    assert score("epsilon", curved, batches(20)[0][0]) > 1e-3


@pytest.mark.parametrize("images", [6, 64, 100])
def test_swap_counts_distinct_columns(images: int) -> None:
    rng = np.random.default_rng(0)
    signs = [np.repeat(rng.random((images, units)) < 0.5, 3, axis=1) for units in (40, 30)]
    columns = {tuple(column) for layer in signs for column in layer.T}
    tensors = tuple(map(torch.from_numpy, signs))
    assert score("swap", tensors) == len(columns)
    assert score("swap_log", tensors) == pytest.approx(sum(math.log(len({tuple(c) for c in s.T})) for s in signs))


def test_linear_regions_are_counted_along_the_line() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(1, 3), nn.ReLU())
    network[1].weight.data[:] = 1
    network[1].bias.data = torch.tensor([-0.025, -0.075, -0.5])  # the line from 0 to 0.1 crosses the first two
    images = torch.tensor([0.0, 1.0])[:, None, None, None]
    assert score("linear_regions", network, ((images, torch.zeros(2)),)) == 3


def test_zen_without_norms_is_the_log_of_what_the_noise_becomes() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), GlobalMean())
    source, logs = generator(), []
    for _ in range(32):
        weights = torch.randn(4, 3, 1, 1, generator=source)
        torch.randn(16, 3, 2, 2, generator=source)
        noise = torch.randn(16, 3, 2, 2, generator=source)
        logs.append(float(F.conv2d(0.01 * noise, weights).abs().mean().log()))
    assert score("zen", network, batches(), generator()) == pytest.approx(np.mean(logs), rel=1e-3)


def test_zen_adds_what_norms_take_away() -> None:
    plain = nn.Sequential(nn.Conv2d(3, 16, 1, bias=False), GlobalMean())
    normed = nn.Sequential(nn.Conv2d(3, 16, 1, bias=False), nn.BatchNorm2d(16), GlobalMean())
    assert score("zen", normed, batches(), generator()) == pytest.approx(
        score("zen", plain, batches(), generator()), abs=0.3
    )


@pytest.mark.parametrize(("kernel", "stride", "chance"), [(1, 1, 0.5), (3, 1, 0.844), (3, 2, 0.696)])
def test_chances_of_an_edge_are_those_published(kernel: int, stride: int, chance: float) -> None:
    assert edge_probability(Layer("conv", 1, 1, (32, 32), kernel, stride)) == pytest.approx(chance, abs=0.015)


def test_nasgraph_in_closed_form_agrees_with_its_sample() -> None:
    rng = np.random.default_rng(0)
    for space, _ in itertools.product((nasbench201, mobilenet), range(4)):
        layers = space.layers(space.sample(rng), 10, 3)
        assert score("nasgraph", layers) == pytest.approx(score("nasgraph_sampled", layers, generator()), rel=0.02)


def test_nasgraph_counts_two_ends_of_every_edge() -> None:
    layers = (Layer("conv", 3, 8), Layer("each", 8, 8), Layer("conv", 8, 8, joins=True))
    assert score("nasgraph", layers) == pytest.approx(2 * (24 / 2 + 8 + 64 / 2) / (3 + 8 + 8))


def maps(*tensors: Tensor) -> ForwardPass:
    return ForwardPass(tensors, tensors, tensors, tuple(t[0].flatten(1) for t in tensors))


MECO = ("meco", "meco_relu", "meco_block8", "meco_block16", "meco_block16_wide")


@pytest.mark.parametrize("name", MECO)
def test_meco_is_one_where_channels_are_independent_and_nothing_where_they_repeat(name: str) -> None:
    waves = torch.linalg.qr(torch.randn(64, 17, generator=generator()))[0].T  # orthogonal, 17 rows
    independent = torch.linalg.qr((waves - waves.mean(1, keepdim=True)).T)[0].T[:16].reshape(1, 16, 8, 8)
    # Orthogonal rows of mean 0 have the correlation matrix 1.
    assert score(name, maps(independent.double())) == pytest.approx(1, abs=1e-4)
    assert score(name, maps(independent[:, [0] * 16].double())) == pytest.approx(0, abs=1e-3)


def test_meco_block8_takes_every_block_from_another_image() -> None:
    torch.manual_seed(0)
    outputs = torch.randn(2, 20, 6, 6)
    found = [np.linalg.eigvalsh(np.corrcoef(outputs[b, 8 * b : 8 * b + 8].flatten(1).numpy()))[0] for b in range(2)]
    assert score("meco_block8", maps(outputs)) == pytest.approx(np.mean(found), rel=1e-4)


def test_expressivity_of_even_features_is_the_log_of_their_dimensions() -> None:
    signs = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=3))).T.reshape(1, 3, 2, 4)
    flat = signs[:, :1].expand(1, 3, 2, 4)
    passed = BlockPass((flat, signs, signs), (torch.eye(3), 2 * torch.eye(3)))
    assert score("az_expressivity", passed) == pytest.approx(0 + 2 * math.log(3), abs=1e-6)
    assert score("az_progressivity", passed) == pytest.approx(0, abs=1e-6)
    assert score("progressivity", maps(flat, signs)) == pytest.approx(math.log(3), abs=1e-6)
    assert score("expressivity", maps(flat, signs)) == pytest.approx(math.log(3), abs=1e-6)
    assert score("effective_rank", maps(flat, signs)) == pytest.approx(1 + 3, abs=1e-5)
    assert score("az_trainability", passed) == pytest.approx((0 + (2 - 2 - 0.5)) / 2)


def test_vkdnw_is_the_entropy_of_the_fisher_spectrum() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), GlobalMean(), nn.Linear(4, 3)).double()
    network.eval()
    images = torch.randn(16, 3, 2, 2, generator=generator()).double()
    fisher = torch.zeros(6, 6, dtype=torch.float64)
    for image in images:
        logs = network(image[None]).log_softmax(1)[0]
        for log in logs:
            gradients = torch.autograd.grad(log, list(network.parameters()), retain_graph=True)
            g = torch.stack([gradient.flatten()[0] for gradient in gradients])
            fisher += log.exp().detach() * torch.outer(g, g) / 16
    q = np.quantile(np.linalg.eigvalsh(fisher.numpy()).clip(0), np.linspace(0.1, 0.9, 9))
    q = q / q.sum()
    expected = -(q * np.log(q.clip(1e-300))).sum() + 6
    float32 = network.float()
    assert score("vkdnw", float32, batches(), generator()) == pytest.approx(expected, rel=1e-3)


def test_shortcut_counts_the_convolutions_that_no_path_avoids() -> None:
    node = "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|{}~0|nor_conv_1x1~1|none~2|"
    assert nasbench201.shortest_path(nasbench201.parse(node.format("avg_pool_3x3"))) == 3
    assert nasbench201.shortest_path(nasbench201.parse(node.format("none"))) == 3 + 15 * 2
    # stem, a block without residual link (3), two with one (0), head
    assert mobilenet.shortest_path(mobilenet.parse("r16_c12s2_w16.k3e4_w24.k5e3.k3e6_none_h64")) == 2 + 3 + 3


def test_the_backward_pass_sees_only_what_the_loss_depends_on() -> None:
    class Partly(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            self[2](x)
            return self[1](self[0](x))  # type: ignore[no-any-return]

    network = Partly(nn.Flatten(), nn.Linear(12, 3), nn.Conv2d(3, 3, 1))
    x, y = batches()[0]
    passed = backward_pass(network, ((x.float(), y), (x.float(), y)))
    assert torch.count_nonzero(passed.gradients[1]) == 0
    torch.testing.assert_close(passed.gradients[0][0], passed.gradients[0][1])
