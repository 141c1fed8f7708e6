"""What a calibration may measure: a board and a budget in; candidates, the most telling first, out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_profiles import Board
from search.hardware.latency import LatencyModel
from search.hardware.lowering import lower
from search.hardware.ops import Graph
from toolchain.bench.image import Constants, arena_bytes, constants_bytes
from toolchain.bench.job import Job, job_of
from toolchain.bench.operation import operation_id
from toolchain.calibrate.design import Design
from toolchain.calibrate.operations import networks, operations
from toolchain.errors import UserError

SPARE = 1.5  # times the budget: what takes the place of operations that cannot be measured
_NETWORKS = 40  # of every space, that the choice is for
_SEED = 21


@dataclass(frozen=True)
class Plan:
    """Candidates by operation id, the first to be measured first; `design` tells which one is next.

    refused: why an operation that would have been chosen is none. constants: what the jobs read from flash.
    """

    jobs: dict[str, Job]
    design: Design
    refused: dict[str, str]
    constants: Constants


def plan(board: Board, budget: int, model: LatencyModel, first: tuple[Graph, ...] = ()) -> Plan:
    """The plan of a calibration. model: what is believed before. first: operations that are candidates in any case."""
    candidates = operations(board)
    programs = [lower(graph, board.cpu.kernels) for graph in networks(np.random.default_rng(_SEED), _NETWORKS)]
    order = Design([candidate.step for candidate in candidates], programs, model)
    constants = Constants(constants_bytes(board))
    jobs: dict[str, Job] = {}
    refused: dict[str, str] = {}
    for graph in first:
        _admit(graph, board, constants, jobs, refused)
    wanted = len(jobs) + round(SPARE * budget) + 4
    while len(jobs) < wanted and (number := order.next()) is not None:
        order.note(number)
        _admit(candidates[number].graph, board, constants, jobs, refused)
    design = Design([job.step for job in jobs.values()], programs, model)
    return Plan(jobs, design, refused, constants)


def _admit(graph: Graph, board: Board, constants: Constants, jobs: dict[str, Job], refused: dict[str, str]) -> None:
    """Adds the operation to `jobs`, or to `refused` if the bench has no room for it."""
    name = operation_id(graph)
    if name in jobs:
        return
    try:
        job = job_of(graph, board)
    except UserError as error:
        refused[name] = str(error)
        return
    if job.arena_bytes > arena_bytes(board):
        refused[name] = f"needs {job.arena_bytes:,} B of arena, the bench has {arena_bytes(board):,} B"
    elif not constants.add([data for _, data in job.constants]):
        size = sum(len(data) for _, data in job.constants)
        refused[name] = f"needs {size:,} B of constants, the bench has {constants.free_bytes:,} B of flash left"
    else:
        jobs[name] = job
