"""Inverted residual blocks of the ranking spaces, described: which convolutions one has, without torch."""

from __future__ import annotations

from dataclasses import dataclass

from search.layers import Layer


@dataclass(frozen=True, slots=True)
class Block:
    """MobileNetV2's block, figure 4(d), of `inputs` to `outputs` channels.

    expansion 0: no block but the identity, or a 1x1 convolution where widths or strides ask for one. squeeze: channels
    in the middle of the squeeze-and-excitation between depthwise and projection, 0: none.
    """

    inputs: int
    outputs: int
    expansion: int
    kernel: int = 3
    stride: int = 1
    squeeze: int = 0

    @property
    def hidden(self) -> int:
        return self.inputs * self.expansion

    @property
    def residual(self) -> bool:
        """Whether its input is added to its output."""
        return self.stride == 1 and self.inputs == self.outputs

    @property
    def shortest_path(self) -> int:
        """Convolutions that no path through the block avoids."""
        if self.residual:
            return 0
        return 1 if not self.expansion else 2 + (self.expansion > 1)

    def layers(self, side: int) -> list[Layer]:
        """Its layers over an input of side x side."""
        if not self.expansion:
            kind = "each" if self.residual else "conv"
            return [Layer(kind, self.inputs, self.outputs, (side, side), stride=self.stride)]  # type: ignore[arg-type]
        inner = -(-side // self.stride)
        layers = [] if self.expansion == 1 else [Layer("conv", self.inputs, self.hidden, (side, side))]
        layers.append(Layer("depthwise", self.hidden, self.hidden, (side, side), self.kernel, self.stride))
        if self.squeeze:
            layers += [Layer("linear", self.hidden, self.squeeze), Layer("linear", self.squeeze, self.hidden)]
        layers.append(Layer("conv", self.hidden, self.outputs, (inner, inner)))
        if self.residual:
            layers.append(Layer("each", self.inputs, self.outputs, (side, side), joins=True))
        return layers


@dataclass(frozen=True, slots=True)
class Plan:
    """A network of such blocks: a 3x3 stem, the blocks, a 1x1 head, global mean, linear."""

    side: int
    stem: int
    stem_stride: int
    blocks: tuple[Block, ...]
    head: int

    @property
    def shortest_path(self) -> float:
        """Convolutions on the path from input to output that has the fewest."""
        return 2 + sum(block.shortest_path for block in self.blocks)

    def layers(self, classes: int, channels: int) -> tuple[Layer, ...]:
        """All layers, in order."""
        layers = [Layer("conv", channels, self.stem, (self.side, self.side), 3, self.stem_stride)]
        side = -(-self.side // self.stem_stride)
        for block in self.blocks:
            layers += block.layers(side)
            side = -(-side // block.stride)
        layers.append(Layer("conv", self.blocks[-1].outputs, self.head, (side, side)))
        return (*layers, Layer("linear", self.head, classes))

    def thin(self, divisor: int) -> Plan:
        """The same network with `divisor` times fewer channels everywhere, but at least 4."""

        def fewer(channels: int) -> int:
            return max(channels // divisor, 4)

        blocks = (
            Block(fewer(b.inputs), fewer(b.outputs), b.expansion, b.kernel, b.stride, b.squeeze and fewer(b.squeeze))
            for b in self.blocks
        )
        return Plan(self.side, fewer(self.stem), self.stem_stride, tuple(blocks), fewer(self.head))
