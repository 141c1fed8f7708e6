"""Rows of the kernels for Cortex-M with DSP instructions (firmware/kernels/cortex_m_dsp)."""

from __future__ import annotations

from search.hardware import packing, packing_quads
from search.hardware import packing_depthwise as depthwise
from search.hardware.arena import SAME_START
from search.hardware.record import Record
from search.hardware.variant import Predicate, Variant, always
from search.hardware.variants_ref import plain_arrays


def _conv_dsp(name: str, parts: tuple[str, ...], applies: Predicate, **more: object) -> Variant:
    """`parts`: its own ones."""
    folder = "kernels/cortex_m_dsp"
    given: dict[str, object] = {
        "scratch_bytes": packing.conv_scratch_bytes,
        "array_bytes": packing.conv_pairs_bytes,
        "pack": packing.conv_pairs,
        "fits": packing.conv_pairs_fit,
        "lead_bytes": packing.conv_lead_bytes,
        **more,
    }
    return Variant(
        "CONV_2D",
        f"mcn_{name}_dsp",
        "cortex_m_dsp",
        f"{folder}/{name}.c",
        "mcn_conv_t",
        applies=applies,
        parts=tuple(f"{folder}/{part}" for part in (*parts, "clamp.c")),
        fallback="mcn_conv_2d_plain_dsp",
        **given,  # type: ignore[arg-type]
    )


_TILES = ("conv_2d_outputs.c", "conv_2d_portable.c")  # of all convolutions but 1x1
WINDOW = ("conv_2d_groups.c", "conv_2d_gather.c")


def _gemm_dsp(name: str, drivers: tuple[str, ...], tile: str, applies: Predicate, **more: object) -> Variant:
    return _conv_dsp(name, (*drivers, "conv_2d_group.c", "conv_2d_tiles.S", tile, *_TILES), applies, **more)


def _kx3_dsp(flavour: str, applies: Predicate) -> Variant:
    return _conv_dsp(
        f"conv_2d_kx3{flavour}",
        ("conv_2d_kx3_groups.c", "conv_2d_gather.c", "kx3_columns.S", f"kx3{flavour}.S", *_TILES),
        lambda record: packing.is_kx3(record) and applies(record),
        scratch_bytes=packing.kx3_scratch_bytes,
        pack=packing.kx3_pairs,
    )


def _with_relu(applies: Predicate) -> Predicate:
    return lambda record: packing.has_relu(record) and applies(record)


def _is_short_point(record: Record) -> bool:
    return packing.is_point(record) and packing.is_short(record)


def _point_dsp(flavour: str, applies: Predicate) -> Variant:
    return _conv_dsp(
        f"conv_2d_1x1{flavour}",
        (f"conv_2d_1x1{flavour}.S", "conv_2d_1x1_portable.c"),
        applies,
        scratch_bytes=packing_quads.points_scratch_bytes,
        array_bytes=packing_quads.points_bytes,
        pack=packing_quads.points,
    )


def _fully_connected_dsp(name: str, applies: Predicate) -> Variant:
    folder = "kernels/cortex_m_dsp"
    return Variant(
        "FULLY_CONNECTED",
        f"mcn_{name}_dsp",
        "cortex_m_dsp",
        f"{folder}/{name}.S",
        "mcn_fully_connected_t",
        applies=applies,
        scratch_bytes=packing_quads.quads_scratch_bytes,
        array_bytes=packing_quads.quads_bytes,
        parts=(f"{folder}/fully_connected_portable.c", f"{folder}/clamp.c"),
        pack=packing_quads.quads,
        fits=packing_quads.quads_fit,
        fallback="mcn_fully_connected_plain_dsp",
    )


_CLAMP = "kernels/cortex_m_dsp/clamp.c"


def _depthwise_3x3(name: str, stride: int, applies: Predicate) -> Variant:
    folder = "kernels/cortex_m_dsp"
    parts = (f"s{stride}.S", "rows.S", "portable.c")
    return Variant(
        "DEPTHWISE_CONV_2D",
        f"mcn_depthwise_conv_2d_{name}_dsp",
        "cortex_m_dsp",
        f"{folder}/depthwise_conv_2d_3x3_s{stride}.c",
        "mcn_conv_t",
        applies=applies,
        scratch_bytes=depthwise.scratch_3x3_bytes,
        array_bytes=depthwise.stream_3x3_bytes,
        parts=(*(f"{folder}/depthwise_conv_2d_3x3_{part}" for part in parts), _CLAMP),
        pack=depthwise.pack_3x3,
        fits=depthwise.fits_3x3,
        fallback="mcn_depthwise_conv_2d_dsp",
        lead_bytes=lambda _: SAME_START,
    )


