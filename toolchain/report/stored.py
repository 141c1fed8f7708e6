"""A report that a stage has left in a run folder: its file in, a typed `Report` or a clear error out."""

from __future__ import annotations

from pydantic import ValidationError

from toolchain.errors import BadInput
from toolchain.report.schema import Report
from toolchain.runfolder import RunFolder


def read_report(folder: RunFolder, name: str) -> Report:
    """The report in file `name` of a run folder. Raises BadInput if it is missing, damaged or of another version."""
    try:
        return Report.model_validate(folder.read_json(name))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise BadInput(
            f"{folder.file(name)} is not a report of this mcunas ({key}: {first['msg']}). Delete it and run again."
        ) from None
