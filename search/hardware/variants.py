"""The table of kernel variants, and the one function that chooses among them.

A variant is one C or .S file below firmware/kernels/ (named after its op) plus one row here. `select` is a pure
function of shapes and attributes, so what a search predicts before training is what the compiler builds.
"""

from __future__ import annotations

from search.hardware import variants_dsp, variants_helium, variants_ref, variants_scalar
from search.hardware.packing import Constants
from search.hardware.record import Record
from search.hardware.variant import Variant

__all__ = ["VARIANTS", "UnsupportedRecord", "Variant", "select", "settle"]


class UnsupportedRecord(Exception):
    """No kernel of the board's folders runs this record."""


VARIANTS: tuple[Variant, ...] = (
    # The reference kernels define the result and run everything.
    *variants_ref.ROWS,
    *variants_scalar.ROWS,
    *variants_dsp.ROWS,
    *variants_helium.ROWS,
)


def select(record: Record, folders: tuple[str, ...]) -> Variant:
    """The variant that runs `record` on a core whose kernel folders are `folders`, best first.

    Within a folder the first row that applies wins. Raises UnsupportedRecord.
    """
    for folder in folders:
        for variant in VARIANTS:
            if variant.kind == record.form and variant.folder == folder and variant.applies(record):
                return variant
    raise UnsupportedRecord(f"No kernel in {', '.join(folders)} runs {record}.")


def settle(variant: Variant, record: Record, constants: Constants) -> Variant:
    """`variant`, or the one that it falls back on where these constants do not fit it."""
    while not variant.fits(record, constants):
        variant = next(row for row in VARIANTS if row.name == variant.fallback)
    return variant
