"""Rows of the kernels for Cortex-M with Helium (firmware/kernels/helium)."""

from __future__ import annotations

from typing import Any

from search.hardware import packing_helium as packing
from search.hardware.arena import SAME_START
from search.hardware.packing import conv_lead_bytes
from search.hardware.variant import Predicate, Variant

_HELIUM = "kernels/helium"


def _row(kind: str, name: str, args: str, part: str = "", **more: Any) -> Variant:
    """`part`: its assembler file."""
    parts = (f"{_HELIUM}/{part}",) if part else ()
    return Variant(kind, f"mcn_{name}_helium", "helium", f"{_HELIUM}/{name}.c", args, parts=parts, **more)


def _fours(kind: str, name: str, args: str, part: str = "", **more: Any) -> Variant:
    return _row(
        kind,
        name,
        args,
        part,
        array_bytes=packing.fours_bytes,
        pack=packing.fours,
        fits=packing.shifts_fit,
        fallback=f"mcn_{kind.lower()}_ref",
        **more,
    )


def _depthwise(size: str, applies: Predicate, **more: Any) -> Variant:
    return _row(
        "DEPTHWISE_CONV_2D",
        f"depthwise_conv_2d_{size}",
        "mcn_conv_t",
        f"depthwise_conv_2d_{size}_rows.S",
        applies=applies,
        fits=packing.no_left_shifts,
        fallback="mcn_depthwise_conv_2d_ref",
        lead_bytes=lambda _: SAME_START,
        **more,
    )


_COLUMNS_3X3: dict[str, Any] = {"array_bytes": packing.columns_3x3_bytes, "pack": packing.columns_3x3}
_COLUMNS_8X8: dict[str, Any] = {"array_bytes": packing.columns_8x8_bytes, "pack": packing.columns_8x8}

ROWS: tuple[Variant, ...] = (
    _fours(
        "CONV_2D",
        "conv_2d_1x1",
        "mcn_conv_t",
        "gemm_2x4.S",
        applies=packing.is_point,
        lead_bytes=packing.point_lead_bytes,
    ),
    _fours(
        "CONV_2D",
        "conv_2d",
        "mcn_conv_t",
        "gemm_2x4.S",
        scratch_bytes=packing.window_scratch_bytes,
        lead_bytes=conv_lead_bytes,
    ),
    _fours("FULLY_CONNECTED", "fully_connected", "mcn_fully_connected_t"),
    _depthwise("3x3", packing.runs_3x3_s1, scratch_bytes=packing.scratch_3x3_s1_bytes, **_COLUMNS_3X3),
    _depthwise("3x3_s2", packing.runs_3x3_s2, scratch_bytes=packing.scratch_3x3_s2_bytes, **_COLUMNS_3X3),
    _depthwise("8x6", packing.runs_8x6, scratch_bytes=packing.scratch_8x6_bytes, **_COLUMNS_8X8),
    _depthwise("8x8", packing.runs_8x8, scratch_bytes=packing.scratch_8x8_bytes, **_COLUMNS_8X8),
    _row("ADD", "add", "mcn_add_t", "add.S", in_place=True),
    _row("AVERAGE_POOL_2D", "average_pool_2d", "mcn_pool_t", applies=packing.is_small_window),
    _row("MAX_POOL_2D", "max_pool_2d", "mcn_pool_t"),
    _row("MEAN", "mean", "mcn_mean_t"),
)
