"""What a benchmark has measured as Markdown: runs in, the text between the marks of docs/benchmarks.md out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.hardware.lowering import Step
from toolchain.report.schema import Counts, Report
from toolchain.text import cell_text

if TYPE_CHECKING:
    from benchmarks.engine import Run

PEERS = Path(__file__).with_name("peers.toml")
REFERENCE_BOARD = "qemu_mps2_an386"  # whose kernels and cycles the tables by operation name
Cell = str | int | float | None


def page(runs: Sequence[Run]) -> str:
    """For each model the totals, the peers and the operations; then other engines on silicon, and the method."""
    peers = tomllib.loads(PEERS.read_text())
    parts = []
    for model in dict.fromkeys(run.model for run in runs):
        own = [run for run in runs if run.model == model]
        parts += [f"## {model}\n", f"{_subject(own[0])}\n", _totals(own), *_peers(model, own, peers), *_operations(own)]
    return "\n".join([*parts, _published(peers), _method(runs)])


def table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A Markdown table; columns that hold no words are right-aligned, None is a dash."""
    texts = [[cell_text(cell) for cell in row] for row in rows]
    words = [any(re.search("[^-0-9.,]", text) for text in column) for column in zip(*texts, strict=True)]
    lines = [headers, ["---" if has_words else "---:" for has_words in words], *texts]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _macs(run: Run) -> int:
    return sum(step.record.macs for step in run.compiled.program.steps)


def _subject(run: Run) -> str:
    model = run.compiled.model
    return f"{_macs(run):,} multiply-accumulates, {model.file_bytes:,} B, SHA-256 `{model.sha256[:16]}`."


def _counts(report: Report, kind: str) -> Counts | None:
    found = [counts for counts in (report.counts, *report.other_counts) if counts and counts.kind == kind]
    return found[0] if found else None


def _total(report: Report, kind: str) -> int | None:
    counts = _counts(report, kind)
    return counts.total if counts else None


def _exact(report: Report) -> str:
    bits = report.bit_exact
    if bits.samples is None:
        return report.verdict
    return "yes" if bits.mismatches == 0 else f"{bits.mismatches} of {bits.samples} samples differ"


def _totals(runs: Sequence[Run]) -> str:
    headers = (
        "core", "board", "kernels", "instructions", "instr/MAC", "modelled cycles", "start-up", "arena B",
        "flash without model B", "model B", "stack B", "stack bound B", "exact",
    )  # fmt: skip
    return table(headers, [_total_row(run) for run in runs])


def _total_row(run: Run) -> list[Cell]:
    report, memory = run.report, run.report.memory
    instructions = _total(report, "instructions")
    sections = memory.flash_sections
    flash = None if memory.flash_bytes is None else memory.flash_bytes - (sections.model or 0)
    return [
        run.board.cpu.core,
        f"`{run.board.name}`",
        ", ".join(run.board.cpu.kernels),
        instructions,
        None if instructions is None else f"{instructions / _macs(run):.2f}",
        _total(report, "modelled_cycles"),
        report.startup.total if report.startup else None,
        memory.arena_bytes,
        flash,
        sections.model,
        memory.stack_bytes,
        memory.stack_bound_bytes,
        _exact(report),
    ]


# Peers.


def _peers(model: str, runs: Sequence[Run], peers: dict[str, Any]) -> list[str]:
    """What TensorFlow Lite Micro needs on the same emulator, if that is known of this model."""
    measured = peers["measured"]
    rows = [
        row
        for found in measured["instructions"]
        for run in runs
        if found["model"] == model and found["board"] == run.board.name and (row := _peer_row(run, found))
    ]
    if not rows:
        return []
    headers = ("core", "TFLM reference, M instr", "TFLM + CMSIS-NN, M instr", "mcunas, M instr", "times fewer")
    text = f"The same model in {measured['engine']}, instructions on the same emulated machine:\n"
    return [text, table(headers, rows), *_peer_memory(model, runs, measured)]


def _peer_row(run: Run, found: dict[str, Any]) -> list[Cell] | None:
    own = _total(run.report, "instructions")
    if own is None:
        return None
    reference, best = found.get("reference"), found["cmsis_nn"]
    shown = [None if value is None else f"{value:.2f}" for value in (reference, best, own / 1e6)]
    return [run.board.cpu.core, *shown, f"{best * 1e6 / own:.2f}"]


def _peer_memory(model: str, runs: Sequence[Run], measured: dict[str, Any]) -> list[str]:
    rows: list[list[Cell]] = []
    for found in (found for found in measured["memory"] if found["model"] == model):
        for run in (run for run in runs if run.board.name == found["board"]):
            peer: list[Cell] = [
                found["arena_bytes"],
                found["flash_bytes"],
                found["model_bytes"],
                measured["stack_bytes"],
            ]
            row, start = _total_row(run), run.report.startup
            told = f"{start.total:,}" if start else None
            rows.append(["TFLM + CMSIS-NN", *peer, measured["setup"]])
            rows.append(["mcunas", row[7], row[8], row[9], row[10], told])
    headers = ("", "arena B", "flash without model B", "model B", "stack B", "start-up, instr")
    core = f"Memory on `{REFERENCE_BOARD}`:\n"
    return [core, table(headers, rows)] if rows else []


