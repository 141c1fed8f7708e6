"""The report in the terminal, and its figures as text."""

from __future__ import annotations

import pytest

from tests.toolchain.report import sample
from toolchain.report.schema import Counts, Report, Spread
from toolchain.report.table import print_report
from toolchain.text import byte_text, cell_text, percent_text, print_table, short_number


def shown(capsys: pytest.CaptureFixture[str], report: Report) -> str:
    print_report(report, sample.BOARD)
    return capsys.readouterr().out


def test_a_full_report(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, sample.report()).splitlines()
    assert lines[-1] == " PASSED   sample_m4: A made-up Cortex-M4 in an emulator"
    figures = {line.strip() for line in lines}
    assert "outputs       The outputs of all 360 samples equal TensorFlow Lite Micro's, bit for bit." in figures
    assert "accuracy      float 98.9 %, int8 98.6 %, device 98.6 %" in figures
    assert "instructions  2,724,102 per inference" in figures
    assert "predicted 2,623,310, 3.7 % too low (2,451,692 to 2,778,584 expected)" in figures
    assert "RAM           22,736 B of 131,072 B" in figures
    assert "flash         72,104 B of 524,288 B" in figures
    header = next(i for i, line in enumerate(lines) if line.lstrip().startswith("#"))
    assert lines[header].split() == ["#", "operation", "variant", "MACs", "instructions"]
    assert lines[header + 1].split()[:5] == ["0", "CONV_2D", "conv3x3_c1", "10,368", "27,283"]
    assert lines.index("", header) - header - 1 == len(sample.ops())
    assert "\x1b" not in "".join(lines)


def test_what_is_unknown_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, Report(verdict="environment", reasons=("no board on /dev/ttyACM0",), board="sample_m4"))
    assert text.split("\n")[1:] == [
        "  outputs  Outputs were not compared.",
        "",
        " ENVIRONMENT   sample_m4: A made-up Cortex-M4 in an emulator",
        "  - no board on /dev/ttyACM0",
        "",
    ]


def test_operations_have_a_column_a_kind(capsys: pytest.CaptureFixture[str]) -> None:
    report = sample.report()
    assert report.counts is not None
    twice = tuple(op.model_copy(update={"count": 2 * (op.count or 0)}) for op in report.counts.ops)
    lines = shown(
        capsys, sample.report(other_counts=(Counts(kind="modelled_cycles", total=1, ops=twice),))
    ).splitlines()
    assert lines[1].split() == ["#", "operation", "variant", "MACs", "instructions", "modelled", "cycles"]
    assert lines[2].split()[:6] == ["0", "CONV_2D", "conv3x3_c1", "10,368", "27,283", "54,566"]


def test_kinds_are_named_and_only_cycles_have_a_latency(capsys: pytest.CaptureFixture[str]) -> None:
    report = sample.report(
        counts=Counts(kind="cycles", total=1_000_000),
        other_counts=(Counts(kind="modelled_cycles", total=2_000_000),),
        repeats=Spread(min=999_990, median=1_000_000, max=1_000_020),
        clock_hz=100_000_000,
        latency_us=10_000.0,
    )
    text = shown(capsys, report)
    assert "modelled cycles  2,000,000 per inference" in text
    assert "cycles           1,000,000 per inference" in text
    assert "latency          10,000 µs at 100 MHz" in text
    assert "min 999,990, median 1,000,000, max 1,000,020" in text
    assert "predicted" not in text, "a prediction of another kind says nothing about cycles"


def test_figures_as_text() -> None:
    assert byte_text(118_784) == "118,784 B"
    assert byte_text(None) == percent_text(None) == "-"
    assert [percent_text(share) for share in (0.0, 0.0001, 0.986, 1.0)] == ["0.0 %", "< 0.1 %", "98.6 %", "100.0 %"]
    assert [cell_text(cell) for cell in (1_234, 2_800_000.0, 0.12345, "x")] == ["1,234", "2,800,000", "0.1235", "x"]
    assert [short_number(value) for value in (0.25, 812, 4096, 2_800_000)] == ["0.25", "812", "4.1 k", "2.8 M"]


def test_tables_align_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "bytes"), [("a", 1_000_000), ("longer", None), ("b", 5)])
    assert capsys.readouterr().out == "name        bytes\na       1,000,000\nlonger          -\nb               5\n"
    print_table(("name", "bytes"), [])
    assert capsys.readouterr().out == "name  bytes\n"
