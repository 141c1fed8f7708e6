"""JUnit XML keeps the verdicts apart."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.toolchain.report import sample
from toolchain.report.junit import junit_xml


@pytest.mark.parametrize(
    ("verdict", "element", "failures", "errors"),
    [("failed", "failure", "1", "0"), ("environment", "error", "0", "1"), ("invalid", "error", "0", "1")],
)
def test_verdicts_are_kept_apart(verdict: str, element: str, failures: str, errors: str) -> None:
    report = sample.report(verdict=verdict, reasons=("first <reason>", "second\x00"))
    suites = ElementTree.fromstring(junit_xml(report, "kws01"))
    assert (suites.get("failures"), suites.get("errors")) == (failures, errors)
    case = suites.find("testsuite/testcase")
    assert (case.get("classname"), case.get("name")) == ("mcunas.sample_m4", "kws01")
    fault = case.find(element)
    assert (fault.get("type"), fault.get("message")) == (verdict, "first <reason>")
    assert fault.text == "first <reason>\nsecond\ufffd"


def test_a_pass_has_its_figures() -> None:
    suites = ElementTree.fromstring(junit_xml(sample.report(), "kws01"))
    case = suites.find("testsuite/testcase")
    assert [child.tag for child in case] == ["system-out"]
    assert case.find("system-out").text.startswith("The outputs of all 360 samples equal")
    properties = {p.get("name"): p.get("value") for p in suites.iter("property")}
    assert properties["instructions"] == "2724102"
    assert properties["arena_bytes"] == "14400"
    assert "latency_us" not in properties
