"""Timing: counts of the right kind, and no number from a device that cannot be believed."""

from __future__ import annotations

import numpy as np
import pytest

from device_profiles.schema import Board
from tests.toolchain.link.simulator import FakeLine, Simulator, board
from toolchain.errors import InvalidMeasurement
from toolchain.link.device import Device
from toolchain.link.frames import Kind
from toolchain.measure import Spread, Timing, measure

SAMPLE = [np.zeros((1, 300), np.int8)]
CYCLES = {"kind": "cycles", "source": "dwt", "hz": 1_000_000}
INSTRUCTIONS = {"kind": "instructions", "source": "cmsdk", "hz": 25_000_000, "ns_per_instruction": 128.0}


def real_board(**changes: object) -> Board:
    return board(**{"timing": CYCLES, "emulated": False, "clock": {"hz": 1_000_000}} | changes)


def emulated_board() -> Board:
    return board(timing=INSTRUCTIONS)


def timed(simulator: Simulator, board_: Board, repeats: int = 5) -> Timing | None:
    line = FakeLine(simulator)
    device = Device(line, board_, line.clock)
    return measure(device, device.hello(), board_, SAMPLE, repeats)


def test_cycles_of_a_real_board():
    simulator = Simulator(jitter=lambda run: (0, 10, 0, 4, 6, 2, 8, 0)[run])
    timing = timed(simulator, real_board())
    assert timing == Timing("cycles", 1_000_000, Spread(4000, 4004, 4008), (1000, 1001, 1002, 1003), 55)
    assert timing.latency_us == 4004.0


def test_the_run_that_fills_the_caches_does_not_count():
    timing = timed(Simulator(jitter=lambda run: 5000 if run == 1 else 0), real_board())
    assert timing.total == Spread(4000, 4000, 4000)


def test_totals_come_from_runs_without_reads_and_inputs_are_loaded_before_each():
    simulator = Simulator()
    timed(simulator, real_board(), repeats=3)
    assert simulator.requests == [Kind.HELLO, *[Kind.WRITE, Kind.WRITE, Kind.RUN] * 5, Kind.READ]


def test_instructions_of_an_emulator_are_never_time():
    simulator = Simulator(timer=3, timer_hz=25_000_000, ticks_a_step=3200, clock_hz=25_000_000)
    timing = timed(simulator, emulated_board())
    assert (timing.kind, timing.total) == ("instructions", Spread(4000, 4000, 4000))
    assert timing.steps == (1000, 1000, 1001, 1001)
    assert timing.latency_us is None


def test_modelled_cycles_are_never_time():
    modelled = board(timing={"kind": "modelled_cycles", "source": "dwt", "hz": 1_000_000})
    timing = timed(Simulator(), modelled)
    assert (timing.kind, timing.total.median, timing.latency_us) == ("modelled_cycles", 4000, None)


def with_cost_model(**changes: object) -> Board:
    return board(timing=INSTRUCTIONS | {"cost_table": "cortex_m4"} | changes)


def costing(**changes: object) -> Simulator:
    rates = {"timer": 3, "timer_hz": 25_000_000, "clock_hz": 25_000_000, "ticks_a_step": 3200}
    return Simulator(**{**rates, "costs_a_step": (1500, 1000)} | changes)


def test_a_cost_model_is_measured_beside_the_instructions_and_not_mixed_with_them():
    timing = timed(costing(), with_cost_model())
    assert (timing.kind, timing.total, timing.steps) == (
        "instructions",
        Spread(4000, 4000, 4000),
        (1000, 1000, 1001, 1001),
    )
    (other,) = timing.others
    assert (other.kind, other.total) == ("modelled_cycles", Spread(6000, 6000, 6000))
    assert (other.steps, other.startup) == ((1500, 1501, 1502, 1503), 56)
    assert (timing.latency_us, other.latency_us) == (None, None)


def test_modelled_cycles_may_be_the_boards_own_kind():
    timing = timed(costing(), with_cost_model(kind="modelled_cycles"))
    assert (timing.kind, timing.total.median, timing.startup) == ("modelled_cycles", 6000, 56)
    assert [(other.kind, other.total.median) for other in timing.others] == [("instructions", 4000)]
    alone = timed(costing(), with_cost_model(kind="modelled_cycles", ns_per_instruction=None))
    assert (alone.kind, alone.others) == ("modelled_cycles", ())


