"""What the stages after the search share: the architecture picked, and the images as its network is fed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.data import Dataset, load_data, resize
from search.spaces import Arch, Space, load_space
from toolchain.pipeline import Context


@dataclass(frozen=True)
class Picked:
    """The pick of a run, its space and its data set."""

    space: Space
    arch: Arch
    dataset: Dataset

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """[1, H, W, C]."""
        return self.space.input_shape(self.arch, self.dataset.channels)

    def images(self, split: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Images [N, H, W, C] at the network's resolution, and labels [N], of one split."""
        x, y = self.dataset.split(split)
        _, height, width, _ = self.input_shape
        return resize(x, height, width), y


def load_picked(context: Context) -> Picked:
    """The pick of the run folder."""
    space = load_space(context.config.search.space)
    arch = space.parse(context.folder.read_json("search/pick.json")["arch"])
    return Picked(space, arch, load_data(context.config.data, context.config.seed))
