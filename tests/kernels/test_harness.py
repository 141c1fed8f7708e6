"""The harness itself: it must notice what it is there to notice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.kernels.cases import CASES
from tests.kernels.compare import calls_of, fault_of
from tests.kernels.harness import Call, Runner, pack
from tests.kernels.oracle import Job, Refused, tensors
from tests.tflite_builder import TfliteBuilder
from toolchain.compile.args import Arguments


def _call(kind: str) -> Call:
    (call,), _ = calls_of([CASES[kind](np.random.default_rng(3))], np.random.default_rng(0))
    return call


@pytest.mark.parametrize("which", [0, -1])
def test_a_touch_beside_a_tensor_ends_the_sanitized_runner(which: int, sanitized_runner: Runner) -> None:
    call = _call("conv_2d")
    spans = list(call.spans)
    offset, size = spans[which]
    spans[which] = (offset, size - 1)
    with pytest.raises(AssertionError, match="use-after-poison"):
        sanitized_runner.run([replace(call, spans=tuple(spans))])


def test_a_constant_array_that_is_too_short_ends_the_sanitized_runner(sanitized_runner: Runner) -> None:
    call = _call("fully_connected")
    arrays = call.args.arrays | {"weights": call.args.arrays["weights"][:-1]}
    with pytest.raises(AssertionError, match="heap-buffer-overflow"):
        sanitized_runner.run([replace(call, args=call.args._replace(arrays=arrays))])


def test_a_wrong_byte_is_told_with_index_got_and_want(runner: Runner) -> None:
    call = _call("pad")
    (after,) = runner.run([call])
    offset, size = call.spans[1]
    want = after[offset : offset + size].view(np.int8).copy()
    want[5] ^= 1
    assert fault_of(call, after, 1, want) == f"1 of {size} differ, first at 5: got {want[5] ^ 1}, want {want[5]}"


def test_a_write_outside_the_output_is_told(runner: Runner) -> None:
    call = _call("pad")
    (after,) = runner.run([call])
    offset, size = call.spans[1]
    stray = after.copy()
    stray[offset - 1] ^= 1
    want = after[offset : offset + size].view(np.int8)
    assert fault_of(call, stray, 1, want) == f"wrote to byte {offset - 1} outside its output"


def test_a_field_that_loses_bits_is_refused() -> None:
    with pytest.raises(OverflowError, match=r"mcn_pad_t\.in_h cannot hold 70000"):
        pack(Arguments("mcn_pad_t", {"in_h": 70000}, {}))


def test_a_model_that_kills_the_oracle_leaves_the_others() -> None:
    def job(depth: int) -> Job:
        b = TfliteBuilder()
        y = b.softmax(b.input((1, depth), (0.1, 0)))
        return Job(b.build(y), (np.zeros((1, depth), np.int8),), (y,))

    first, deadly, last = tensors([job(4), job(512), job(2)])
    assert isinstance(deadly, Refused)
    assert deadly.reason.startswith("died with -6")
    assert not isinstance(first, Refused)
    assert not isinstance(last, Refused)
    assert first[0].tolist() == [[-64] * 4]
    assert last[0].tolist() == [[0] * 2]
