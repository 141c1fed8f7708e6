"""Verifying: a right device passes, and every way of being wrong gets its own verdict and the operation at fault."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from search.hardware.lowering import lower
from search.hardware.ops import GraphBuilder
from tests.toolchain.link.simulator import FakeLine, Simulator, board, step
from toolchain.errors import EnvironmentFailure, InvalidMeasurement
from toolchain.link.device import Device
from toolchain.link.frames import Kind
from toolchain.oracle import OracleRun
from toolchain.tflite.model import Constants, Model, Quantization
from toolchain.verify import (
    Array,
    Expectation,
    ExpectedStep,
    ExpectedTensor,
    Mismatch,
    expectation,
    verify,
)

FIRST_TENSOR = 40  # number in the simulated model's file of its input
SHAPE = (1, 300)


def expected_of(simulator: Simulator) -> Expectation:
    tensor = ExpectedTensor(SHAPE, "int8")
    steps = [
        ExpectedStep(f"STEP (operator {k})", FIRST_TENSOR + k + 1, (k + 1) * simulator.width, tensor)
        for k in range(simulator.steps)
    ]
    return Expectation(zlib.crc32(simulator.constants), (tensor,), tuple(steps))


class SimulatedOracle:
    """Computes what the simulator should."""

    def __init__(self, simulator: Simulator) -> None:
        self.steps = simulator.steps
        self.asked: list[tuple[int, list[int]]] = []

    def __call__(self, samples: Sequence[Sequence[Array]], tensors: Sequence[int] = ()) -> OracleRun:
        self.asked.append((len(samples), list(tensors)))
        outputs, kept = [], []
        for (array,) in samples:
            values = [array.tobytes()]
            for k in range(self.steps):
                values.append(step(values[-1], k))
            arrays = [np.frombuffer(value, np.int8).reshape(SHAPE) for value in values]
            outputs.append([arrays[-1]])
            kept.append({t: arrays[t - FIRST_TENSOR] for t in tensors})
        return OracleRun(outputs, kept, None if tensors else 1234)


def samples_of(count: int) -> list[list[Array]]:
    rng = np.random.default_rng(1)
    return [[rng.integers(-128, 128, SHAPE).astype(np.int8)] for _ in range(count)]


def connect(simulator: Simulator, rate: float = 0.0) -> Device:
    line = FakeLine(simulator, rate, seed=3)
    device = Device(line, board(), line.clock)
    device.hello()
    return device


def test_a_right_device_is_bit_exact():
    simulator = Simulator()
    told = []
    oracle, samples = SimulatedOracle(simulator), samples_of(5)
    found = verify(connect(simulator), expected_of(simulator), samples, oracle, lambda *what: told.append(what))
    assert (found.samples, found.mismatches, found.first_mismatch, found.bit_exact) == (5, 0, None, True)
    assert found.oracle.arena_bytes == 1234
    np.testing.assert_array_equal(found.outputs, found.oracle.outputs)
    assert found.outputs[0][0].shape == SHAPE
    assert oracle.asked == [(5, [])]
    assert told[0] == (0, 5, "sample 1 of 5 on the device")
    assert told[-1] == (5, 5, "all samples compared")


def test_inputs_are_loaded_again_before_every_inference():
    simulator = Simulator()
    samples = samples_of(1) * 3
    verify(connect(simulator), expected_of(simulator), samples, SimulatedOracle(simulator))
    per_sample = [Kind.WRITE, Kind.WRITE, Kind.RUN, Kind.READ, Kind.READ]
    assert simulator.requests == [Kind.HELLO, Kind.CHECK, *per_sample * 3]


def test_a_bad_line_changes_nothing():
    simulator = Simulator()
    found = verify(connect(simulator, rate=0.1), expected_of(simulator), samples_of(5), SimulatedOracle(simulator))
    assert found.bit_exact


@pytest.mark.parametrize("wrong", range(4))
def test_the_operation_at_fault_is_found(wrong: int):
    simulator = Simulator(wrong_step=wrong)
    oracle, samples = SimulatedOracle(simulator), samples_of(3)
    found = verify(connect(simulator), expected_of(simulator), samples, oracle)
    right = oracle(samples[:1], [FIRST_TENSOR + wrong + 1]).tensors[0][FIRST_TENSOR + wrong + 1].ravel()
    got = int((right[:1].view(np.uint8) + np.uint8(1)).view(np.int8)[0])
    assert (found.samples, found.mismatches, found.bit_exact) == (3, 3, False)
    assert found.first_mismatch == Mismatch(0, f"STEP (operator {wrong})", 0, got, int(right[0]))
    assert oracle.asked[:2] == [(3, []), (1, [41, 42, 43, 44])]


def test_a_fault_of_one_sample_names_sample_and_element():
    simulator = Simulator()
    samples = samples_of(4)
    honest = simulator._run

    def flawed(payload: bytes) -> bytes | tuple[int, int]:
        is_third = simulator.tensor(0) == samples[2][0].tobytes()
        answer = honest(payload)
        if is_third and not isinstance(answer, tuple):
            simulator.arena[-1] ^= 0x80
            return answer[:8] + zlib.crc32(simulator.tensor(4)).to_bytes(4, "little") + answer[12:]
        return answer

    simulator._run = flawed
    found = verify(connect(simulator), expected_of(simulator), samples, SimulatedOracle(simulator))
    assert (found.mismatches, found.first_mismatch.index, found.first_mismatch.element) == (1, 2, 299)
    assert found.first_mismatch.op == "STEP (operator 3)"
    assert found.first_mismatch.got == (found.first_mismatch.want ^ 0x80) - 256 * (found.first_mismatch.want >= 0)


def test_an_output_that_a_later_step_overwrites_is_told_as_such():
    simulator = Simulator()
    expected = expected_of(simulator)
    # A second output, the first step's tensor; the device sends something else for it.
    expected = replace(expected, outputs=(expected.outputs[0], expected.outputs[0]))
    oracle = SimulatedOracle(simulator)

    def two_outputs(samples: Sequence[Sequence[Array]], tensors: Sequence[int] = ()) -> OracleRun:
        run = oracle(samples, [*tensors, FIRST_TENSOR + 1])
        return replace(run, outputs=[[*o, t[FIRST_TENSOR + 1]] for o, t in zip(run.outputs, run.tensors, strict=True)])

    device = connect(simulator)
    real_read, real_run = device.read_output, device.run
    device.read_output = lambda index, size: real_read(0, size) if index == 0 else b"\x07" * size

    def run(*args, **named):
        result = real_run(*args, **named)
        return replace(result, output_crc=zlib.crc32(simulator.tensor(4) + b"\x07" * 300))

    device.run = run
    found = verify(device, expected, samples_of(1), two_outputs)
    assert found.first_mismatch.op == "model output 1"
    assert found.first_mismatch.got == 7


def test_floats_are_compared_bit_by_bit():
    tensor = ExpectedTensor((1, 2), "float32")
    right = np.array([[0.0, np.nan]], np.float32)

    class Floats:
        def __init__(self, sent: Array) -> None:
            self.sent = sent.tobytes()

        check = staticmethod(lambda: (0, 0))
        write_input = staticmethod(lambda index, data: None)
        read_output = read_arena = lambda self, index, size: self.sent

        def run(self, steps=None, profile=False, timeout_s=0.0):
            from toolchain.link.device import RunResult

            return RunResult(1, zlib.crc32(self.sent), 1)

    expected = Expectation(0, (tensor,), (ExpectedStep("DEQUANTIZE (operator 0)", 1, 0, tensor),))
    oracle = lambda samples, tensors=(): OracleRun([[right]], [{1: right}], None)  # noqa: E731
    assert verify(Floats(right), expected, [[right]], oracle).bit_exact
    wrong = np.array([[-0.0, np.nan]], np.float32)
    assert verify(Floats(wrong), expected, [[right]], oracle).first_mismatch.op == "DEQUANTIZE (operator 0)"


def test_other_constants_in_flash_stop_everything():
    simulator = Simulator()
    expected = expected_of(simulator)
    simulator.constants = b"worn constants of a model"
    with pytest.raises(EnvironmentFailure) as caught:
        verify(connect(simulator), expected, samples_of(1), SimulatedOracle(simulator))
    text = str(caught.value)
    assert f"CRC-32 0x{zlib.crc32(simulator.constants):08x} over 25 B, image 0x{expected.model_crc:08x}" in text
    assert "Nothing was measured. Run without --no-flash" in text
    assert Kind.RUN not in simulator.requests


@pytest.mark.parametrize("kind", [Kind.WRITE, Kind.RUN, Kind.READ])
@pytest.mark.parametrize("count", range(2, 12))
def test_a_reset_at_any_moment_is_never_a_failure_of_the_product(kind: Kind, count: int):
    done = []

    def once(now: Kind, so_far: int) -> bool:
        if done or now != kind or so_far < count:
            return False
        done.append(now)
        return True

    simulator = Simulator(reset_before=once)
    try:
        found = verify(connect(simulator), expected_of(simulator), samples_of(2), SimulatedOracle(simulator))
    except InvalidMeasurement as error:
        assert done
        assert "reset" in str(error)  # noqa: PT017
    else:
        assert found.bit_exact


def test_outputs_that_change_after_the_run_are_disbelieved():
    simulator = Simulator()
    honest = simulator._read

    def overwritten(payload: bytes) -> bytes | tuple[int, int]:
        simulator.arena[-1] = (simulator.arena[-1] + 1) % 256
        return honest(payload)

    simulator._read = overwritten
    with pytest.raises(InvalidMeasurement, match=r"are not those that the run computed \(0x[0-9a-f]{8}\): the device"):
        verify(connect(simulator), expected_of(simulator), samples_of(1), SimulatedOracle(simulator))


def test_unstable_memory_is_no_failure_of_the_product():
    simulator = Simulator()
    honest = simulator._run

    def unstable(payload: bytes) -> bytes | tuple[int, int]:
        simulator.arena[0] = simulator.runs
        return honest(payload)

    simulator._run = unstable
    with pytest.raises(InvalidMeasurement, match=r"The same inputs \(sample 0\) gave two different outputs"):
        verify(connect(simulator), expected_of(simulator), samples_of(1), SimulatedOracle(simulator))


def test_a_device_with_another_number_of_steps():
    simulator = Simulator()
    expected = expected_of(simulator)
    with pytest.raises(InvalidMeasurement, match="The device ran 4 steps, the model has 3"):
        verify(
            connect(simulator), replace(expected, steps=expected.steps[:3]), samples_of(1), SimulatedOracle(simulator)
        )


def test_an_expectation_from_a_program():
    builder = GraphBuilder((1, 6, 6, 3))
    x = builder.conv(builder.input, 8, kernel=3, stride=2)
    x = builder.reshape(x, (1, 72))
    graph = builder.build(builder.softmax(builder.fully_connected(x, 5)))
    program = lower(graph, ("ref",))
    numbers = tuple(10 * t for t in range(len(graph.tensors)))
    quantization = (Quantization(1.0, 0),) * len(graph.tensors)
    model = Model(graph, (Constants(),) * len(graph.ops), quantization, numbers, ("in",), ("out",), "ab" * 32, 9)
    expected = expectation(model, program, model_crc=77)
    assert expected.model_crc == 77
    assert expected.outputs == (ExpectedTensor((1, 5), "int8"),)
    assert [s.op for s in expected.steps] == [
        "CONV_2D (operator 0)", "FULLY_CONNECTED (operator 2)", "SOFTMAX (operator 3)",
    ]  # fmt: skip
    assert [s.tensor for s in expected.steps] == [10, 30, 40]
    assert [s.output.size_bytes for s in expected.steps] == [72, 5, 5]
    assert [s.offset for s in expected.steps] == [program.tensor_offsets[t] for t in (1, 3, 4)]
