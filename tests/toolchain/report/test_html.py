"""report.html: self-contained, escaped, the same bytes every time, and every figure with its kind."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from tests.toolchain.report import sample
from toolchain.report.details import Details
from toolchain.report.html import render_html
from toolchain.report.schema import BitExact, Mismatch, Report

VOID = {"meta"}


class Checker(HTMLParser):
    """Collects text and attributes, and holds that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def parse(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return checker


def test_a_full_page_says_everything() -> None:
    page = parse(render_html(sample.report(), sample.BOARD, sample.details()))
    for expected in (
        "passed",
        "The outputs of all 360 samples equal TensorFlow Lite Micro's, bit for bit.",
        "98.6 %",
        "2,724,102 instructions",
        "3.7 % too low",
        "instructions executed, counted by the emulator; they are no measure of time",
        "kernels 14,320 B",
        "22,736 B of 131,072 B",
        "1,312 B (bound 1,640 B)",
        "41.2 %",
        "of 1,000 random architectures",
        "synflow, naswot, zico",
        "the next cheaper one saves 6 %",
        "torch against ONNX",
        "arm-none-eabi-gcc 12.2.1",
        "9f" * 32,
    ):
        assert expected in page.text, expected


def test_an_emulators_counts_are_never_shown_as_time() -> None:
    text = parse(render_html(sample.report(), sample.BOARD, sample.details())).text
    assert not re.search(r"\d\s*(ms|µs|us|seconds?|s)\b", text)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = parse(render_html(sample.report(), sample.BOARD, sample.details()))
    assert not {"link", "script", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert not any(name in attributes for _, attributes in page.tags for name in ("src", "href"))
    assert "url(" not in render_html(sample.report(), sample.BOARD, sample.details())


def test_equal_input_gives_equal_bytes() -> None:
    assert render_html(sample.report(), sample.BOARD, sample.details()) == render_html(
        sample.report(), sample.BOARD, sample.details()
    )


def test_every_candidate_is_drawn_and_the_pick_is_marked() -> None:
    search = sample.search()
    page = parse(render_html(sample.report(), sample.BOARD, sample.details()))
    roles = [attributes["class"] for tag, attributes in page.tags if tag == "circle"]
    assert roles.count("pick") == 2
    assert roles.count("front") == 2 * (len(search.front) - 1)
    assert len(roles) == 2 * len(search.candidates)
    assert "limit 2.8 M" in page.text
    assert "limit 24 k" in page.text


def test_without_a_timing_kind_there_is_one_plot_and_no_count() -> None:
    details = dataclasses.replace(sample.details(), search=sample.search(kind=None))
    report = sample.report(counts=None, predicted=None, startup=None)
    page = parse(render_html(report, sample.BOARD, details))
    assert sum(tag == "svg" for tag, _ in page.tags) == 1
    assert "predicted" not in page.text


def test_everything_is_escaped() -> None:
    evil = "<script>alert(1)</script>&"
    details = Details(title=evil, facts=((evil, evil),), training=((evil, evil),))
    report = sample.report(reasons=(evil,), model_sha256=evil)
    page = render_html(report, sample.BOARD.model_copy(update={"title": evil}), details)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;") == 9


@pytest.mark.parametrize("verdict", ["failed", "environment", "invalid"])
def test_a_verdict_without_figures(verdict: str) -> None:
    report = Report(verdict=verdict, reasons=("/dev/ttyACM0 is busy: choose another with --port.",), board="sample_m4")
    page = parse(render_html(report, sample.BOARD))
    assert "/dev/ttyACM0 is busy: choose another with --port." in page.text
    assert "Outputs were not compared." in page.text
    assert "None" not in page.text


def test_outputs_that_differ_are_counted() -> None:
    first = Mismatch(index=4, op="CONV_2D", got=-12, want=-13, sample=7)
    exact = BitExact(samples=360, mismatches=3, first_mismatch=first)
    text = parse(render_html(sample.report(verdict="failed", bit_exact=exact), sample.BOARD)).text
    assert "The outputs of 3 of 360 samples differ from TensorFlow Lite Micro's." in text
