"""Timing on a device: a device and inputs in, counts out, or why not to believe them.

Kinds are never mixed: an emulator's instructions are no cycles, and only cycles of a real board become time. A board
that can count more than its own kind (an emulator with a table of costs) is measured once for each.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from device_profiles.schema import Board, TimingKind
from toolchain.errors import InvalidMeasurement
from toolchain.link.device import Counter, RunResult
from toolchain.link.hello import Hello
from toolchain.verify import Array, Target, load

#: A real board's runs may differ by this much, (max - min) / median; emulators count the same in every run.
MAX_SPREAD = 0.005
SATURATED = 0xFFFFFFFF  # what the firmware keeps for a step that took longer
_COST_INSTRUCTIONS = 2  # the cost model's second counter
_READING = 2  # instructions that a count may be off by rounding the ticks of a slower timer


class Timed(Target, Protocol):
    """A device with its counters."""

    def run(
        self, steps: int | None = None, profile: bool = False, timeout_s: float = 60.0, counter: int = 0
    ) -> RunResult: ...
    def counter(self, index: int) -> Counter: ...


@dataclass(frozen=True, slots=True)
class Spread:
    """A count over all repeats."""

    min: int
    median: int
    max: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Counts of one inference. kind: what they are counts of.

    total: from runs without per-step reads. steps[k]: of step k, from one more run, so their sum is not the total.
    startup: from the start of the counter at reset until the firmware was ready. others: of the further kinds.
    """

    kind: TimingKind
    clock_hz: int
    total: Spread
    steps: tuple[int, ...]
    startup: int
    others: tuple[Timing, ...] = ()

    @property
    def latency_us(self) -> float | None:
        """Median latency; None unless a real board's cycles were counted."""
        return self.total.median * 1e6 / self.clock_hz if self.kind == "cycles" else None


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter of the device, and what its ticks are worth."""

    index: int
    kind: TimingKind
    timer: str
    overhead: int  # ticks
    startup: int  # ticks
    worth: Fraction  # counts a tick

    def counts(self, ticks: int) -> int:
        return round(ticks * self.worth)

    def net(self, ticks: int) -> int:
        """Counts without those that an empty measurement shows."""
        return self.counts(max(ticks - self.overhead, 0))


def measure(
    device: Timed,
    hello: Hello,
    board: Board,
    sample: Sequence[Array],
    repeats: int = 5,
    run_timeout_s: float = 60.0,
) -> Timing | None:
    """Times inferences of `sample` (sample[i]: model input i), loaded again before every run.

    A run that does not count fills the caches first. None if the board's ticks mean nothing (the host port). Raises
    InvalidMeasurement for counts not to be believed.
    """
    if board.timing.kind is None:
        return None
    check_timer(hello, board)
    _run(device, sample, run_timeout_s)
    meters = [meter_of(device, hello, board, kind, index) for kind, index in board.timing.counters.items()]
    own, *others = [_timing(device, hello, sample, meter, repeats, run_timeout_s) for meter in meters]
    if board.timing.cost_table:
        _check_cost_model(device, board, sample, (own, *others), run_timeout_s)
    return dataclasses.replace(own, others=tuple(others))


def meter_of(device: Timed, hello: Hello, board: Board, kind: TimingKind, index: int) -> Meter:
    """Counter `index` of the device. Raises InvalidMeasurement if it stands still."""
    if index == 0:
        worth = Fraction(hello.clock_hz, hello.timer_hz)
        if kind == "instructions":
            worth = Fraction(10**9) / (Fraction(board.timing.ns_per_instruction or 1) * hello.timer_hz)
        return Meter(index, kind, hello.timer, hello.timer_overhead, hello.startup, worth)
    counter = device.counter(index)
    if not counter.advances:
        raise InvalidMeasurement(
            f"The cost model of {board.name} ({counter.timer}) does not count: the emulator runs without its plugin. "
            "Leave --port away, so that mcunas starts the emulator, or remove timing.cost_table from the profile."
        )
    return Meter(index, kind, counter.timer, counter.overhead, counter.startup, Fraction(1))


def _timing(
    device: Timed, hello: Hello, sample: Sequence[Array], meter: Meter, repeats: int, run_timeout_s: float
) -> Timing:
    """Total and steps of one kind."""
    runs = [_run(device, sample, run_timeout_s, counter=meter.index) for _ in range(repeats)]
    profiled = _run(device, sample, run_timeout_s, profile=True, counter=meter.index)
    ticks = device.read_profile(hello.steps)
    if len({crc for _, crc in [*runs, profiled]}) != 1:
        raise InvalidMeasurement(
            f"The same inputs gave different outputs in {repeats + 1} runs: the device was reset in the middle of a "
            "run, or its memory is unstable. Check power supply and clock, then measure again."
        )
    totals = sorted(_total(total, meter) for total, _ in runs)
    spread = Spread(totals[0], statistics.median_low(totals), totals[-1])
    steps = tuple(meter.net(count) for count in ticks)
    _check_spread(spread, meter.kind)
    _check_profile(ticks, sum(steps), spread, meter, hello)
    return Timing(meter.kind, hello.clock_hz, spread, steps, meter.counts(meter.startup))


def _run(
    device: Timed, sample: Sequence[Array], run_timeout_s: float, profile: bool = False, counter: int = 0
) -> tuple[int, int]:
    """(ticks, CRC of the outputs) of one inference."""
    load(device, sample)
    result = device.run(profile=profile, timeout_s=run_timeout_s, counter=counter)
    return result.ticks, result.output_crc


def _total(ticks: int, meter: Meter) -> int:
    """Counts of a whole run without those that an empty measurement shows."""
    if ticks <= meter.overhead:
        raise InvalidMeasurement(
            f"A whole inference took {ticks} ticks of {meter.timer}, an empty measurement {meter.overhead}: the "
            "counter stands still or was reset. Check [timing] source of the board profile; an emulator may lack it."
        )
    return meter.net(ticks)


def _check_cost_model(
    device: Timed, board: Board, sample: Sequence[Array], timings: Sequence[Timing], run_timeout_s: float
) -> None:
    """Raises InvalidMeasurement unless the cost model has seen every instruction that the emulator counts."""
    counted = next((timing.total.median for timing in timings if timing.kind == "instructions"), None)
    if counted is None:
        return
    ticks, _ = _run(device, sample, run_timeout_s, counter=_COST_INSTRUCTIONS)
    seen = ticks - device.counter(_COST_INSTRUCTIONS).overhead
    if abs(seen - counted) > _READING:
        raise InvalidMeasurement(
            f"The cost model of {board.name} has seen {seen:,} instructions of {counted:,}: its modelled cycles mean "
            "nothing. QEMU 7.2 is known to work with the plugin; remove timing.cost_table to measure without it."
        )


def check_timer(hello: Hello, board: Board) -> None:
    """Raises InvalidMeasurement unless the device counts with the timer that the profile tells, at its frequency."""
    if not hello.timer_ok:
        raise InvalidMeasurement(
            f"The counter of {board.name} ({hello.timer}) does not advance. Emulators often lack it: choose another "
            "[timing] source in the board profile."
        )
    told = [
        ("timer", hello.timer, board.timing.source),
        ("timer frequency", f"{hello.timer_hz:,} Hz", f"{board.timing.hz:,} Hz"),
    ]
    if board.timing.kind == "cycles":
        told.append(("core clock", f"{hello.clock_hz:,} Hz", f"{board.clock.hz:,} Hz"))
    for what, got, want in told:
        if got != want:
            raise InvalidMeasurement(
                f"The {what} of {board.name} is {got}, its profile says {want}. If a clock is too low, the oscillator "
                "or PLL did not start; otherwise correct [clock] or [timing] in the profile."
            )


def _check_spread(total: Spread, kind: TimingKind) -> None:
    allowed = total.median * MAX_SPREAD if kind == "cycles" else 0
    if total.max - total.min > allowed:
        limit = f"{MAX_SPREAD:.1%} are allowed" if kind == "cycles" else "an emulator must count the same every time"
        raise InvalidMeasurement(
            f"Repeats of the same inference differ: {total.min:,} to {total.max:,} {kind}, median {total.median:,} "
            f"({(total.max - total.min) / total.median:.2%}; {limit}). Something else runs on the device, or its clock "
            "is unstable: switch off interrupts and power saving, then measure again."
        )


def _check_profile(ticks: Sequence[int], summed: int, total: Spread, meter: Meter, hello: Hello) -> None:
    """A counter that wraps once or more in a run shows as a total far below the sum of the steps."""
    if SATURATED in ticks or summed > 1.5 * total.median:
        speed = f" at {hello.timer_hz:,} Hz" if meter.index == 0 else ""
        raise InvalidMeasurement(
            f"The steps take {summed:,} {meter.kind} in sum, the whole run {total.median:,}: the counter "
            f"({meter.timer}{speed}) has wrapped. Use a slower counter or a smaller model."
        )
