"""What tests share: skip on a PC, but fail in CI, when a tool is missing; where the shared models lie."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def require_tool(*names: str) -> None:
    """Skip this test with a reason if a program of `names` is absent; in CI (CI is set) that is a failure."""
    missing = [name for name in names if shutil.which(name) is None]
    if not missing:
        return
    reason = f"not installed: {', '.join(missing)} (mcunas doctor tells how to get it)"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def shared_data() -> Path:
    """The folder of reference models and data beside the checkout; skips this test if there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference models: {folder.relative_to(ROOT.parent)} is not beside the checkout")
    return folder
