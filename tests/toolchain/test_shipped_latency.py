"""Latency files that come with boards are for these boards, and no kernel has changed since they were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles import load_board
from tests.support import require_tool
from toolchain.bench.image import Constants, build_bench, object_sha256, variants_of
from toolchain.build import PACKAGES
from toolchain.latency_file import SHIPPED, LatencyFile, differing, key_of, read

FILES = sorted(SHIPPED.glob("*.json"))


def stale(file: LatencyFile, shas: dict[str, str]) -> list[str]:
    """Kernels whose object code is not the measured one any more."""
    rows = [row for row in file.measurements if row["valid"]]
    return sorted({row["variant"] for row in rows if shas.get(row["variant"]) != row["object_sha256"]})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_file_is_of_its_board_and_not_stale(path: Path, tmp_path: Path) -> None:
    board = load_board(path.name.partition(".")[0])
    assert board.cpu.compiler in PACKAGES
    require_tool(f"{board.cpu.compiler}gcc", "make")
    file = read(path)
    assert differing(file.key, key_of(board, file.key["timing_kind"])) == []
    image = build_bench(board, Constants(0), tmp_path).image
    shas = {variant.name: object_sha256(image, variant) for variant in variants_of(board)}
    assert stale(file, shas) == [], f"measure them again: mcunas calibrate --board {board.name} --update --out {path}"


def test_a_changed_kernel_is_stale() -> None:
    rows = [{"variant": name, "valid": name != "c", "object_sha256": name} for name in "abc"]
    file = LatencyFile({}, "", None, {}, rows)
    assert stale(file, {"a": "a", "b": "other"}) == ["b"]
