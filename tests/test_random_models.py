"""A random model of a graph reads back as that graph, whatever operations it has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.kernels.networks_branches import branching_network
from tests.random_models import random_model
from toolchain.tflite.reader import read_model


@pytest.mark.parametrize("seed", range(30))
def test_records_survive_the_file_format(seed: int) -> None:
    graph = read_model(branching_network(np.random.default_rng([5, seed])).model).graph
    assert read_model(random_model(graph, seed)).graph == graph
