"""How far a long comparison has come: a file that holds as long as no source changes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from search.files import write_atomic
from tests.fuzz.host import Tally
from tests.support import ROOT

#: What decides the result.
SOURCES = (
    "firmware/include/**/*.h", "firmware/kernels/**/*.*", "search/hardware/*.py", "toolchain/compile/**/*.py",
    "toolchain/tflite/**/*.py", "tests/fuzz/*.py", "tests/kernels/*.*", "tests/tflite_*.py",
)  # fmt: skip


def digest() -> str:
    """Of everything that decides the result."""
    found = hashlib.sha256(version("tflite-micro").encode())
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern)):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def load(path: Path, sources: str) -> Tally:
    """What has been done with these sources, which may be nothing."""
    if not path.is_file():
        return Tally()
    record = json.loads(path.read_text())
    if record.pop("sources") != sources:
        return Tally()
    counts = {name: Counter(record.pop(name)) for name in ("operations", "kernels")}
    return Tally(**record, **counts)


def save(path: Path, sources: str, tally: Tally) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, json.dumps({"sources": sources, **vars(tally)}, indent=1) + "\n")
