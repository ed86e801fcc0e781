"""The outcome of an experiment: settings, a table, curves, and remarks on how to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from verify.decimals import within
from verify.report.plot import Panel, curves_json

Progress = Callable[[int, int, str], None]  # (done, total) trajectory-steps and what is running


class Band(Protocol):
    """lower <= quantile <= upper, and an estimate."""

    @property
    def lower(self) -> float:
        """-inf where nothing is certain."""

    @property
    def estimate(self) -> float:
        """Of the quantile."""

    @property
    def upper(self) -> float:
        """+inf where nothing is certain."""


def silent(done: int, total: int, label: str) -> None:
    """No progress."""


@dataclass(frozen=True)
class Experiment:
    """``rows`` hold everything as strings; ``columns`` are those that the text shows."""

    name: str
    settings: Mapping[str, str]
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    remarks: tuple[str, ...]
    panels: tuple[Panel, ...]

    def as_json(self) -> dict[str, Any]:
        """One object; numbers as strings."""
        return {
            "experiment": self.name,
            "settings": dict(self.settings),
            "rows": [dict(row) for row in self.rows],
            "remarks": list(self.remarks),
            "panels": curves_json(self.panels),
        }

    def lines(self) -> Iterator[str]:
        """The settings, the table with aligned columns, the remarks."""
        yield f"{self.name}: " + ", ".join(f"{k} {v}" for k, v in self.settings.items())
        yield ""
        cells = [self.columns, *([row[c] for c in self.columns] for row in self.rows)]
        widths = [max(len(line[k]) for line in cells) for k in range(len(self.columns))]
        for line in cells:
            yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        yield ""
        yield from self.remarks


def short(x: float) -> str:
    """Three digits."""
    return f"{x:.3g}"


def banded(band: Band) -> str:
    """The estimate with its confidence band."""
    return f"{short(band.estimate)} {within(band.lower, band.upper)}"


def band_fields(name: str, band: Band) -> dict[str, str]:
    """The three numbers of a band, as strings that read back to the same floats."""
    return {f"{name} {end}": repr(getattr(band, end)) for end in ("lower", "estimate", "upper")}
