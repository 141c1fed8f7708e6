"""The fuzzer's corpus on this computer, and the fuzzer itself: it must notice what it is there to notice."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from device_profiles import board_names, load_board
from search.hardware.ops import OP_KINDS
from search.hardware.variants import VARIANTS
from tests.fuzz import __main__ as command
from tests.fuzz import host
from tests.fuzz.boards import compare_on_board, side_by_side
from tests.fuzz.graphs import case
from tests.fuzz.host import KERNEL_SETS, Kernels, Tally, build_kernels, compare
from tests.fuzz.layers import LAYERS
from tests.support import require_tool
from toolchain.compile import quantize
from toolchain.tflite.reader import read_model

SEED, GRAPHS, BATCH = 1, 2000, 100


@pytest.fixture(scope="module")
def kernel_sets(tmp_path_factory: pytest.TempPathFactory) -> list[Kernels]:
    require_tool("gcc")
    return [build_kernels(name, tmp_path_factory.mktemp(name)) for name in KERNEL_SETS]


def batches(graphs: int, of: Sequence[Kernels], every: int = 1) -> Tally:
    """The first `graphs` of the corpus, or one batch in `every`."""
    tally = Tally()
    for first in range(0, graphs, BATCH * every):
        tally.add(compare(SEED, range(first, first + BATCH), of))
    assert not tally.faults, "\n".join(tally.faults)
    return tally


@pytest.mark.slow
def test_the_corpus_equals_tensorflow_lite_micro(kernel_sets: list[Kernels]) -> None:
    tally = batches(GRAPHS, kernel_sets)
    assert tally.graphs == GRAPHS
    assert set(tally.operations) == set(OP_KINDS)
    built = {folder for folders in KERNEL_SETS.values() for folder in folders}
    assert {row.name for row in VARIANTS if row.folder in built} <= set(tally.kernels)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "every"), [("ref", 1), ("cortex_m_dsp", 4), ("scalar", 4)])
def test_no_undefined_behaviour_and_no_stray_access(name: str, every: int, tmp_path: Path) -> None:
    require_tool("gcc")
    assert batches(GRAPHS, [build_kernels(name, tmp_path, sanitize=True)], every).elements > 100_000


def test_every_operation_has_a_layer() -> None:
    assert set(LAYERS) == set(OP_KINDS)


def test_every_kernel_runs_here_or_on_an_emulated_board() -> None:
    boards = [load_board(name) for name in board_names()]
    emulated = {folder for board in boards if board.emulated for folder in board.cpu.kernels}
    here = {folder for folders in KERNEL_SETS.values() for folder in folders}
    assert {row.folder for row in VARIANTS} <= here | emulated


def test_a_graph_is_the_same_every_time() -> None:
    for number in range(20):
        first, second = case(3, number), case(3, number)
        assert first.model == second.model
        assert [value.tobytes() for value in first.inputs] == [value.tobytes() for value in second.inputs]
    assert case(3, 0).model != case(4, 0).model


def off_by_one(scale: float, *others: float) -> quantize.AddMultipliers:
    """What the compiler makes of the scales of an ADD, with one bit wrong."""
    right = ADD(scale, *others)
    return right._replace(output_multiplier=right.output_multiplier ^ 1 << 22)


ADD = quantize.add_multipliers


def number_of(fault: str) -> int:
    return int(fault.split(":")[0].removeprefix("graph "))


def test_a_difference_is_told_with_the_command_that_shows_it_again(
    kernel_sets: list[Kernels], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_tool("gcc", "make")
    monkeypatch.setattr(quantize, "add_multipliers", off_by_one)
    faults = {number_of(fault): fault for fault in compare(SEED, range(40), kernel_sets[:1]).faults}
    number = next(number for number in faults if number % 2 == 1 and number - 1 not in faults)
    what, again = faults[number].splitlines()
    assert " (mcn_add" in what
    assert ", element " in what
    assert ": got " in what
    assert again.startswith("  again: .venv/bin/python -m tests.fuzz 1 --seed 1 --first ")
    assert command.main([*shlex.split(again)[4:], "--jobs", "1"]) == 1
    assert faults[number] in capsys.readouterr().out
    on_board = compare_on_board(SEED, [number - 1, number], load_board("host"), tmp_path)
    assert on_board is not None
    assert on_board.startswith(f"graph {number}: op ")
    assert on_board.endswith(f"  again: .venv/bin/python -m tests.fuzz 2 --seed 1 --first {number - 1} --board host")


def test_a_compiler_that_dies_is_a_fault_of_one_graph(
    kernel_sets: list[Kernels], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sometimes(model, folders):  # type: ignore[no-untyped-def]
        if len(model.graph.ops) == 1:
            raise AssertionError("one operation")
        return lowered(model, folders)

    lowered = host.lowered
    monkeypatch.setattr(host, "lowered", sometimes)
    tally = compare(SEED, range(10, 15), kernel_sets[:1])
    assert [fault.splitlines()[0] for fault in tally.faults]
    assert all("AssertionError('one operation')" in fault for fault in tally.faults)
    assert tally.elements > 0


def test_what_either_side_refuses_is_a_fault(kernel_sets: list[Kernels], monkeypatch: pytest.MonkeyPatch) -> None:
    good = case(SEED, 0)
    monkeypatch.setattr(host, "case", lambda seed, number: replace(good, model=good.model[:500]))
    (fault,) = compare(SEED, [7], kernel_sets).faults
    assert fault.startswith("graph 7: the compiler refuses it: the model ")
    assert fault.endswith("\n  again: .venv/bin/python -m tests.fuzz 1 --seed 1 --first 7")


def test_a_second_run_goes_on_where_the_first_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    require_tool("gcc")
    monkeypatch.setattr(command, "STATES", tmp_path)
    monkeypatch.setattr(command.progress, "digest", lambda: "these sources")
    done: list[int] = []

    def counted(options, numbers):  # type: ignore[no-untyped-def]
        for tally in tallies(options, numbers):
            done.append(tally.graphs)
            yield tally

    tallies = command._tallies
    monkeypatch.setattr(command, "_tallies", counted)
    monkeypatch.setattr(command, "BATCH", 20)
    common = ["--kernels", "ref", "--jobs", "1"]
    assert command.main(["60", *common, "--minutes", "0"]) == 0
    assert command.main(["50", *common]) == 0
    assert command.main(["50", *common]) == 0
    assert done == [20, 20, 10]
    assert capsys.readouterr().out.splitlines()[-1].startswith("50 graphs, ")
    monkeypatch.setattr(command.progress, "digest", lambda: "others")
    assert command.main(["20", *common]) == 0
    assert done == [20, 20, 10, 20]


def test_models_side_by_side_hold_all_inputs_outputs_and_operations() -> None:
    cases = [case(SEED, number) for number in range(8)]
    graphs = [read_model(each.model).graph for each in cases]
    whole = side_by_side(cases)
    graph = read_model(whole.model).graph
    assert [op.kind for op in graph.ops] == [op.kind for each in graphs for op in each.ops]
    assert len(graph.inputs) == len(whole.inputs) == sum(len(each.inputs) for each in graphs)
    assert len(graph.outputs) == sum(len(each.outputs) for each in graphs)
    assert whole.first_ops == tuple(sum(len(each.ops) for each in graphs[:i]) for i in range(len(graphs)))
