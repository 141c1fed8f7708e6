"""Other people's code ranks the same architectures as ours does; on a sample, with other seeds and images.

Source of the table: NASLib's zc_nasbench201.json. The whole table and what differs: docs/proxies.md.
"""

from __future__ import annotations

import csv

import pytest
from scipy.stats import spearmanr

from search.candidate import Candidate
from search.data import read_npz
from search.spaces import nasbench201
from tests.support import shared_data

SAMPLE, BATCH = 30, 16
#: Our proxy, the table's column, the least Spearman correlation on the sample.
AGREEMENT = {
    "params": ("params", 0.99),
    "flops": ("flops", 0.99),
    "synflow": ("synflow", 0.99),
    "snip": ("snip", 0.95),
    "grad_norm": ("grad_norm", 0.95),
    "naswot": ("nwot", 0.85),
    "jacob_cov": ("jacov", 0.8),
}


@pytest.mark.slow
def test_architectures_are_ranked_as_by_others() -> None:
    with (shared_data() / "nasbench201_proxies_reference.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))[:SAMPLE]
    x, y = read_npz(shared_data() / "cifar10_train_sample256.npz")
    batch = slice(2 * BATCH)
    archs = (tuple(map(int, row["ops"])) for row in rows)
    candidates = [Candidate(nasbench201, arch, x[batch], y[batch], 10, seed=1) for arch in archs]
    scores = [{name: candidate.score(name).value for name in AGREEMENT} for candidate in candidates]
    for name, (column, least) in AGREEMENT.items():
        found = spearmanr([score[name] for score in scores], [float(row[column]) for row in rows]).statistic
        assert found > least, name
