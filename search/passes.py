"""Passes through a network that several proxies share: a network and images in, what they leave in its layers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Images of the pass over blocks (AZ-NAS, section 4.1).
BLOCK_IMAGES = 64

_LEAVES = (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.ReLU6, nn.AvgPool2d)
_RELUS = (nn.ReLU, nn.ReLU6)


@dataclass(frozen=True)
class ForwardPass:
    """One batch through a network in training mode, tensors [N, C, H, W] in the order of the network.

    relu_inputs: of every ReLU over feature maps. norm_outputs: of every BatchNorm. block_outputs: of every block.
    maps: outputs of all convolutions, BatchNorms, ReLUs and pools for the first image, [C, H * W].
    """

    relu_inputs: tuple[Tensor, ...]
    norm_outputs: tuple[Tensor, ...]
    block_outputs: tuple[Tensor, ...]
    maps: tuple[Tensor, ...]


def forward_pass(network: nn.Module, images: Tensor) -> ForwardPass:
    """Run `images` [N, C, H, W] through `network` without gradients; the hooks stay on the network."""
    relu_inputs: list[Tensor] = []
    norm_outputs: list[Tensor] = []
    block_outputs: list[Tensor] = []
    maps: list[Tensor] = []
    for module in network.modules():
        if isinstance(module, _RELUS):
            module.register_forward_pre_hook(lambda _, inputs: relu_inputs.append(inputs[0]))
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_hook(lambda _, __, output: norm_outputs.append(output))
        if isinstance(module, _LEAVES):
            module.register_forward_hook(lambda _, __, output: maps.append(output))
    for block in network.block_modules():  # type: ignore[operator]
        block.register_forward_hook(lambda _, __, output: block_outputs.append(output))
    with torch.no_grad():
        network(images)
    maps_of_first = [output[0].flatten(1) for output in maps if output.dim() == 4]
    features = tuple(inputs for inputs in relu_inputs if inputs.dim() == 4)
    return ForwardPass(features, tuple(norm_outputs), tuple(block_outputs), tuple(maps_of_first))


@dataclass(frozen=True)
class BackwardPass:
    """Cross-entropy through a network in training mode, for each convolution and linear layer in order.

    weights [weights]; gradients [batches, weights]; of the first batch the layer's outputs [N, C, ...] and the loss
    gradients of those. What the loss does not depend on has zero gradients.
    """

    weights: tuple[Tensor, ...]
    gradients: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    output_gradients: tuple[Tensor, ...]


def backward_pass(network: nn.Module, batches: Sequence[tuple[Tensor, Tensor]]) -> BackwardPass:
    """Forward and backward of every batch (images, labels); the hooks stay on the network."""
    outputs: list[Tensor] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(lambda _, __, output: outputs.append(output))
    weights = layer_weights(network)
    per_batch: list[list[Tensor]] = []
    first: list[Tensor] = []
    first_gradients: list[Tensor] = []
    for x, y in batches:
        outputs.clear()
        loss = F.cross_entropy(network(x), y)
        wanted = weights if first else [*weights, *outputs]
        found = [*torch.autograd.grad(loss, wanted, materialize_grads=True)]
        per_batch.append(found[: len(weights)])
        if not first:
            first = [output.detach() for output in outputs]
            first_gradients = found[len(weights) :]
    return BackwardPass(
        tuple(weight.detach().flatten() for weight in weights),
        tuple(torch.stack([g.flatten() for g in layer]) for layer in zip(*per_batch, strict=True)),
        tuple(first),
        tuple(first_gradients),
    )


def layer_weights(network: nn.Module) -> list[Tensor]:
    """The weights (no biases) of all convolutions and linear layers, in the order of the network."""
    layers = (module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear))
    return [layer.weight for layer in layers]


@dataclass(frozen=True)
class BlockPass:
    """Features of the blocks for random images, and what Jacobians between them do to random signs.

    features: outputs of the blocks [N, C, H, W]. jacobians: for consecutive blocks an estimate [C_in, C_out].
    """

    features: tuple[Tensor, ...]
    jacobians: tuple[Tensor, ...]


def block_pass(network: nn.Module, shape: Sequence[int], generator: torch.Generator) -> BlockPass:
    """Images N(0, 1) of [C, H, W] = `shape` through `network` with weights N(0, 2 / fan in), in training mode."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", generator=generator)
    device = next(network.parameters()).device
    features: list[Tensor] = []
    for block in network.block_modules():  # type: ignore[operator]
        block.register_forward_hook(lambda _, __, output: features.append(output))
    images = torch.randn(BLOCK_IMAGES, *shape, generator=generator).to(device)
    network(images.requires_grad_())
    jacobians = [_jacobian(source, target, generator) for source, target in pairwise(features)]
    return BlockPass(tuple(feature.detach() for feature in features), tuple(jacobians))


def _jacobian(source: Tensor, target: Tensor, generator: torch.Generator) -> Tensor:
    """J = E[g_in g_out'] over images and positions, g_out random signs, g_in the gradient of <g_out, target>.

    Where the block shrinks the image, the positions that become one stand as channels of their own.
    """
    signs = torch.randint(0, 2, target.shape, generator=generator).to(target) * 2 - 1
    gradient = torch.autograd.grad(target, source, signs, retain_graph=True, materialize_grads=True)[0]
    if (shrinks := source.shape[-1] // target.shape[-1]) > 1:
        side = target.shape[-1] * shrinks
        gradient = F.pixel_unshuffle(gradient[..., :side, :side], shrinks)
    rows, columns = (values.permute(0, 2, 3, 1).flatten(0, 2) for values in (gradient, signs))
    return rows.T @ columns / len(rows)
