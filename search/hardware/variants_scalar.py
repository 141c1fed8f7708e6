"""Rows of the kernels for cores without DSP instructions: firmware/kernels/scalar, cortex_m3, v6m and rv32im."""

from __future__ import annotations

from search.hardware import packing_scalar as packing
from search.hardware.packing import conv_lead_bytes
from search.hardware.record import Record
from search.hardware.variant import Variant
from search.hardware.variants_ref import plain_arrays


def _conv_2d(folder: str, suffix: str, group: str, **more: object) -> Variant:
    """group: its file that computes a group of pixels."""
    given: dict[str, object] = {
        "array_bytes": packing.conv_array_bytes,
        "pack": packing.conv_stream,
        "fits": packing.conv_fits,
        "fallback": "mcn_conv_2d_ref",
        **more,
    }
    return Variant(
        "CONV_2D",
        f"mcn_conv_2d_{suffix}",
        folder,
        f"kernels/{folder}/conv_2d.c",
        "mcn_conv_t",
        scratch_bytes=packing.conv_scratch_bytes,
        parts=(f"kernels/{folder}/{group}",),
        lead_bytes=conv_lead_bytes,
        **given,  # type: ignore[arg-type]
    )


def _depthwise(folder: str, suffix: str, rows: str, **more: object) -> Variant:
    """rows: its file that computes two output rows."""
    given: dict[str, object] = {"fits": packing.depthwise_fits, "fallback": "mcn_depthwise_conv_2d_ref", **more}
    return Variant(
        "DEPTHWISE_CONV_2D",
        f"mcn_depthwise_conv_2d_{suffix}",
        folder,
        f"kernels/{folder}/depthwise_conv_2d.c",
        "mcn_conv_t",
        scratch_bytes=packing.depthwise_scratch_bytes,
        array_bytes=packing.depthwise_array_bytes,
        parts=(f"kernels/{folder}/{rows}",),
        pack=packing.depthwise_stream,
        lead_bytes=packing.depthwise_lead_bytes,
        **given,  # type: ignore[arg-type]
    )


def _other(kind: str, name: str, args: str, **more: object) -> Variant:
    source = f"kernels/scalar/{name}.c"
    return Variant(kind, f"mcn_{name}_scalar", "scalar", source, args, **more)  # type: ignore[arg-type]


def _add(folder: str, suffix: str, parts: tuple[str, ...]) -> Variant:
    return Variant(
        "ADD",
        f"mcn_add_{suffix}",
        folder,
        f"kernels/{folder}/add.c",
        "mcn_add_t",
        in_place=True,
        parts=tuple(f"kernels/{folder}/{part}" for part in parts),
    )


def _fully_connected(folder: str, suffix: str, parts: tuple[str, ...]) -> Variant:
    return Variant(
        "FULLY_CONNECTED",
        f"mcn_fully_connected_{suffix}",
        folder,
        f"kernels/{folder}/fully_connected.c",
        "mcn_fully_connected_t",
        array_bytes=plain_arrays,
        parts=tuple(f"kernels/{folder}/{part}" for part in parts),
        pack=packing.fully_connected_rows,
    )


def _fours(record: Record) -> bool:
    return record.input[2] % 4 == 0


def _small_fours(record: Record) -> bool:
    """Whether 16 bits hold the sum of a window."""
    return _fours(record) and record.kernel[0] * record.kernel[1] <= 256


_RIGHT = {"fits": packing.conv_fits_right, "fallback": "mcn_conv_2d_scalar"}
_BOUNDED = _RIGHT | {"fits": packing.conv_fits_bounded}
_DEPTHWISE_RIGHT = {"fits": packing.depthwise_fits_right, "fallback": "mcn_depthwise_conv_2d_scalar"}
_DEPTHWISE_BOUNDED = _DEPTHWISE_RIGHT | {"fits": packing.depthwise_fits_bounded}

ROWS: tuple[Variant, ...] = (
    _conv_2d("scalar", "scalar", "pairs.c"),
    _depthwise("scalar", "scalar", "depthwise_conv_2d_rows.c"),
    _fully_connected("scalar", "scalar", ()),
    _add("scalar", "scalar", ()),
    _other("AVERAGE_POOL_2D", "average_pool_2d", "mcn_pool_t", applies=_small_fours),
    _other("MAX_POOL_2D", "max_pool_2d", "mcn_pool_t", applies=lambda record: record.input[2] >= 4),
    _other("MEAN", "mean", "mcn_mean_t", applies=_fours),
    _conv_2d("cortex_m3", "m3", "pairs.S", **_RIGHT),
    _depthwise("cortex_m3", "m3", "depthwise_conv_2d_rows.S", **_DEPTHWISE_RIGHT),
    _fully_connected("cortex_m3", "m3", ("fully_connected.S",)),
    _add("cortex_m3", "m3", ("add.S",)),
    _conv_2d("v6m", "v6m", "pairs.S", **_BOUNDED),
    _depthwise("v6m", "v6m", "depthwise_conv_2d_rows.S", **_DEPTHWISE_BOUNDED),
    _fully_connected("v6m", "v6m", ("fully_connected.S",)),
    _add("v6m", "v6m", ("add.S",)),
    _conv_2d("rv32im", "rv32im", "pairs.S", array_bytes=packing.conv_fours_bytes, pack=packing.conv_fours, **_BOUNDED),
)
