"""Shapes, padding and multiply-accumulates of op records."""

import pytest

from search.hardware.ops import Graph, GraphBuilder, Op, explicit_padding, macs, output_hw


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pads", "out"),
    [(8, 3, 1, (1, 1), 8), (8, 3, 2, (0, 1), 4), (7, 3, 2, (1, 1), 4), (5, 7, 1, (3, 3), 5), (4, 1, 2, (0, 0), 2)],
)
def test_same_padding_is_tensorflows(size, kernel, stride, pads, out):
    op = Op("CONV_2D", (0,), (1,), kernel=(kernel, kernel), stride=(stride, stride), padding="same")
    assert explicit_padding(op, (size, size)) == (pads, pads)
    assert output_hw(op, (size, size)) == (out, out)


def test_dilation_widens_the_window():
    op = Op("CONV_2D", (0,), (1,), kernel=(3, 3), dilation=(2, 3))
    assert output_hw(op, (9, 9)) == (5, 3)
    same = Op("CONV_2D", (0,), (1,), kernel=(3, 3), dilation=(2, 3), padding="same")
    assert explicit_padding(same, (9, 9)) == ((2, 2), (3, 3))


def test_macs_count_padded_taps():
    build = GraphBuilder((1, 8, 8, 3))
    x = build.conv(build.input, 16, kernel=3, stride=2)
    x = build.depthwise(x, kernel=5)
    x = build.global_mean(x)
    graph = build.build(build.fully_connected(x, 10))
    assert [macs(graph, op) for op in graph.ops] == [4 * 4 * 16 * 27, 4 * 4 * 16 * 25, 0, 160]


def test_tensors_are_numbered_in_order_of_appearance():
    build = GraphBuilder((1, 4, 4, 8))
    a = build.conv(build.input, 8)
    out = build.add(a, build.input)
    assert build.build(out) == Graph(
        tensors=build.build(out).tensors,
        ops=(
            Op("CONV_2D", (0,), (1,), padding="same", bias=True),
            Op("ADD", (1, 0), (2,)),
        ),
        inputs=(0,),
        outputs=(2,),
    )
