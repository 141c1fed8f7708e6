"""What the packers of the Helium kernels make of constants, and by how much outputs must keep ahead of inputs."""

from __future__ import annotations

import numpy as np
import pytest

from search.hardware import packing_helium
from search.hardware.packing import Constants
from search.hardware.record import Pads, Record
from search.hardware.variants import VARIANTS, select, settle

FOLDERS = ("helium", "ref")
NO_PADS: Pads = ((0, 0), (0, 0))


def record(kind: str, in_c: int, out_c: int, kernel: tuple[int, int] = (1, 1), pads: Pads = NO_PADS) -> Record:
    return Record(kind, (6, 5, in_c), (6, 5, out_c), kernel=kernel, pads=pads)


def constants(shape: tuple[int, ...], channels: int, shift: int = -7, input_zero_point: int = 3) -> Constants:
    rng = np.random.default_rng(0)
    return Constants(
        weights=rng.integers(-127, 128, shape).astype(np.int8),
        bias=rng.integers(-(2**31), 2**31, channels).astype(np.int32),
        multiplier=rng.integers(2**30, 2**31, channels).astype(np.int32),
        shift=np.full(channels, shift, np.int8),
        input_zero_point=input_zero_point,
        output_zero_point=0,
    )


@pytest.mark.parametrize(("in_c", "out_c", "kernel"), [(16, 4, (1, 1)), (3, 7, (3, 2)), (40, 5, (1, 1))])
def test_four_channels_are_dot_products_and_rescaling_in_turn(in_c: int, out_c: int, kernel: tuple[int, int]) -> None:
    row, given = record("CONV_2D", in_c, out_c, kernel), constants((out_c, *kernel, in_c), out_c)
    (stream,) = packing_helium.fours(row, given)
    assert (stream.nbytes,) == packing_helium.fours_bytes(row)
    depth = -(-row.depth // 16) * 16
    groups = stream.reshape(-1, depth + 12)  # words of 4 channels
    inputs = np.zeros(depth, np.int64)
    inputs[: row.depth] = np.random.default_rng(1).integers(-128, 128, row.depth)
    weights = groups[:, :depth].copy().view(np.int8).reshape(-1, depth // 16, 4, 16).astype(np.int64)
    bias, multiplier, scale = groups[:, depth:].reshape(-1, 3, 4).transpose(1, 0, 2).reshape(3, -1)[:, :out_c]
    sums = np.einsum("gvcl,vl->gc", weights, inputs.reshape(-1, 16)).reshape(-1)[:out_c] + bias
    flat = given.weights.reshape(out_c, -1).astype(np.int64)
    assert np.array_equal(sums % 2**32, (flat @ (inputs[: row.depth] - 3) + given.bias) % 2**32)
    assert np.array_equal(multiplier, given.multiplier)
    assert scale.tolist() == [2**24] * out_c


def test_depthwise_columns_hold_three_rows_and_the_shift() -> None:
    row, given = record("DEPTHWISE_CONV_2D", 5, 5, (2, 3)), constants((1, 2, 3, 5), 5, shift=-31)
    (stream,) = packing_helium.columns_3x3(row, given)
    assert (stream.nbytes,) == packing_helium.columns_3x3_bytes(row)
    channels = stream.reshape(5, 5)
    columns = channels[:, 2:].copy().view(np.int8).reshape(5, 3, 4)
    assert np.array_equal(columns[:, :, :2], given.weights[0].transpose(2, 1, 0))
    assert columns[:, :, 2:].reshape(5, -1).tolist() == [[0, 31, 0, 0, 0, 0]] * 5
    assert np.array_equal(channels[:, 1], given.multiplier)


def test_larger_depthwise_kernels_are_packed_byte_by_byte() -> None:
    row, given = record("DEPTHWISE_CONV_2D", 3, 3, (5, 4)), constants((1, 5, 4, 3), 3, shift=-9)
    (stream,) = packing_helium.columns_8x8(row, given)
    assert (stream.nbytes,) == packing_helium.columns_8x8_bytes(row) == (3 * 32,)
    channels = stream.reshape(3, 8)
    packed = channels[:, 2:].copy().view(np.int8)
    assert packed[:, 0].tolist() == [9] * 3
    assert np.array_equal(packed[:, 1:21].reshape(3, 4, 5), given.weights[0].transpose(2, 1, 0))
    folded = given.bias - 3 * given.weights.astype(np.int64).sum(axis=(0, 1, 2))
    assert np.array_equal(channels[:, 0], folded.astype(np.int32))


@pytest.mark.parametrize(
    ("kind", "shift", "is_fast"),
    [("CONV_2D", -1, True), ("CONV_2D", 0, False), ("DEPTHWISE_CONV_2D", 0, True), ("DEPTHWISE_CONV_2D", 1, False)],
)
def test_shifts_to_the_left_fall_back_on_the_reference(kind: str, shift: int, is_fast: bool) -> None:
    row = record(kind, 4, 4)
    given = constants((1, 1, 1, 4) if kind == "DEPTHWISE_CONV_2D" else (4, 1, 1, 4), 4, shift)
    found = settle(select(row, FOLDERS), row, given)
    assert found.folder == ("helium" if is_fast else "ref")


def test_a_multiplier_of_zero_fits_whatever_its_shift() -> None:
    given = constants((4, 1, 1, 16), 4, shift=0)
    given.multiplier[:] = 0
    row = record("CONV_2D", 16, 4)
    assert settle(select(row, FOLDERS), row, given).name == "mcn_conv_2d_1x1_helium"
    assert packing_helium.fours(row, given)[0].reshape(-1, 28)[:, 24:].tolist() == [[0] * 4]


def test_every_fallback_is_a_kernel_that_runs_all_its_records() -> None:
    names = {row.name for row in VARIANTS if row.folder == "ref"}
    assert {row.fallback for row in VARIANTS if row.folder == "helium"} - {""} <= names


@pytest.mark.parametrize(("in_c", "out_c", "stride"), [(16, 16, 1), (16, 40, 1), (32, 8, 1), (16, 64, 2), (48, 3, 3)])
def test_no_pixel_is_overwritten_before_a_1x1_convolution_has_read_it(in_c: int, out_c: int, stride: int) -> None:
    height, width = 7, 5
    out = (-(-height // stride), -(-width // stride))
    row = Record("CONV_2D", (height, width, in_c), (*out, out_c), stride=(stride, stride))
    lead = packing_helium.point_lead_bytes(row)
    reads = [(y * width + x) * stride * in_c for y in range(out[0]) for x in range(out[1])]
    for pair in range(0, len(reads), 2):
        end = min(pair + 2, len(reads)) * out_c - lead
        assert end <= min(reads[pair:])
