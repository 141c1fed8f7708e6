"""The benchmark: what it writes between the marks of docs/benchmarks.md, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import engine
from benchmarks.tables import page, table
from device_profiles import load_board
from search.hardware.ops import GraphBuilder
from tests.random_models import random_model
from tests.support import require_tool
from toolchain.tflite.reader import read_model


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n{engine.BEGIN}\nold\n{engine.END}\nafter\n")
    for _ in range(2):
        engine.write("new \\1\n", document)
        assert document.read_text() == f"before\n{engine.BEGIN}\n\nnew \\1\n\n{engine.END}\nafter\n"


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("text\n")
    with pytest.raises(SystemExit, match=r"has lost its marks"):
        engine.write("new", document)
    assert document.read_text() == "text\n"


def test_the_document_has_its_marks() -> None:
    text = engine.DOCUMENT.read_text()
    assert text.index(engine.BEGIN) < text.index(engine.END)


def test_columns_without_words_are_right_aligned() -> None:
    assert table(("a", "b", "c"), [[1234, "0.5", "x"], [None, "1.25", None]]) == (
        "| a | b | c |\n| ---: | ---: | --- |\n| 1,234 | 0.5 | x |\n| - | 1.25 | - |\n"
    )


def test_without_reference_models_random_members_of_the_spaces_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MODELS", tmp_path)
    found = engine.models()
    assert found
    assert found == engine.models()
    assert all(read_model(tflite).graph.ops for tflite in found.values())


@pytest.mark.emulator
def test_a_page_says_what_was_measured_and_how() -> None:
    board = load_board("qemu_mps2_an386")
    require_tool(f"{board.cpu.compiler}gcc", "make", str(board.flasher.options["binary"]))
    build = GraphBuilder((1, 8, 8, 4))
    x = build.conv(build.input, 8, kernel=3, activation="relu")
    tflite = random_model(build.build(build.fully_connected(build.global_mean(x), 5)), seed=2)
    run = engine.run("kws01", tflite, board)
    assert run.report.verdict == "passed"
    assert run.report.counts is not None
    text = page([run])
    assert f"| cortex-m4 | `qemu_mps2_an386` | {', '.join(board.cpu.kernels)} | {run.report.counts.total:,} |" in text
    assert "| 0 | CONV_2D 3x3, stride 1x1 relu | 8x8x4 to 8x8x8 | 18,432 MAC | `mcn_conv_2d_" in text
    assert "| cortex-m4 | 43.04 | 7.70 | " in text
    assert "| TFLM + CMSIS-NN | 22,820 | 53,756 | 53,936 | 1,600 | 500,000 to 800,000 |" in text
    assert "X-CUBE-AI 9.0" in text
    assert "QEMU emulator version" in text
    assert "arm-none-eabi-gcc" in text
    assert "-icount shift=7" in text
    assert text == page([engine.run("kws01", tflite, board)])
