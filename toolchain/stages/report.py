"""Report: everything that the other stages found in; report.json and report.html out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from search.files import write_atomic
from toolchain.build import load_image
from toolchain.compile.memory_map import memory_map
from toolchain.pipeline import Context
from toolchain.report.details import Candidate, Check, Details, Limit, Search
from toolchain.report.html import render_html
from toolchain.report.stored import read_report
from toolchain.runfolder import to_json
from toolchain.stages.subject import load_subject


def run(context: Context) -> None:
    """Write report.json and report.html."""
    folder = context.folder
    report = read_report(folder, "validate/result.json")
    details = Details(
        title=context.config.name,
        search=_search(context),
        training=tuple(_training(context)),
        checks=tuple(_checks(folder.read_json("export/checks.json"))),
        facts=tuple(_facts(context)),
        arena=memory_map(load_subject(context, flash=False).compiled.program),
    )
    write_atomic(folder.file("report.json"), to_json(report.to_json()))
    write_atomic(folder.file("report.html"), render_html(report, context.board, details))


def _search(context: Context) -> Search:
    folder, settings = context.folder, context.config.search
    pick, limits = folder.read_json("search/pick.json"), folder.read_json("search/limits.json")
    with folder.file("search/candidates.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["aggregate"]]
    return Search(
        space=settings.space,
        strategy="NSGA-II",
        proxies=settings.proxies,
        kind=context.board.timing.kind,
        candidates=tuple(_candidate(row) for row in rows),
        front=tuple(row["arch"] for row in folder.read_json("search/front.json")),
        pick=pick["arch"],
        explanation=pick["explanation"],
        description=pick["description"],
        limits=tuple(
            Limit(name, row["at_most"], limits["random"]["shares"].get(name, 0.0))
            for name, row in limits["limits"].items()
        ),
        random=limits["random"]["samples"],
    )


def _candidate(row: dict[str, str]) -> Candidate:
    def whole(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    return Candidate(
        row["arch"], float(row["aggregate"]), whole("count"), int(row["arena_bytes"]), whole("flash_bytes")
    )


def _training(context: Context) -> Iterator[tuple[str, str]]:
    metrics = context.folder.read_json("train/metrics.json")
    yield "epochs", str(metrics["epochs"])
    for split, value in metrics["accuracy"].items():
        yield f"float accuracy, {split}", f"{value:.2%}"


def _checks(figures: dict[str, Any]) -> Iterator[Check]:
    for key, text in (("onnx", "torch against ONNX"), ("tensorflow", "ONNX against TensorFlow")):
        step = figures[key]
        bound = f"largest difference {step['max_abs_diff']:.2g} (at most {step['max_abs_diff_limit']:.2g})"
        yield Check(text, f"{bound}, same class on {step['argmax_agreement']:.1%}")
    int8 = figures["int8"]
    noise = f"{int8['sqnr_db']:.1f} dB above quantisation noise (at least {int8['sqnr_db_limit']:.0f})"
    yield Check(
        "TensorFlow against int8 TensorFlow Lite Micro", f"{noise}, same class on {int8['argmax_agreement']:.1%}"
    )


def _facts(context: Context) -> Iterator[tuple[str, str]]:
    image = load_image(context.folder.file("build"))
    yield "seed", str(context.config.seed)
    yield "compiler", image.compiler
    yield "flags", " ".join(image.flags)
    yield "build", image.build_id
