"""Features: every kernel has them, they count what they say, and windows are counted right."""

from __future__ import annotations

import itertools

import pytest

from search.hardware.features import ANY, FAMILIES, any_counts, counts, family_of
from search.hardware.features.windows import windows
from search.hardware.record import Pads, Record
from search.hardware.variants import VARIANTS

FORMS = {"GROUPED_CONV_2D": "CONV_2D", "BROADCAST_ADD": "ADD", "MEAN_OVER_AXES": "MEAN", "SLICE": "SPLIT",
         "LOOKUP": "TANH"}  # fmt: skip


def conv(kind: str = "CONV_2D", in_c: int = 8, out_c: int = 8, pads: Pads = ((1, 1), (1, 1)), size: int = 6) -> Record:
    macs = size * size * 9 * out_c * (in_c if kind == "CONV_2D" else 1)
    return Record(kind, (size, size, in_c), (size, size, out_c), kernel=(3, 3), pads=pads, macs=macs)


def record_for(kind: str) -> Record:
    if kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"):
        return conv(kind)
    shape = (1, 1, 8) if kind in ("MEAN", "FULLY_CONNECTED", "SOFTMAX") else (6, 6, 8)
    return Record(kind, (6, 6, 8), shape, macs=64)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_kernel_counts_its_features(variant: object) -> None:
    record = record_for(FORMS.get(variant.kind, variant.kind))
    found = counts(variant.name, record)
    assert len(found) == len(family_of(variant.name).features)
    assert min(found) >= 0
    assert found[-1] == 1, "the last feature of every family is its calls"


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_family_holds_kernels_of_one_kind(variant: object) -> None:
    family = family_of(variant.name)
    kinds = {FORMS.get(row.kind, row.kind) for row in VARIANTS if family_of(row.name).name == family.name}
    assert len(kinds) == 1


def test_families_are_named_once_and_so_are_their_features() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    for family in FAMILIES:
        assert len(set(family.features)) == len(family.features)


def test_a_kernel_that_nobody_has_described_is_counted_as_any() -> None:
    family = family_of("mcn_conv_2d_of_tomorrow")
    assert (family.name, family.features) == ("any conv_2d_of_tomorrow", ANY)
    assert counts("mcn_conv_2d_of_tomorrow", conv()) == tuple(map(float, any_counts(conv())))


def test_reference_convolution_counts_macs_inside_the_input() -> None:
    inside = (4 * 4 * 9 + 4 * 4 * 6 + 4 * 4) * 8 * 8  # whole windows, edges, corners; channels in, out
    macs, taps, *_ = counts("mcn_conv_2d_ref", conv())
    assert (macs, taps) == (inside, inside / 8)


def test_tiles_are_rounded_up() -> None:
    steps = family_of("mcn_conv_2d_dsp").features.index("tile steps")
    odd = counts("mcn_conv_2d_dsp", conv(out_c=7, size=5))[steps]
    assert odd == 9 * 4 * 36  # 25 pixels by 3, 7 channels by 2, 72 weights by 2


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "pad"),
    [case for case in itertools.product((5, 8), (1, 3, 4), (1, 2), (1, 2), (0, 1, 3)) if case[4] < case[1] * case[3]],
)
def test_windows_against_looking_at_every_tap(size: int, kernel: int, stride: int, dilation: int, pad: int) -> None:
    out = (size + 2 * pad - (kernel - 1) * dilation - 1) // stride + 1
    if out < 1:
        return
    record = Record(
        "CONV_2D", (size, size, 1), (out, out, 1), (kernel, kernel), (stride, stride), (dilation, dilation),
        ((pad, pad), (pad, pad)),
    )  # fmt: skip
    seen = [[0 <= y * stride - pad + k * dilation < size for k in range(kernel)] for y in range(out)]
    rows = windows(record).rows
    assert rows.taps == sum(map(sum, seen))
    assert rows.whole == sum(map(all, seen))
