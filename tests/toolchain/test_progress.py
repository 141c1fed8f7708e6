"""Progress: bars on a terminal, one plain line a finished stage elsewhere."""

from __future__ import annotations

import io
import re
import sys

import pytest

from toolchain.progress import stages_progress


def work() -> None:
    with stages_progress() as stages:
        with stages.task("search", 200) as report:
            report(50, 200, "scoring [r16_c12]")
            report(200, 200, "scoring")
        with stages.task("train") as report:
            report(1, 40, "epoch 1, 91.0 %")


def test_plain_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    work()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"search: done in \d+\.\d s\ntrain: done in \d+\.\d s\n", captured.err)


def test_a_stage_that_fails_is_not_called_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken"), stages_progress() as stages, stages.task("search"):
        raise ValueError("broken")
    assert capsys.readouterr().err == ""


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    work()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "200/200" in text
    assert "40/40" in text
