"""Measuring on the bench: a running device and jobs in; counts that can be believed, or why they cannot, out.

An operation's count is that of its step in a profiled run, an empty measurement taken off: what it costs as a step of
any model.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from device_profiles.schema import TimingKind
from toolchain.bench.image import Bench
from toolchain.bench.job import Job, nothing
from toolchain.errors import InvalidMeasurement
from toolchain.flashers import flasher
from toolchain.link.device import Device, open_device
from toolchain.link.hello import expect
from toolchain.measure import MAX_SPREAD, SATURATED, Meter, check_timer, meter_of

REPEATS = {"cycles": 5, "instructions": 2, "modelled_cycles": 2}
RUN_TIMEOUT_S = 120.0
_CLOCK_ERROR = 0.05  # by which the host's and the device's time may differ
_CLOCK_LEAST_S = 0.5  # of device time before they are compared
_CLOCK_RUNS = 400


class Unbelievable(InvalidMeasurement):
    """The device answers, but what it says of one operation must not be believed."""


@dataclass(frozen=True, slots=True)
class Count:
    """A count over its repeats."""

    min: int
    median: int
    max: int


@dataclass(frozen=True, slots=True)
class EngineCost:
    """What the engine itself takes: for an inference, and for each step beyond what the step's own count shows."""

    invoke: float
    step: float


class Session:
    """A device with the bench. kinds: what is counted, each at once for every job."""

    def __init__(self, device: Device, bench: Bench, kinds: tuple[TimingKind, ...]) -> None:
        hello = device.hello()
        expect(hello, device.port, board=bench.board.name, build_id=bench.image.build_id)
        self._device, self._bench = device, bench
        self._meters: dict[TimingKind, Meter] = {}
        if kinds:
            check_timer(hello, bench.board)
            counters = bench.board.timing.counters
            self._meters = {kind: meter_of(device, hello, bench.board, kind, counters[kind]) for kind in kinds}

    def crc(self, job: Job) -> int:
        """CRC-32 of the job's output."""
        self._device.write_input(0, self._bench.description(job))
        return self._device.run(timeout_s=RUN_TIMEOUT_S).output_crc

    def measure(self, job: Job, expected_crc: int) -> dict[TimingKind, Count]:
        """The counts of a job in every kind. Raises Unbelievable if they are not to be believed."""
        self._device.write_input(0, self._bench.description(job))
        return {kind: self._counted(meter, expected_crc) for kind, meter in self._meters.items()}

    def _counted(self, meter: Meter, expected_crc: int) -> Count:
        counts = sorted(meter.net(self._ticks(meter, expected_crc)) for _ in range(REPEATS[meter.kind]))
        found = Count(counts[0], statistics.median_low(counts), counts[-1])
        allowed = found.median * MAX_SPREAD if meter.kind == "cycles" else 0
        if found.max - found.min > allowed:
            raise Unbelievable(
                f"unstable: repeats of the same operation took {found.min:,} to {found.max:,} {meter.kind}, more than "
                f"{MAX_SPREAD:.1%} apart" + ("" if meter.kind == "cycles" else "; an emulator must count the same")
            )
        return found

    def _ticks(self, meter: Meter, expected_crc: int) -> int:
        """Ticks of step 1 in one profiled run."""
        result = self._device.run(profile=True, timeout_s=RUN_TIMEOUT_S, counter=meter.index)
        prepared, ticks = self._device.read_profile(2)
        if result.output_crc != expected_crc:
            raise Unbelievable(
                f"wrong output: CRC-32 0x{result.output_crc:08x}, the host port computes 0x{expected_crc:08x}"
            )
        if ticks <= meter.overhead:
            raise Unbelievable(
                f"frozen counter: {meter.timer} shows {ticks} ticks, {meter.overhead} of them for an empty measurement"
            )
        if SATURATED in (prepared, ticks) or prepared + ticks > 1.5 * result.ticks:
            raise Unbelievable(
                f"wrapped counter: {meter.timer} shows {prepared + ticks:,} ticks in two steps, {result.ticks:,} in all"
            )
        return ticks

    def check_clock(self, job: Job, now: Callable[[], float] = time.monotonic) -> None:
        """Holds the device's time against this computer's. Raises InvalidMeasurement if they differ.

        Of real boards only. What a run needs beside the job, on the device and on the line, drops out of the difference
        of runs with and without its step.
        """
        board = self._bench.board
        if board.timing.kind != "cycles":
            return
        self._device.write_input(0, self._bench.description(job))
        host_s = device_s = 0.0
        for _ in range(_CLOCK_RUNS):
            for steps, sign in ((2, 1), (1, -1)):
                begun = now()
                ticks = self._device.run(steps=steps, timeout_s=RUN_TIMEOUT_S).ticks
                host_s += sign * (now() - begun)
                device_s += sign * ticks / board.timing.hz
            if device_s >= _CLOCK_LEAST_S:
                break
        if device_s >= _CLOCK_LEAST_S and abs(device_s / max(host_s, 1e-9) - 1) > _CLOCK_ERROR:
            raise InvalidMeasurement(
                f"The clock of {board.name} is wrong: by its counter an operation took {device_s:.2f} s, by this "
                f"computer's clock {host_s:.2f} s. The counter does not run at {board.timing.hz:,} Hz: correct [clock] "
                "and [timing] of the profile, or look at the board's oscillator."
            )

    def engine(self) -> dict[TimingKind, EngineCost]:
        """The engine's own share, from runs of 0, 1 and 2 steps with an operation that does nothing."""
        self._device.write_input(0, nothing())
        return {kind: self._engine(meter) for kind, meter in self._meters.items()}

    def _engine(self, meter: Meter) -> EngineCost:
        totals = [self._median(meter, steps) for steps in range(3)]
        self._device.run(profile=True, timeout_s=RUN_TIMEOUT_S, counter=meter.index)
        step = meter.net(self._device.read_profile(2)[1])
        return EngineCost(float(totals[0]), float(totals[2] - totals[1] - step))

    def _median(self, meter: Meter, steps: int) -> int:
        ticks = [
            self._device.run(steps=steps, timeout_s=RUN_TIMEOUT_S, counter=meter.index).ticks
            for _ in range(REPEATS[meter.kind])
        ]
        return meter.net(statistics.median_low(ticks))


@contextmanager
def open_session(
    bench: Bench, kinds: tuple[TimingKind, ...], port: str | None = None, flash: bool = True
) -> Iterator[Session]:
    """The bench on its board, flashed first unless `flash` is False. Raises EnvironmentFailure."""
    board = bench.board
    start = flasher(board.flasher.name).start
    with start(bench.image.elf, board, port, flash) as url, open_device(url, board) as device:
        yield Session(device, bench, kinds)


def host_crcs(bench: Bench, jobs: Mapping[str, Job]) -> dict[str, int]:
    """CRC-32 of the output of every job, as the bench built for this computer computes it."""
    with open_session(bench, ()) as session:
        return {name: session.crc(job) for name, job in jobs.items()}
