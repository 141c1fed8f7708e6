"""What `mcunas compile` tells: a compiled and built model in; memory, kernels, predicted counts and arena map out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from device_profiles import Board
from search.hardware import arena
from toolchain.build import Image
from toolchain.compile.compiler import Compiled
from toolchain.compile.memory_map import memory_map
from toolchain.prediction import predict
from toolchain.text import byte_text, print_table


def summary(compiled: Compiled, image: Image, board: Board) -> dict[str, Any]:
    """The keys of `mcunas compile --json`; memory has the names of report.json."""
    program, prediction = compiled.program, predict(compiled.program, board)
    return {
        "board": board.name,
        "model_sha256": compiled.model.sha256,
        "macs": sum(step.record.macs for step in program.steps),
        "memory": {
            "arena_bytes": image.arena_bytes,
            "arena_lower_bound_bytes": arena.lower_bound(program.buffers, program.leads),
            "ram_bytes": image.ram_bytes,
            "stack_bytes": None,
            "stack_bound_bytes": image.stack_bound_bytes,
            "flash_bytes": image.flash_bytes,
            "flash_sections": image.flash_sections or {},
        },
        "predicted": prediction and {"kind": prediction.kind, "total": prediction.total, "source": prediction.source},
        "ops": [
            {
                "index": index,
                "op": step.record.kind,
                "tflite_ops": list(step.op_indices),
                "variant": step.variant.name,
                "macs": step.record.macs,
                "predicted": prediction.steps[index].count if prediction else None,
                "scratch_bytes": step.variant.scratch_bytes(step.record),
            }
            for index, step in enumerate(program.steps)
        ],
        "memory_map": [asdict(span) for span in memory_map(program)],
    }


def print_summary(facts: dict[str, Any]) -> None:
    """The same for people."""
    memory, predicted = facts["memory"], facts["predicted"]
    click.echo(f"{facts['board']}: {facts['macs']:,} multiply-accumulates")
    if predicted:
        click.echo(f"  predicted  {predicted['total']:,} {predicted['kind'].replace('_', ' ')} ({predicted['source']})")
    click.echo(f"  arena      {byte_text(memory['arena_bytes'])}")
    if memory["flash_bytes"] is not None:
        sections = ", ".join(f"{name} {size:,}" for name, size in memory["flash_sections"].items())
        click.echo(f"  RAM        {byte_text(memory['ram_bytes'])}, stack at most {memory['stack_bound_bytes']:,} B")
        click.echo(f"  flash      {byte_text(memory['flash_bytes'])}: {sections}")
    keys = ("index", "op", "variant", "macs", "predicted", "scratch_bytes")
    click.echo()
    print_table(
        ("#", "operation", "variant", "MACs", "predicted", "scratch B"), [[op[k] for k in keys] for op in facts["ops"]]
    )
    click.echo("\nArena over time")
    rows = [[s["offset"], s["bytes"], f"{s['first']}-{s['last']}", s["what"], s["name"]] for s in facts["memory_map"]]
    print_table(("offset", "bytes", "steps", "what", "made by"), rows)
