"""Records of operations with several operands, of means, and what decides which kernels can run them."""

import pytest

from search.hardware.ops import Graph, Op, Slice, Tensor, macs, split_part
from search.hardware.record import record_of


def graph(op: Op, *shapes: tuple[int, ...]) -> Graph:
    """Of one operation: its inputs' and outputs' shapes in turn."""
    return Graph(tuple(Tensor(shape) for shape in shapes), (op,), op.inputs, op.outputs)


def record(op: Op, *shapes: tuple[int, ...]):
    return record_of(graph(op, *shapes), op)


IMAGE = (1, 6, 5, 8)


def test_a_plain_sum_has_no_operands_to_look_at() -> None:
    found = record(Op("ADD", (0, 1), (2,)), IMAGE, IMAGE, IMAGE)
    assert (found.form, found.operands, found.constant) == ("ADD", (), None)


@pytest.mark.parametrize(
    ("op", "shapes", "operands", "constant"),
    [
        (Op("ADD", (0, 1), (2,)), (IMAGE, (1, 1, 1, 8), IMAGE), ((6, 5, 8), (1, 1, 8)), None),
        (Op("ADD", (0,), (1,), operand=(8,)), (IMAGE, IMAGE), ((6, 5, 8), (1, 1, 8)), 1),
        (Op("ADD", (0,), (1,), operand=IMAGE, operand_first=True), (IMAGE, IMAGE), ((6, 5, 8), (6, 5, 8)), 0),
        (Op("ADD", (0,), (1,), operand=()), ((1, 8), (1, 8)), ((1, 1, 8), (1, 1, 1)), 1),
        (Op("ADD", (0,), (1,), operand=IMAGE), ((1, 8), IMAGE), ((1, 1, 8), (6, 5, 8)), 1),
    ],
)
def test_a_sum_of_operands_that_differ_or_of_which_one_is_constant(op, shapes, operands, constant) -> None:
    found = record(op, *shapes)
    assert (found.form, found.operands, found.constant) == ("BROADCAST_ADD", operands, constant)


def test_groups_shorten_the_dot_product() -> None:
    op = Op("CONV_2D", (0,), (1,), kernel=(3, 3), padding="same", groups=4, bias=True)
    found = record(op, IMAGE, (1, 6, 5, 12))
    assert (found.form, found.depth) == ("GROUPED_CONV_2D", 18)
    assert found.macs == 6 * 5 * 12 * 18


def test_a_transposed_convolution_is_padded_as_the_one_that_leads_back() -> None:
    op = Op("TRANSPOSE_CONV", (0,), (1,), kernel=(3, 2), stride=(2, 2), padding="same")
    back = Op("CONV_2D", (1,), (0,), kernel=(3, 2), stride=(2, 2), padding="same")
    found = record(op, IMAGE, (1, 12, 10, 4))
    assert found.pads == record_of(graph(op, IMAGE, (1, 12, 10, 4)), back).pads == ((0, 1), (0, 0))
    assert found.macs == macs(graph(op, IMAGE, (1, 12, 10, 4)), op) == 6 * 5 * 8 * 6 * 4


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        (IMAGE, (1, 2), (6, 5, 8)),
        (IMAGE, (1,), (1, 6, 40)),
        (IMAGE, (1, 2, 3), (1, 240, 1)),
        (IMAGE, (0, 1, 2), (1, 30, 8)),
        ((1, 1, 5, 8), (2,), (1, 5, 8)),  # an axis of size 1 may stand anywhere
        ((1, 7, 8), (1,), (1, 7, 8)),
        ((1, 9), (1,), (1, 9, 1)),
        ((1, 9), (0,), (1, 1, 9)),
    ],
)
def test_means_that_keep_the_last_axes_are_means_over_positions(shape, axes, expected) -> None:
    found = record(Op("MEAN", (0,), (1,), axes=axes), shape, (1,))
    assert (found.form, found.input, found.over) == ("MEAN", expected, None)


@pytest.mark.parametrize(
    ("shape", "axes", "output", "over"),
    [
        (IMAGE, (3,), (6, 5, 1), (1, 1, 8)),
        (IMAGE, (1, 3), (1, 5, 1), (6, 1, 8)),
        (IMAGE, (2,), (6, 1, 8), (1, 5, 1)),
        ((1, 7, 8), (2,), (1, 7, 1), (1, 1, 8)),
        ((1, 3, 400, 300), (1,), (1, 400, 300), (3, 1, 1)),  # 120,000 kept elements are beyond 16 bits
    ],
)
def test_other_means_say_what_they_go_over(shape, axes, output, over) -> None:
    found = record(Op("MEAN", (0,), (1,), axes=axes), shape, (1,))
    assert (found.form, found.output, found.over) == ("MEAN_OVER_AXES", output, over)


@pytest.mark.parametrize(("kind", "form"), [("TANH", "LOOKUP"), ("RELU6", "LOOKUP"), ("STRIDED_SLICE", "SLICE")])
def test_kinds_that_share_kernels_share_a_form(kind, form) -> None:
    assert record(Op(kind, (0,), (1,)), IMAGE, IMAGE).form == form


def test_parts_of_a_split() -> None:
    assert split_part((1, 6, 4), 1, 3, 2) == (Slice(0, 1), Slice(4, 2), Slice(0, 4))
