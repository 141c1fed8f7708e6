"""Graphs of the corpus in TensorFlow Lite Micro and in kernels built for this computer: numbers in, a `Tally` out.

Every tensor that an operation writes is compared, in the arena as the compiler plans it. The kernels are compiled once
and run many graphs in a process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from search.hardware.lowering import Program, lower
from tests.fuzz.graphs import case
from tests.kernels.compare import program_calls, program_difference
from tests.kernels.harness import Runner, build_runner
from tests.kernels.ingredients import Array, Case
from tests.kernels.oracle import Job, Refused, tensors
from toolchain.compile.constants import settle_step
from toolchain.errors import BadInput
from toolchain.tflite.model import Model
from toolchain.tflite.reader import read_model

#: The kernel folders of a core, best first, for the folders whose C runs on any computer.
KERNEL_SETS = {"ref": ("ref",), "cortex_m_dsp": ("cortex_m_dsp", "ref"), "scalar": ("scalar", "ref")}


@dataclass
class Tally:
    """What a comparison found. elements: compared, each for every set of kernels. faults: a text for each graph."""

    graphs: int = 0
    elements: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    kernels: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.graphs += other.graphs
        self.elements += other.elements
        self.operations += other.operations
        self.kernels += other.kernels
        self.faults += other.faults


@dataclass(frozen=True)
class Kernels:
    """A set of kernels, compiled. name: a key of KERNEL_SETS."""

    name: str
    runner: Runner
    sanitized: bool = False

    @property
    def options(self) -> str:
        """Of the command line, that choose them."""
        return f"--kernels {self.name}" + (" --sanitize" if self.sanitized else "")


def build_kernels(name: str, folder: Path, sanitize: bool = False) -> Kernels:
    """Compile a set of kernels into `folder`, with gcc's address and undefined-behaviour checks if wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    return Kernels(name, build_runner(folder, " ".join(KERNEL_SETS[name]), sanitize), sanitize)


def again(seed: int, number: int, options: str, count: int = 1) -> str:
    """The command that runs these graphs alone."""
    return f".venv/bin/python -m tests.fuzz {count} --seed {seed} --first {number} {options}"


@dataclass(frozen=True)
class _Graph:
    """A graph that both sides can run. wants[t]: tensor t of model.graph, by TensorFlow Lite Micro."""

    number: int
    case: Case
    model: Model
    wants: Sequence[Array]


def compare(seed: int, numbers: Sequence[int], sets: Sequence[Kernels]) -> Tally:
    """Run graphs of the corpus both ways. One that a side refuses is a fault: the corpus holds what both support."""
    tally = Tally(len(numbers))
    graphs = _answered(seed, numbers, tally)
    for graph in graphs:
        tally.operations.update(op.kind for op in graph.model.graph.ops)
    for kernels in sets:
        _run(seed, graphs, kernels, tally)
    return tally


def _answered(seed: int, numbers: Sequence[int], tally: Tally) -> list[_Graph]:
    read: list[tuple[int, Case, Model]] = []
    for number in numbers:
        made = case(seed, number)
        try:
            read.append((number, made, read_model(made.model)))
        except BadInput as error:
            tally.faults.append(_fault(seed, number, "", f"the compiler refuses it: {error}"))
    answers = tensors([Job(made.model, made.inputs, model.tensor_numbers) for _, made, model in read])
    graphs = []
    for (number, made, model), answer in zip(read, answers, strict=True):
        if isinstance(answer, Refused):
            tally.faults.append(_fault(seed, number, "", f"TensorFlow Lite Micro refuses it: {answer.reason}"))
        else:
            graphs.append(_Graph(number, made, model, answer))
    return graphs


def _run(seed: int, graphs: Sequence[_Graph], kernels: Kernels, tally: Tally) -> None:
    """Compare graphs in one process of the runner; if it or the compiler dies, each in one of its own."""
    try:
        programs = [lowered(graph.model, KERNEL_SETS[kernels.name]) for graph in graphs]
        pairs = list(zip(graphs, programs, strict=True))
        lists = [program_calls(graph.model, program, graph.case.inputs) for graph, program in pairs]
        shown = iter(kernels.runner.run([call for calls in lists for call in calls]))
    except Exception as error:  # noqa: BLE001 - whatever they die of is what this is looking for
        if len(graphs) > 1:
            for graph in graphs:
                _run(seed, [graph], kernels, tally)
        else:
            tally.faults += [_fault(seed, graph.number, kernels.options, f"{error!r}") for graph in graphs]
        return
    for (graph, program), calls in zip(pairs, lists, strict=True):
        tally.elements += sum(graph.model.graph.tensors[step.output].elements for step in program.steps)
        tally.kernels.update(step.variant.name for step in program.steps)
        if found := program_difference(graph.model, program, [next(shown) for _ in calls], graph.wants):
            tally.faults.append(_fault(seed, graph.number, kernels.options, str(found)))


def lowered(model: Model, folders: tuple[str, ...]) -> Program:
    """`model` as the compiler plans it for a core with these kernel folders."""
    return lower(model.graph, folders, lambda step: settle_step(model, step))


def _fault(seed: int, number: int, options: str, what: str) -> str:
    return f"graph {number}: {what}\n  again: {again(seed, number, options).strip()}"
