"""What a kernel variant is: the row of the table in search.hardware.variants, and the defaults of its fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from search.hardware.packing import Fits, Packer, always_fits, plain
from search.hardware.record import Record

Predicate = Callable[[Record], bool]


def no_arrays(_: Record) -> tuple[int, ...]:
    return ()


def always(_: Record) -> bool:
    return True


def no_scratch(_: Record) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Variant:
    """One kernel.

    kind: the form of the records that it runs.
    name: its C function. folder: kernels/<folder>/, named in a board's cpu.kernels.
    applies: whether it can run a record. scratch_bytes: arena that it needs besides its tensors.
    in_place: its output may overwrite any input that is as large, element for element.
    args: the C struct that describes an operation to it (firmware/include/mcunas/kernel.h).
    array_bytes: bytes of each constant array of an operation, in flash.
    parts: further files below firmware/ that it needs, which other variants may share.
    pack: makes the constant arrays of an operation with weights.
    fits, fallback: whether it is exact with these constants, and the variant (by name) that runs what does not fit.
    Before there are weights every operation is taken to fit: a row must fit what converters that keep to TensorFlow
    Lite's quantisation specification (weights -127..127) make in practice.
    lead_bytes: None, or by how many bytes its output must start before its input if the two are to overlap;
    SAME_START if they may overlap only from the same byte on.
    """

    kind: str
    name: str
    folder: str
    source: str
    args: str
    applies: Predicate = always
    scratch_bytes: Callable[[Record], int] = no_scratch
    array_bytes: Callable[[Record], tuple[int, ...]] = no_arrays
    in_place: bool = False
    parts: tuple[str, ...] = ()
    pack: Packer = plain
    fits: Fits = always_fits
    fallback: str = ""
    lead_bytes: Callable[[Record], int] | None = None

    def lead(self, record: Record) -> int | None:
        """By how many bytes the output must start before an input that it is written over; None: never over it."""
        if self.lead_bytes is not None:
            return self.lead_bytes(record)
        return 0 if self.in_place else None

    @property
    def sources(self) -> tuple[str, ...]:
        """All its files below firmware/."""
        return self.source, *self.parts
