"""The bench: any operation, described over the link, gives the right output and the count that a network's step has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device_profiles import Board, load_board
from search.hardware.common_models import ds_cnn, pooled_cnn, resnet_8
from search.hardware.lowering import lower
from search.hardware.ops import Graph, Op, Tensor
from tests.support import require_tool
from toolchain.bench.image import Bench, Constants, build_bench, object_sha256
from toolchain.bench.job import JOB_BYTES, Job, job_of
from toolchain.bench.operation import isolate, model_of, operation_id
from toolchain.bench.session import host_crcs, open_session
from toolchain.build import build
from toolchain.compile.compiler import compile_model
from toolchain.errors import BadInput
from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.measure import measure
from toolchain.verify import Array

AN386 = load_board("qemu_mps2_an386")
HOST = load_board("host")


def more_operations() -> list[Graph]:
    """With a constant operand, with constants that hold arena offsets, and with a float input."""
    image = Tensor((1, 6, 6, 8))
    scaled = Graph((image, image), (Op("MUL", (0,), (1,), operand=(1, 1, 1, 8)),), (0,), (1,))
    joined = Graph((image, image, Tensor((1, 6, 6, 16))), (Op("CONCATENATION", (0, 1), (2,), axes=(3,)),), (0, 1), (2,))
    quantized = Graph((Tensor((1, 40), "float32"), Tensor((1, 40))), (Op("QUANTIZE", (0,), (1,)),), (0,), (1,))
    return [scaled, joined, quantized]


def small_operations(board: Board) -> dict[str, Graph]:
    graphs = more_operations()
    for network in (ds_cnn(12), resnet_8(6), pooled_cnn(4, 20)):
        graphs += [isolate(network, step) for step in lower(network, board.cpu.kernels).steps]
    return {operation_id(graph): graph for graph in graphs}


def bench_of(board: Board, graphs: dict[str, Graph], folder: Path) -> tuple[Bench, dict[str, Job]]:
    jobs = {name: job_of(graph, board) for name, graph in graphs.items()}
    constants = Constants(1 << 20)
    assert all(constants.add([data for _, data in job.constants]) for job in jobs.values())
    return build_bench(board, constants, folder), jobs


@pytest.mark.emulator
def test_operations_are_right_and_cost_what_they_cost_in_a_network(tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc", "qemu-system-arm", "gcc", "make")
    graphs = small_operations(AN386)
    crcs = host_crcs(*bench_of(HOST, graphs, tmp_path / "host"))
    bench, jobs = bench_of(AN386, graphs, tmp_path / "board")
    assert len({object_sha256(bench.image, job.step.variant) for job in jobs.values()}) > 5
    with open_session(bench, ("instructions", "modelled_cycles")) as session:
        counts = {name: session.measure(job, crcs[name]) for name, job in jobs.items()}  # holds every CRC
        engine = session.engine()
    network = resnet_8(6)
    program = lower(network, AN386.cpu.kernels)
    total, steps = network_counts(network, tmp_path / "network")
    alone = [counts[operation_id(isolate(network, step))]["instructions"].median for step in program.steps]
    fixed = [i for i, step in enumerate(program.steps) if step.record.kind != "SOFTMAX"]  # values decide its way
    assert [alone[i] for i in fixed] == [steps[i] for i in fixed]
    own = engine["instructions"]
    assert abs(total - sum(steps) - own.invoke - own.step * len(steps)) <= len(steps)  # each is rounded to a tick


def network_counts(graph: Graph, folder: Path) -> tuple[int, tuple[int, ...]]:
    model = model_of(graph)
    compiled = compile_model(model, AN386)
    image = build(AN386, compiled.source, compiled.kernel_sources, folder)
    with flasher("qemu").start(image.elf, AN386, None, True) as url, open_device(url, AN386) as device:
        sample = [bytes_of(graph, tensor) for tensor in graph.inputs]
        timing = measure(device, device.hello(), AN386, sample, repeats=1)
    instructions = timing if timing.kind == "instructions" else timing.others[0]
    return instructions.total.median, instructions.steps


def bytes_of(graph: Graph, tensor: int) -> Array:
    return np.random.default_rng(1).integers(-128, 128, graph.tensors[tensor].shape, np.int8)


def test_constants_are_stored_once_and_limited() -> None:
    constants = Constants(limit_bytes=16)
    assert constants.add([b"abcdefgh"])
    assert constants.add([b"abcd"])
    assert constants.data == b"abcdefgh"
    assert constants.place(b"efgh") == 4
    assert not constants.add([b"0123456789ab"])
    with pytest.raises(BadInput, match=r"reads 4 B of constants that are not in the bench's flash \(it holds 8 B, 8 B"):
        constants.place(b"bcde")


def test_an_operation_that_needs_too_much_arena_is_refused(tmp_path: Path) -> None:
    network = ds_cnn(12)
    graph = isolate(network, lower(network, HOST.cpu.kernels).steps[0])
    bench, jobs = bench_of(HOST, {"op": graph}, tmp_path)
    small = Bench(bench.board, bench.image, bench.kernels, bench.constants, arena_bytes=64)
    assert len(bench.description(jobs["op"])) == JOB_BYTES
    with pytest.raises(BadInput, match="the bench on host has 64 B"):
        small.description(jobs["op"])
