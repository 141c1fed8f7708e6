"""What a user of the search can do wrong: exceptions whose text says what failed, why, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class SearchError(Exception):
    """An expected failure: data, an architecture, a name or limits that cannot be used. The text is for the user."""


class FileFailure(SearchError):
    """A file that cannot be written: the disk is full, the folder is another's, its name is taken by a file."""

    exit_code = 3  # the environment, as toolchain/errors.py has it

    @classmethod
    def of(cls, path: Path, error: OSError) -> FileFailure:
        """The error for `path`, in the system's words."""
        return cls(
            f"Cannot write {path}: {error.strerror or error}. Free space or allow yourself to write there, "
            "or choose another folder with --out."
        )


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> SearchError:
    """The error for a name that no registered `kind` has, with the near and the valid names."""
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return SearchError(f"There is no {kind} '{name}'.{hint} Known: {', '.join(names) or 'none'}.")
