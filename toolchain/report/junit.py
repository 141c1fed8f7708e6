"""JUnit XML for CI servers: a `Report` in, one test case out. A wrong product is a failure, anything else an error."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from toolchain.report.schema import Report
from toolchain.report.words import outputs_text


def junit_xml(report: Report, name: str) -> str:
    """The XML of one validation of model `name`: `failed` as <failure>, `environment` and `invalid` as <error>."""
    failed, erred = report.verdict == "failed", report.verdict in ("environment", "invalid")
    totals = {"tests": "1", "failures": str(int(failed)), "errors": str(int(erred)), "skipped": "0"}
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": f"mcunas.{report.board}"} | totals)
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in _properties(report).items():
        ElementTree.SubElement(properties, "property", {"name": key, "value": str(value)})
    case = ElementTree.SubElement(suite, "testcase", {"classname": f"mcunas.{report.board}", "name": name})
    text = _printable("\n".join(report.reasons) or outputs_text(report))
    if failed or erred:
        message = {"type": report.verdict, "message": text.partition("\n")[0]}
        ElementTree.SubElement(case, "failure" if failed else "error", message).text = text
    else:
        ElementTree.SubElement(case, "system-out").text = _printable("\n".join((outputs_text(report), *report.reasons)))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str) -> str:
    """XML has no way to say most control characters, which a confused board may have sent."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def _properties(report: Report) -> dict[str, object]:
    memory = report.memory
    found: dict[str, object] = {
        "model_sha256": report.model_sha256,
        "arena_bytes": memory.arena_bytes,
        "ram_bytes": memory.ram_bytes,
        "stack_bytes": memory.stack_bytes,
        "flash_bytes": memory.flash_bytes,
        "accuracy.device": report.accuracy.device,
        "latency_us": report.latency_us,
    }
    found |= {counts.kind: counts.total for counts in (report.counts, *report.other_counts) if counts is not None}
    return {key: value for key, value in found.items() if value is not None}
