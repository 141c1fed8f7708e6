"""What a user of the search can do wrong: one exception, whose text says what failed, why, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SearchError(Exception):
    """An expected failure: data, an architecture, a name or limits that cannot be used. The text is for the user."""


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> SearchError:
    """The error for a name that no registered `kind` has, with the near and the valid names."""
    names = sorted(valid)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return SearchError(f"There is no {kind} '{name}'.{hint} Known: {', '.join(names) or 'none'}.")
