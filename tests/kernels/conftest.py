"""The host programs that hold the reference kernels, each compiled once."""

from __future__ import annotations

import pytest

from tests.kernels.harness import Runner, build_runner
from tests.support import require_tool


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    require_tool("gcc")
    return build_runner(tmp_path_factory.mktemp("runner"))


@pytest.fixture(scope="session")
def sanitized_runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    require_tool("gcc")
    return build_runner(tmp_path_factory.mktemp("sanitized_runner"), sanitize=True)
