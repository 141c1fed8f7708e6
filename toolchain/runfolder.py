"""The run folder: files written aside and renamed, a manifest of what each stage read and wrote, and one run at a time.

A stage is finished when run.json holds the digests of its inputs and outputs and the files still have them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from search.errors import FileFailure
from search.files import write_atomic
from toolchain.errors import BadInput, EnvironmentFailure

MANIFEST, TIMING, LOCK = "run.json", "timing.json", ".lock"
FORMAT = 1


def to_json(value: object) -> str:
    """JSON as every file of a run folder has it: sorted, indented, same bytes for the same value."""
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n"


def sha256_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sha256_tree(root: Path, *suffixes: str) -> str:
    """Digest of the names and contents of all files below `root` that end in one of `suffixes`."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in suffixes and p.is_file()):
        digest.update(f"{path.relative_to(root)}\0{sha256_file(path)}\n".encode())
    return digest.hexdigest()


class _Stage(BaseModel):
    inputs: dict[str, str]
    outputs: dict[str, str]
    passed: bool


class _Manifest(BaseModel):
    """What of run.json is relied on; a finished stage's digests by name."""

    format: int
    stages: dict[str, _Stage]


@dataclass
class RunFolder:
    """One folder below runs/ and its manifest."""

    path: Path

    def file(self, name: str) -> Path:
        return self.path / name

    def read_json(self, name: str) -> Any:
        """Content of a JSON file of the run. Raises BadInput if it is missing or damaged."""
        path = self.file(name)
        try:
            return json.loads(path.read_text())
        except FileNotFoundError:
            raise BadInput(f"{path} is missing: the stage that writes it has not run. Run: mcunas run") from None
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}. Delete it and run again.") from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"{path} is damaged ({error}). Delete it and run again.") from None

    def write_json(self, name: str, value: object) -> None:
        write_atomic(self.file(name), to_json(value))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; raises EnvironmentFailure if another process does or it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.file(LOCK), os.O_CREAT | os.O_RDWR)
        except OSError as error:
            raise EnvironmentFailure(str(FileFailure.of(self.path, error))) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise EnvironmentFailure(
                f"{self.path} is in use by another mcunas. Wait for it, or choose another folder with --out."
            ) from None
        try:
            yield
        finally:
            os.close(handle)

    def manifest(self) -> dict[str, Any]:
        if not self.file(MANIFEST).exists():
            return {"format": FORMAT, "stages": {}}
        data = self.read_json(MANIFEST)
        if isinstance(data, dict) and data.get("format", FORMAT) != FORMAT:
            raise BadInput(
                f"{self.file(MANIFEST)} has format {data['format']}, this mcunas writes {FORMAT}. "
                "Choose another folder with --out."
            )
        try:
            return {**data, **_Manifest.model_validate(data, strict=True).model_dump()}
        except (ValidationError, TypeError):
            raise BadInput(
                f"{self.file(MANIFEST)} is damaged (it does not list the stages). Delete it and run again."
            ) from None

    def is_current(self, stage: str, inputs: Mapping[str, str]) -> bool:
        """Whether `stage` has run with these inputs and its outputs are untouched, whatever its verdict.

        Inputs that the stage has beyond `inputs` are not compared.
        """
        entry = self.manifest()["stages"].get(stage)
        if entry is None or not inputs.items() <= entry["inputs"].items():
            return False
        return all(self.file(n).is_file() and sha256_file(self.file(n)) == d for n, d in entry["outputs"].items())

    def is_finished(self, stage: str, inputs: Mapping[str, str]) -> bool:
        """Whether `stage` need not be run again: current with exactly these inputs, and passed, if it judges."""
        entry = self.manifest()["stages"].get(stage)
        return bool(entry) and entry["passed"] and entry["inputs"] == dict(inputs) and self.is_current(stage, inputs)

    def finish(
        self,
        stage: str,
        inputs: Mapping[str, str],
        outputs: list[str],
        facts: Mapping[str, object],
        passed: bool = True,
    ) -> None:
        """Record that `stage` has run; `facts` (versions, board, seed, ...) go to the top of the manifest."""
        data = self.manifest()
        data.update(facts)
        data["stages"][stage] = {
            "inputs": dict(inputs),
            "outputs": {name: sha256_file(self.file(name)) for name in sorted(outputs)},
            "passed": passed,
        }
        self.write_json(MANIFEST, data)

    def add_timing(self, stage: str, wall_s: float) -> None:
        """Note how long a stage took; timing.json is the one file that differs between equal runs."""
        path = self.file(TIMING)
        try:
            data = dict(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):  # none yet, or damaged: nothing depends on it
            data = {}
        data[stage] = {"wall_s": round(wall_s, 3), "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        write_atomic(path, to_json(data))