def _published(peers: dict[str, Any]) -> str:
    headers = ("engine", "chip", "kws01, M cycles", "ic01, M cycles")
    rows = [[found["engine"], found["chip"], found["kws01"], found["ic01"]] for found in peers["published"]]
    text = (
        "## Other engines on silicon\n\n"
        "Published results of MLPerf Tiny, core cycles of real chips. They are no instructions and no modelled cycles, "
        "and none of the figures above was measured on silicon.\n"
    )
    return f"{text}\n{table(headers, rows)}"


# Operations.


def _operations(runs: Sequence[Run]) -> list[str]:
    """A row an operation: kernel, instructions and modelled cycles on the reference board; the work's price on each."""
    measured = [run for run in runs if _counts(run.report, "instructions")]
    if not measured:
        return []
    reference = next((run for run in measured if run.board.name == REFERENCE_BOARD), measured[0])
    board = f"`{reference.board.name}`"
    headers = [
        "#", "operation", "shape", "work", f"kernel on {board}", "instructions", "modelled cycles",
        *(f"{run.board.cpu.core} `{run.board.name.removeprefix('qemu_')}`" for run in measured),
    ]  # fmt: skip
    rows = [_operation_row(index, reference, measured) for index in range(len(reference.compiled.program.steps))]
    text = (
        "By operation, without what a reading of the counter costs; the columns on the right are instructions for one "
        "unit of work on each core: a multiply-accumulate (MAC), or an element that is read (pools, MEAN) or written.\n"
    )
    return [text, table(headers, rows)]


def _operation_row(index: int, reference: Run, runs: Sequence[Run]) -> list[Cell]:
    step = reference.compiled.program.steps[index]
    amount, unit = _work(step)
    counts = [_step_count(run, "instructions", index) for run in (reference, *runs)]
    prices: list[Cell] = [None if count is None else f"{count / amount:.2f}" for count in counts[1:]]
    shape = f"{'x'.join(map(str, step.record.input))} to {'x'.join(map(str, step.record.output))}"
    cycles = _step_count(reference, "modelled_cycles", index)
    return [index, _name(step), shape, f"{amount:,} {unit}", f"`{step.variant.name}`", counts[0], cycles, *prices]


def _name(step: Step) -> str:
    record = step.record
    words = [record.kind]
    if record.kernel != (1, 1) or record.stride != (1, 1):
        words.append(f"{record.kernel[0]}x{record.kernel[1]}, stride {record.stride[0]}x{record.stride[1]}")
    return " ".join([*words, *([record.activation] if record.activation != "none" else [])])


def _work(step: Step) -> tuple[int, str]:
    """How much an operation does, and of what."""
    record = step.record
    if record.macs:
        return record.macs, "MAC"
    if record.kind.endswith("POOL_2D"):
        return record.output_elements * prod(record.kernel), "read"
    if record.kind == "MEAN":
        return record.input_elements, "read"
    return record.output_elements, "written"


def _step_count(run: Run, kind: str, index: int) -> int | None:
    counts = _counts(run.report, kind)
    return counts.ops[index].count if counts else None


def _method(runs: Sequence[Run]) -> str:
    compilers = sorted({run.compiler for run in runs})
    emulators = sorted({run.emulator for run in runs})
    boards = [run.board for run in runs]
    shifts = sorted({str(board.flasher.options.get("icount_shift")) for board in boards})
    return (
        "## How it was measured\n\n"
        f"- Command: `make bench-engine` ([benchmarks/engine.py](../benchmarks/engine.py)).\n"
        f"- Emulators: {'; '.join(emulators)}, with `-icount shift={'` or `'.join(shifts)},align=off,sleep=off`. Each "
        "instruction takes the same emulated time, so the timer gives the exact number of instructions, the same in "
        "every run.\n"
        f"- Compilers: {'; '.join(compilers)}; kernels with -O2, all flags in "
        "[build_files.py](../toolchain/build_files.py).\n"
        "- Totals come from runs that read no counter on the way, with one fixed random input. Its outputs and those "
        "of another one are compared bit for bit with TensorFlow Lite Micro in the same session.\n"
        "- Modelled cycles: [modelled_cycles.md](modelled_cycles.md). Start-up: from reset until ready for the first "
        "inference. Stack: measured; its bound follows from the call graph.\n"
        "- Figures of others: [benchmarks/peers.toml](../benchmarks/peers.toml), with their sources.\n"
    )
