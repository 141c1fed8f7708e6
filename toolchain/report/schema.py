"""What a report says: the keys of report.json and of `mcunas validate --json`, always present, null when unknown."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from device_profiles import TimingKind

Verdict = Literal["passed", "failed", "environment", "invalid"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Mismatch(_Record):
    """The first value where the device and TensorFlow Lite Micro disagree.

    op: the operation at fault. index: place in the flattened tensor that it writes. got, want: the device's value and
    the oracle's. sample: which input.
    """

    index: int | None
    op: str | None
    got: int | float | None
    want: int | float | None
    sample: int | None = None


class BitExact(_Record):
    """Outputs of the device against TensorFlow Lite Micro's: samples compared, samples that differ."""

    samples: int | None = None
    mismatches: int | None = None
    first_mismatch: Mismatch | None = None


class Accuracy(_Record):
    """Share of the labelled samples that are right, 0 to 1: in torch, in TensorFlow Lite Micro, on the device."""

    float_: float | None = Field(None, alias="float")
    int8: float | None = None
    device: float | None = None


class OpCount(_Record):
    """What one step costs. index: of the step. tflite_ops: operators of the .tflite that it carries out."""

    index: int
    op: str
    tflite_ops: tuple[int, ...]
    variant: str
    macs: int
    count: int | None


class Counts(_Record):
    """What one inference costs in one timing kind. total: from runs that read no timer between operations."""

    kind: TimingKind
    total: int
    ops: tuple[OpCount, ...] = ()


class Total(_Record):
    """One figure of one timing kind."""

    kind: TimingKind
    total: int


class PredictedOp(_Record):
    """What one step should cost, and the interval that holds the measured count in 90 % of cases.

    measurements: of operations by kernels of its family, on this board; 0: the figure is a prior's.
    """

    index: int
    op: str
    variant: str
    count: int
    low: int
    high: int
    measurements: int


class Predicted(Total):
    """What one inference should cost. low, high: 90 % interval. source, calibrated: what the model was made from."""

    low: int
    high: int
    source: str
    calibrated: bool
    ops: tuple[PredictedOp, ...] = ()


class Spread(_Record):
    """Repeats of the same inference, in the kind of `counts`."""

    min: int
    median: int
    max: int


class FlashSections(_Record):
    """Bytes of flash by what they are for."""

    startup: int | None = None
    engine: int | None = None
    kernels: int | None = None
    model: int | None = None
    app: int | None = None
    libc: int | None = None


class Memory(_Record):
    """Bytes of the image. stack_bytes was measured, stack_bound_bytes follows from the call graph."""

    arena_bytes: int | None = None
    ram_bytes: int | None = None
    stack_bytes: int | None = None
    stack_bound_bytes: int | None = None
    flash_bytes: int | None = None
    flash_sections: FlashSections = FlashSections()


class Report(_Record):
    """The verdict on a model on a board, and every figure behind it.

    reasons: why the verdict is what it is, and warnings. latency_us: only of a board that counts cycles.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    board: str
    model_sha256: str | None = None
    bit_exact: BitExact = BitExact()
    accuracy: Accuracy = Accuracy()
    counts: Counts | None = None
    other_counts: tuple[Counts, ...] = ()
    predicted: Predicted | None = None
    clock_hz: int | None = None
    latency_us: float | None = None
    repeats: Spread | None = None
    startup: Total | None = None
    memory: Memory = Memory()

    def to_json(self) -> dict[str, Any]:
        """The keys of report.json, ready for json.dumps."""
        return self.model_dump(mode="json", by_alias=True)