def test_a_cost_model_that_misses_instructions():
    with pytest.raises(InvalidMeasurement, match=r"of simulated has seen 3,996 instructions of 4,000: its modelled cy"):
        timed(costing(costs_a_step=(1500, 999)), with_cost_model())


def test_a_cost_model_that_stands_still():
    with pytest.raises(InvalidMeasurement, match=r"of simulated \(cost_cycles\) does not count: .* without its plugin"):
        timed(costing(costs_advance=0), with_cost_model())


def test_repeats_of_modelled_cycles_that_differ():
    simulator = costing(jitter=lambda run: run == 10)
    with pytest.raises(InvalidMeasurement, match=r"6,000 to 6,001 modelled_cycles.* an emulator must count the same"):
        timed(simulator, with_cost_model())


def test_ticks_slower_than_the_core_are_scaled_to_cycles():
    slow = real_board(clock={"hz": 8_000_000})
    assert timed(Simulator(clock_hz=8_000_000), slow).total.median == 32_000


def test_a_board_without_a_timing_kind_is_not_timed():
    simulator = Simulator()
    assert timed(simulator, board()) is None
    assert simulator.requests == [Kind.HELLO]


@pytest.mark.parametrize(
    ("simulator", "board_", "words"),
    [
        (Simulator(timer_ok=0), real_board(), r"The counter of simulated \(dwt\) does not advance"),
        (Simulator(ticks_a_step=0), real_board(), r"took 7 ticks of dwt, an empty measurement 7: the counter stands"),
        (Simulator(timer=2), real_board(), r"The timer of simulated is systick, its profile says dwt"),
        (Simulator(timer_hz=9), real_board(), r"The timer frequency of simulated is 9 Hz, its profile says 1,000,000"),
        (Simulator(clock_hz=16_000), real_board(), r"The core clock of simulated is 16,000 Hz, its profile says 1,0"),
        (Simulator(jitter=lambda run: 21 * (run == 3)), real_board(), r"differ: 4,000 to 4,021 cycles.*0.53%; 0.5% a"),
        (
            Simulator(timer=3, timer_hz=25_000_000, ticks_a_step=3200, jitter=lambda run: 4 * (run == 3)),
            emulated_board(),
            r"differ: 4,000 to 4,001 instructions.*an emulator must count the same every time",
        ),
    ],
)  # fmt: skip
def test_counts_that_must_not_be_believed(simulator: Simulator, board_: Board, words: str):
    with pytest.raises(InvalidMeasurement, match=words):
        timed(simulator, board_)


def test_a_spread_within_the_limit_is_allowed():
    assert timed(Simulator(jitter=lambda run: 20 * (run == 3)), real_board()).total == Spread(4000, 4000, 4020)


def test_outputs_that_change_between_repeats():
    simulator = Simulator(reset_before=lambda kind, count: kind == Kind.RUN and count == 9)
    sample = [np.ones((1, 300), np.int8)]
    line = FakeLine(simulator)
    device = Device(line, real_board(), line.clock)
    with pytest.raises(InvalidMeasurement, match="gave different outputs in 6 runs: the device was reset"):
        measure(device, device.hello(), real_board(), sample)


def test_a_reset_before_the_profile_is_read():
    simulator = Simulator(reset_before=lambda kind, count: kind == Kind.READ and count < 30)
    with pytest.raises(InvalidMeasurement, match="the profile of the last run is gone"):
        timed(simulator, real_board())


@pytest.mark.parametrize("step_ticks", [0xFFFFFFFF, 3000])
def test_a_counter_that_has_wrapped(step_ticks: int):
    simulator = Simulator()
    honest = simulator._read

    def wrapped(payload: bytes) -> bytes | tuple[int, int]:
        simulator._profile = [step_ticks] * 4
        return honest(payload)

    simulator._read = wrapped
    with pytest.raises(
        InvalidMeasurement, match=r"the whole run 4,000: the counter \(dwt at 1,000,000 Hz\) has wrapped"
    ):
        timed(simulator, real_board())


def test_a_fault_while_measuring_is_told():
    simulator = Simulator(crash_before=lambda kind, count: kind == Kind.RUN and count > 5)
    with pytest.raises(InvalidMeasurement, match="crashed at pc 0x00001234"):
        timed(simulator, real_board())
