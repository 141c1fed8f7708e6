"""Rows of the kernels for cores without DSP instructions (firmware/kernels/scalar)."""

from __future__ import annotations

from search.hardware import packing_scalar as packing
from search.hardware.packing import conv_lead_bytes
from search.hardware.variant import Variant

_SCALAR = "kernels/scalar"

ROWS: tuple[Variant, ...] = (
    Variant(
        "CONV_2D",
        "mcn_conv_2d_scalar",
        "scalar",
        f"{_SCALAR}/conv_2d.c",
        "mcn_conv_t",
        scratch_bytes=packing.conv_scratch_bytes,
        array_bytes=packing.conv_array_bytes,
        parts=(f"{_SCALAR}/pairs.c",),
        pack=packing.conv_rows,
        fits=packing.conv_fits,
        fallback="mcn_conv_2d_ref",
        lead_bytes=conv_lead_bytes,
    ),
)
