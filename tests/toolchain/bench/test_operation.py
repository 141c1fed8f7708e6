"""Single operations: cut out of a network, written and read back, and turned into models that compile."""

from __future__ import annotations

import json

import pytest

from device_profiles import load_board
from search.hardware.common_models import common_models
from search.hardware.lowering import lower
from search.hardware.ops import Graph, GraphBuilder, Op, Slice, Tensor
from toolchain.bench.job import job_of
from toolchain.bench.operation import from_json, isolate, model_of, operation_id, to_json

FOLDERS = ("cortex_m_dsp", "ref")


@pytest.mark.parametrize("name", sorted(common_models()))
def test_an_operation_alone_is_run_as_in_its_network(name: str) -> None:
    graph = common_models()[name]
    for step in lower(graph, FOLDERS).steps:
        alone = isolate(graph, step)
        (found,) = lower(alone, FOLDERS).steps
        assert (found.record, found.variant) == (step.record, step.variant)
        assert from_json(json.loads(json.dumps(to_json(alone)))) == alone


def test_a_folded_pad_comes_along() -> None:
    tensors = (Tensor((1, 6, 6, 4)), Tensor((1, 8, 8, 4)), Tensor((1, 6, 6, 8)))
    pad = Op("PAD", (0,), (1,), pads=((0, 0), (1, 1), (1, 1), (0, 0)))
    conv = Op("CONV_2D", (1,), (2,), kernel=(3, 3), bias=True)
    graph = Graph(tensors, (pad, conv), (0,), (2,))
    (step,) = lower(graph, FOLDERS).steps
    assert isolate(graph, step) == graph
    assert [op.kind for op in from_json(to_json(graph)).ops] == ["PAD", "CONV_2D"]


def test_slices_are_read_back_as_slices() -> None:
    cut = Op("STRIDED_SLICE", (0,), (1,), slices=(Slice(0, 1), Slice(1, 2, 2), Slice(0, 4), Slice(0, 4)))
    graph = Graph((Tensor((1, 4, 4, 4)), Tensor((1, 2, 4, 4))), (cut,), (0,), (1,))
    assert from_json(json.loads(json.dumps(to_json(graph)))) == graph


def test_an_id_names_the_operation_and_decides_its_constants() -> None:
    def conv(channels: int) -> Graph:
        builder = GraphBuilder((1, 8, 8, 4))
        return builder.build(builder.conv(builder.input, channels, activation="relu"))

    first, second = conv(8), conv(8)
    assert operation_id(first) == operation_id(second) != operation_id(conv(12))
    assert (model_of(first).constants[0].weights == model_of(second).constants[0].weights).all()
    assert model_of(first).quantization[1].zero_point == -128


def test_constants_fit_the_fast_kernels() -> None:
    board = load_board("qemu_mps2_an386")
    for graph in common_models().values():
        for step in lower(graph, board.cpu.kernels).steps:
            assert job_of(isolate(graph, step), board).step.variant == step.variant
