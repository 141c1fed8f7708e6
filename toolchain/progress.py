"""Progress of long work on stderr: bars with the time left on a terminal, else one plain line a finished stage.

`with stages_progress() as stages, stages.task("search", 200) as report: report(done, total, "what is happening")`
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.progress import Progress

#: What a stage calls while it works: (steps done, steps in all, what is happening).
Report = Callable[[int, int, str], None]


class Stages(Protocol):
    """Shows stages, one after the other."""

    def task(self, name: str, total: int | None = None) -> AbstractContextManager[Report]:
        """Show stage `name` until the block ends; total: its steps, None if that is not known yet."""


@contextmanager
def stages_progress() -> Iterator[Stages]:
    """Show progress on stderr until the block ends."""
    if not sys.stderr.isatty():
        yield _PlainStages()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    with Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[text]}", style="dim", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        console=Console(stderr=True),
        expand=True,
    ) as progress:
        yield _BarStages(progress)


class _PlainStages:
    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Report]:
        start = time.monotonic()
        yield lambda done, total, text: None
        print(f"{name}: done in {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


class _BarStages:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Report]:
        task = self._progress.add_task(name, total=total, text="starting")

        def report(done: int, total: int, text: str) -> None:
            self._progress.update(task, completed=done, total=total, text=text)

        yield report
        steps = self._progress.tasks[task].total or 1
        self._progress.update(task, completed=steps, total=steps, text="")
