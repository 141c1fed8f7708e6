"""What a report says in words, for the terminal and the page alike: a `Report` in, sentences out."""

from __future__ import annotations

from device_profiles import TimingKind
from toolchain.report.schema import Report
from toolchain.text import byte_text

KIND_NOTES: dict[TimingKind, str] = {
    "cycles": "cycles of the core, counted by the board's own timer",
    "instructions": "instructions executed, counted by the emulator; they are no measure of time",
    "modelled_cycles": "cycles by the emulator's cost model, not measured on silicon",
}


def kind_text(kind: TimingKind) -> str:
    """A timing kind as a unit: 'modelled cycles'."""
    return kind.replace("_", " ")


def outputs_text(report: Report) -> str:
    """How the device's outputs compare with the oracle's."""
    exact = report.bit_exact
    if exact.samples is None or exact.mismatches is None:
        return "Outputs were not compared."
    if exact.mismatches == 0:
        return f"The outputs of all {exact.samples:,} samples equal TensorFlow Lite Micro's, bit for bit."
    return f"The outputs of {exact.mismatches:,} of {exact.samples:,} samples differ from TensorFlow Lite Micro's."


def prediction_text(report: Report) -> str:
    """The prediction beside the measurement, or '' if either is missing or they are of different kinds."""
    counts, predicted = report.counts, report.predicted
    if counts is None or predicted is None or predicted.kind != counts.kind:
        return ""
    error = predicted.total / counts.total - 1
    side = "high" if error > 0 else "low"
    text = f"predicted {predicted.total:,}, {abs(100 * error):.1f} % too {side}" if error else "predicted exactly"
    return f"{text} ({predicted.low:,} to {predicted.high:,} expected)"


def stack_text(report: Report) -> str:
    """Measured high water and static bound of the stack."""
    memory = report.memory
    bound = f" (bound {byte_text(memory.stack_bound_bytes)})" if memory.stack_bound_bytes is not None else ""
    return byte_text(memory.stack_bytes) + bound
