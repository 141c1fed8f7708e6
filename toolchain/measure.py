"""Timing on a device: a device and inputs in, counts of the board's own timing kind out, or why not to believe them.

Kinds are never mixed: an emulator's instructions are no cycles, and only cycles of a real board become time.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles.schema import Board, TimingKind
from toolchain.errors import InvalidMeasurement
from toolchain.link.hello import Hello
from toolchain.verify import Array, Target, load

#: A real board's runs may differ by this much, (max - min) / median; emulators count the same in every run.
MAX_SPREAD = 0.005
_SATURATED = 0xFFFFFFFF  # what the firmware keeps for a step that took longer


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
    startup: from the start of the counter at reset until the firmware was ready.
    """

    kind: TimingKind
    clock_hz: int
    total: Spread
    steps: tuple[int, ...]
    startup: int

    @property
    def latency_us(self) -> float | None:
        """Median latency; None unless a real board's cycles were counted."""
        return self.total.median * 1e6 / self.clock_hz if self.kind == "cycles" else None


def measure(
    device: Target,
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
    kind = board.timing.kind
    if kind is None:
        return None
    _check_timer(hello, board)
    _run(device, sample, run_timeout_s)
    runs = [_run(device, sample, run_timeout_s) for _ in range(repeats)]
    profiled = _run(device, sample, run_timeout_s, profile=True)
    ticks = device.read_profile(hello.steps)
    if len({crc for _, crc in [*runs, profiled]}) != 1:
        raise InvalidMeasurement(
            f"The same inputs gave different outputs in {repeats + 1} runs: the device was reset in the middle of a "
            "run, or its memory is unstable. Check power supply and clock, then measure again."
        )
    totals = sorted(_counts(_net(total, hello), hello, board) for total, _ in runs)
    spread = Spread(totals[0], statistics.median_low(totals), totals[-1])
    _check_spread(spread, kind)
    _check_profile(ticks, spread, hello, board)
    steps = tuple(_counts(max(count - hello.timer_overhead, 0), hello, board) for count in ticks)
    return Timing(kind, hello.clock_hz, spread, steps, _counts(hello.startup, hello, board))


def _run(device: Target, sample: Sequence[Array], run_timeout_s: float, profile: bool = False) -> tuple[int, int]:
    """(ticks, CRC of the outputs) of one inference."""
    load(device, sample)
    result = device.run(profile=profile, timeout_s=run_timeout_s)
    return result.ticks, result.output_crc


def _net(ticks: int, hello: Hello) -> int:
    """Ticks of a run without those that an empty measurement shows."""
    if ticks <= hello.timer_overhead:
        raise InvalidMeasurement(
            f"A whole inference took {ticks} ticks of {hello.timer}, an empty measurement {hello.timer_overhead}: the "
            "counter stands still or was reset. Check [timing] source of the board profile; an emulator may lack it."
        )
    return ticks - hello.timer_overhead


def _counts(ticks: int, hello: Hello, board: Board) -> int:
    """Ticks as counts of the board's timing kind."""
    if board.timing.ns_per_instruction is not None and board.timing.kind == "instructions":
        return round(ticks * 1e9 / hello.timer_hz / board.timing.ns_per_instruction)
    return round(ticks * hello.clock_hz / hello.timer_hz)


def _check_timer(hello: Hello, board: Board) -> None:
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


def _check_profile(ticks: Sequence[int], total: Spread, hello: Hello, board: Board) -> None:
    """A counter that wraps once or more in a run shows as a total far below the sum of the steps."""
    summed = sum(_counts(max(count - hello.timer_overhead, 0), hello, board) for count in ticks)
    if _SATURATED in ticks or summed > 1.5 * total.median:
        raise InvalidMeasurement(
            f"The steps take {summed:,} {board.timing.kind} in sum, the whole run {total.median:,}: the counter "
            f"({hello.timer} at {hello.timer_hz:,} Hz) has wrapped. Use a slower counter or a smaller model."
        )
