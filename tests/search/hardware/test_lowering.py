"""From graph to steps: what is folded, what shares memory, what the plan guarantees."""

from dataclasses import replace

from search.hardware import arena
from search.hardware.lowering import lower
from search.hardware.ops import Graph, GraphBuilder, Op, Tensor
from search.hardware.variants import VARIANTS

REF = ("ref",)


def residual_net() -> Graph:
    build = GraphBuilder((1, 16, 16, 1))
    x = build.conv(build.input, 8, kernel=3, stride=2, activation="relu6")
    y = build.conv(x, 24, activation="relu6")
    y = build.conv(build.depthwise(y, activation="relu6"), 8)
    x = build.global_mean(build.add(x, y))
    return build.build(build.fully_connected(x, 10))


def padded_conv(pads, padding="valid", extra_reader=False) -> Graph:
    ops = [
        Op("PAD", (0,), (1,), pads=pads),
        Op("CONV_2D", (1,), (2,), kernel=(3, 3), padding=padding, bias=True),
    ]
    tensors = [Tensor((1, 6, 6, 4)), Tensor((1, 8, 8, 4)), Tensor((1, 6, 6, 4))]
    if extra_reader:
        ops.append(Op("MEAN", (1,), (3,), axes=(1, 2)))
        tensors.append(Tensor((1, 4)))
    return Graph(tuple(tensors), tuple(ops), (0,), (2, 3) if extra_reader else (2,))


SPATIAL = ((0, 0), (1, 1), (1, 1), (0, 0))


def test_pad_before_a_valid_convolution_becomes_its_padding():
    (step,) = lower(padded_conv(SPATIAL), REF).steps
    assert step.op_index == 1
    assert step.op_indices == (0, 1)
    assert step.inputs == (0,)
    assert step.record.pads == ((1, 1), (1, 1))
    assert step.record.input == (6, 6, 4)


def test_pad_stays_when_it_cannot_be_folded():
    over_channels = ((0, 0), (1, 1), (1, 1), (0, 2))
    for graph in (
        padded_conv(over_channels),
        padded_conv(SPATIAL, padding="same"),
        padded_conv(SPATIAL, extra_reader=True),
    ):
        assert lower(graph, REF).steps[0].record.kind == "PAD"


def test_reshape_costs_nothing():
    build = GraphBuilder((1, 2, 2, 3))
    flat = build.reshape(build.input, (1, 12))
    program = lower(build.build(build.fully_connected(flat, 4)), REF)
    assert [step.record.kind for step in program.steps] == ["FULLY_CONNECTED"]
    assert program.tensor_offsets[0] == program.tensor_offsets[1]


def test_add_writes_over_an_input_that_dies():
    program = lower(residual_net(), REF)
    add = next(step for step in program.steps if step.record.kind == "ADD")
    places = {program.tensor_offsets[t] for t in add.inputs}
    assert program.tensor_offsets[add.output] in places


def gated(gate_shape: tuple[int, ...], kind: str = "MUL") -> Graph:
    """An image and a gate, both computed, combined; the first operand is the gate."""
    image = (1, 4, 4, 8)
    ops = (Op("TANH", (0,), (2,)), Op("TANH", (1,), (3,)), Op(kind, (3, 2), (4,)))
    return Graph(tuple(map(Tensor, (image, gate_shape, image, gate_shape, image))), ops, (0, 1), (4,))


def test_an_operand_that_is_repeated_is_not_written_over():
    program = lower(gated((1, 1, 1, 8)), REF)
    step = program.steps[-1]
    gate, image = (program.tensor_offsets[t] for t in step.inputs)
    assert program.tensor_offsets[step.output] == image
    assert image != gate
    arena.check(program.buffers, program.plan, program.leads)


def test_either_of_two_operands_as_large_is_written_over():
    program = lower(gated((1, 4, 4, 8)), REF)
    step = program.steps[-1]
    assert program.tensor_offsets[step.output] in {program.tensor_offsets[t] for t in step.inputs}


def test_each_output_of_a_split_is_a_step_and_lies_apart():
    op = Op("SPLIT", (0,), (1, 2, 3), axes=(3,))
    part = Tensor((1, 2, 2, 4))
    program = lower(Graph((Tensor((1, 2, 2, 12)), part, part, part), (op,), (0,), (1, 2, 3)), REF)
    assert [step.output for step in program.steps] == [1, 2, 3]
    assert {step.op_indices for step in program.steps} == {(0,)}
    assert len({program.tensor_offsets[t] for t in (0, 1, 2, 3)}) == 4
    arena.check(program.buffers, program.plan, program.leads)


def test_the_same_tensor_may_be_joined_with_itself():
    op = Op("CONCATENATION", (0, 0), (1,), axes=(1,))
    (step,) = lower(Graph((Tensor((1, 8)), Tensor((1, 16))), (op,), (0,), (1,)), REF).steps
    assert step.inputs == (0, 0)
    assert step.variant.array_bytes(step.record) == (8, 8)


def test_a_pad_folds_into_a_grouped_convolution():
    graph = padded_conv(SPATIAL)
    grouped = Graph(graph.tensors, (graph.ops[0], replace(graph.ops[1], groups=2)), graph.inputs, graph.outputs)
    (step,) = lower(grouped, REF).steps
    assert (step.record.form, step.record.groups, step.record.pads) == ("GROUPED_CONV_2D", 2, ((1, 1), (1, 1)))


def test_a_tensor_read_later_is_not_overwritten():
    build = GraphBuilder((1, 4, 4, 2))
    a = build.conv(build.input, 2)
    b = build.add(a, build.input)
    program = lower(build.build(build.add(b, a)), REF)
    first = program.steps[1]
    assert program.tensor_offsets[first.output] != program.tensor_offsets[a]


def test_scratch_is_planned_beside_the_tensors():
    program = lower(residual_net(), REF)
    mean = next(i for i, step in enumerate(program.steps) if step.record.kind == "MEAN")
    step = program.steps[mean]
    scratch = range(program.scratch_offsets[mean], program.scratch_offsets[mean] + 4 * 8)
    for tensor in (*step.inputs, step.output):
        start = program.tensor_offsets[tensor]
        assert start is not None
        assert start not in scratch
    arena.check(program.buffers, program.plan, program.leads)


def test_variant_names_are_unique_and_every_kind_has_a_reference():
    names = [variant.name for variant in VARIANTS]
    assert len(names) == len(set(names))
    kinds = {variant.kind for variant in VARIANTS}
    assert kinds == {variant.kind for variant in VARIANTS if variant.folder == "ref"}