_DSP_ARGS = {
    "FULLY_CONNECTED": "mcn_fully_connected_t",
    "DEPTHWISE_CONV_2D": "mcn_conv_t",
    "ADD": "mcn_add_t",
    "AVERAGE_POOL_2D": "mcn_pool_t",
    "MAX_POOL_2D": "mcn_pool_t",
    "MEAN": "mcn_mean_t",
}


def _dsp(kind: str, name: str, source: str = "", **more: object) -> Variant:
    file = f"kernels/cortex_m_dsp/{source or name}.c"
    return Variant(kind, f"mcn_{name}_dsp", "cortex_m_dsp", file, _DSP_ARGS[kind], **more)  # type: ignore[arg-type]


def _four_channels(record: Record) -> bool:
    return record.input[2] >= 4 and record.kernel[1] <= 256


def _quarters(record: Record) -> bool:
    """Whether a pool is 2x2, stride 2, all its windows inside the input, channels in fours."""
    sizes, pads = (record.kernel, record.stride), (record.pads[0][0], record.pads[1][0])
    fits = all(2 * out <= size for out, size in zip(record.output[:2], record.input[:2], strict=True))
    return sizes == ((2, 2), (2, 2)) and pads == (0, 0) and fits and record.input[2] % 4 == 0


def _small_window(record: Record) -> bool:
    """Whether the sum of a window fits int16."""
    return _four_channels(record) and record.kernel[0] * record.kernel[1] <= 256


_ADD = ("kernels/cortex_m_dsp/add.S", _CLAMP)

ROWS: tuple[Variant, ...] = (
    # Convolutions and fully connected layers on Cortex-M with DSP instructions.
    _point_dsp("_relu", _with_relu(_is_short_point)),
    _point_dsp("", _is_short_point),
    _kx3_dsp("_relu", _with_relu(packing.is_short_kx3)),
    _kx3_dsp("", packing.is_short_kx3),
    _kx3_dsp("_long_relu", packing.has_relu),
    _kx3_dsp("_long", always),
    _gemm_dsp("conv_2d_relu", WINDOW, "gemm_3x2_relu.S", _with_relu(packing.is_short)),
    _gemm_dsp("conv_2d", WINDOW, "gemm_3x2.S", packing.is_short),
    _gemm_dsp("conv_2d_long_relu", WINDOW, "gemm_3x2_long_relu.S", packing.has_relu),
    _gemm_dsp("conv_2d_long", WINDOW, "gemm_3x2_long.S", always),
    _gemm_dsp("conv_2d_plain", WINDOW, "gemm_3x2_plain.S", always, pack=packing.conv_plain, fits=packing.always_fits),
    _fully_connected_dsp("fully_connected", packing_quads.is_short_row),
    _fully_connected_dsp("fully_connected_long", always),
    _dsp(
        "FULLY_CONNECTED",
        "fully_connected_plain",
        scratch_bytes=packing_quads.quads_scratch_bytes,
        array_bytes=plain_arrays,
        fits=lambda record, _: record.output[2] >= 4,
        fallback="mcn_fully_connected_ref",
    ),
    # Depthwise convolutions on Cortex-M with DSP instructions.
    _depthwise_3x3("3x3_relu", 1, lambda r: packing.has_relu(r) and depthwise.runs_3x3_s1(r)),
    _depthwise_3x3("3x3", 1, depthwise.runs_3x3_s1),
    _depthwise_3x3("3x3_s2_relu", 2, lambda r: packing.has_relu(r) and depthwise.runs_3x3_s2(r)),
    _depthwise_3x3("3x3_s2", 2, depthwise.runs_3x3_s2),
    _dsp(
        "DEPTHWISE_CONV_2D",
        "depthwise_conv_2d",
        applies=depthwise.runs,
        scratch_bytes=depthwise.scratch_bytes,
        array_bytes=depthwise.stream_bytes,
        parts=("kernels/cortex_m_dsp/depthwise_conv_2d_sums.S", _CLAMP),
        pack=depthwise.pack,
        lead_bytes=lambda _: SAME_START,
    ),
    _dsp("DEPTHWISE_CONV_2D", "depthwise_conv_2d_any", array_bytes=plain_arrays, parts=(_CLAMP,)),
    # The other operations on Cortex-M with DSP instructions.
    _dsp("ADD", "add_relu", "add", applies=packing.has_relu, parts=_ADD, in_place=True),
    _dsp("ADD", "add", parts=_ADD, in_place=True),
    _dsp("AVERAGE_POOL_2D", "average_pool_2d_2x2", applies=_quarters, parts=(_CLAMP,)),
    _dsp("AVERAGE_POOL_2D", "average_pool_2d", applies=_small_window, parts=(_CLAMP,)),
    _dsp("AVERAGE_POOL_2D", "average_pool_2d_wide", applies=_four_channels, parts=(_CLAMP,)),
    _dsp("MAX_POOL_2D", "max_pool_2d", applies=_four_channels, parts=(_CLAMP,)),
    _dsp("MEAN", "mean", applies=_four_channels),
)
