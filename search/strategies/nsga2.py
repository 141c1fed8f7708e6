"""NSGA-II over the choices of a space: a first population and an evaluation in, evaluated architectures out.

Source: Deb et al., "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II" (IEEE TEVC 2002), by pymoo: uniform
crossover, each gene drawn anew with probability 2 / genes, architectures within the limits before all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.duplicate import DefaultDuplicateElimination
from pymoo.core.evaluator import Evaluator as PopulationEvaluator
from pymoo.core.mutation import Mutation
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair
from pymoo.operators.crossover.ux import UX
from pymoo.problems.static import StaticProblem

from search.spaces import Arch, Space

#: Objectives to minimise and the sum of excesses over limits (0: all met) of each architecture of one generation.
Outcome = tuple[Sequence[tuple[float, ...]], Sequence[float]]


class _DrawAnew(Mutation):  # type: ignore[misc] # pymoo has no types
    """Each gene takes a random choice with probability 2 / genes."""

    def _do(
        self, problem: Problem, X: npt.NDArray[np.int64], random_state: np.random.Generator, **_: object
    ) -> npt.NDArray[np.int64]:
        drawn = random_state.integers(problem.xl, problem.xu + 1, size=X.shape)
        return np.where(random_state.random(X.shape) < 2 / problem.n_var, drawn, X)


class _Canonical(Repair):  # type: ignore[misc] # pymoo has no types
    """Genes without effect take choice 0, so that equal networks are seen to be equal."""

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space

    def _do(self, problem: Problem, X: npt.NDArray[np.int64], **_: object) -> npt.NDArray[np.int64]:
        return np.array([self.space.canonical(to_arch(x)) for x in X])


def to_arch(x: npt.NDArray[np.int64]) -> Arch:
    """An individual of the algorithm as an architecture."""
    return tuple(int(choice) for choice in x)


def nsga2(
    space: Space,
    population: Sequence[Arch],
    objectives: int,
    evaluate: Callable[[list[Arch]], Outcome | None],
    seed: int,
) -> None:
    """Propose architectures, a generation at a time, until `evaluate` returns None or nothing new can be proposed.

    objectives: how many `evaluate` gives for each architecture.
    """
    sizes = np.array([len(gene.choices) for gene in space.genes])
    algorithm = NSGA2(
        pop_size=len(population),
        sampling=np.array(population),
        crossover=UX(),
        mutation=_DrawAnew(),
        repair=_Canonical(space),
        eliminate_duplicates=DefaultDuplicateElimination(),
    )
    problem = Problem(
        n_var=len(sizes), n_obj=objectives, n_ieq_constr=1, xl=np.zeros_like(sizes), xu=sizes - 1, vtype=int
    )
    algorithm.setup(problem, seed=seed, termination=("n_gen", 2**31))
    while len(proposed := algorithm.ask()):
        outcome = evaluate([to_arch(x) for x in proposed.get("X")])
        if outcome is None:
            return
        values, excess = outcome
        static = StaticProblem(problem, F=np.array(values), G=np.array(excess)[:, None])
        PopulationEvaluator().eval(static, proposed)
        algorithm.tell(infills=proposed)
