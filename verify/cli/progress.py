"""How far a long command is, on a terminal."""

from __future__ import annotations

import sys
from typing import Any


class Progress:
    """One line on stderr, redrawn; nothing where stderr is not a terminal."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(20), TimeRemainingColumn(), TextColumn("{task.description}"))
            self.bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("proofs and bounds", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int, total: int, label: str) -> None:
        """So many trajectory-steps are done."""
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total, description=label)
