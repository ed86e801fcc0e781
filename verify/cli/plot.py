"""``--plot FILE``: the option, and the figure at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verify.cli.output import note

if TYPE_CHECKING:
    from verify.report.plot import Panel

PLOT = click.option(
    "--plot",
    "figure",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also draw the figure: FILE.pdf, .svg or .png.",
)


def plot_ready(path: Path | None) -> None:
    """A figure that cannot be drawn or written is found out before the work; no file is left or changed."""
    if path is None:
        return
    from verify.report.plot import NoPlot, check

    try:
        check(path)
    except NoPlot as error:
        raise click.UsageError(f"--plot: {error}") from None
    there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}; try another place") from None
    if not there:
        path.unlink()


def plot(panels: Sequence[Panel], path: Path | None) -> None:
    """Draw the figure, if one is wanted."""
    if path is not None:
        from verify.report.plot import draw

        draw(panels, path)
        note(f"wrote {path}")
