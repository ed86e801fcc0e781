"""Figures of curves with bands, as PDF, SVG or PNG; the same bytes for the same curves.

matplotlib is an optional extra and is loaded only here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUFFIXES = (".pdf", ".svg", ".png")
SETTINGS: Any = {"svg.hashsalt": "tailcert", "svg.fonttype": "none", "pdf.fonttype": 42, "font.size": 8.0}
METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".svg": {"Date": None},
    ".png": {"Software": None},
}
COLUMNS, WIDTH, HEIGHT = 3, 4.0, 3.0  # inches of a panel


class NoPlot(ValueError):
    """The figure cannot be drawn; the message says what to do."""


@dataclass(frozen=True)
class Curve:
    """``y`` against ``x``, both [points]; ``low`` <= y <= ``high`` is drawn as a band if given."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes; ``scales`` of x and y are "linear", "log" or "symlog"."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    scales: tuple[str, str] = ("log", "log")


def check(path: Path) -> None:
    """``NoPlot`` unless the suffix is known and matplotlib is there: asked before any work is done."""
    if path.suffix not in SUFFIXES:
        raise NoPlot(f"expected a file name ending in {', '.join(SUFFIXES)}, got {path.name!r}; try figure.pdf")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise NoPlot("matplotlib is not installed; try pip install 'tailcert[plot]', or leave --plot out") from None


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Write the figure; ``NoPlot`` as in ``check``, OSError if the file cannot be written."""
    check(path)
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, panel in zip(axes, panels, strict=False):
            _panel(ax, panel)
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        figure.savefig(path, metadata=METADATA[path.suffix])


def _panel(ax: Any, panel: Panel) -> None:
    for k, curve in enumerate(panel.curves):
        colour = f"C{k % 10}"
        finite = [i for i, y in enumerate(curve.y) if math.isfinite(y)]
        x, y = ([side[i] for i in finite] for side in (curve.x, curve.y))
        ax.plot(x, y, color=colour, label=curve.label, linewidth=1.0, linestyle="--" if curve.dashed else "-")
        if curve.low and curve.high:
            kept = [i for i in finite if math.isfinite(curve.low[i]) and math.isfinite(curve.high[i])]
            low, high = ([side[i] for i in kept] for side in (curve.low, curve.high))
            ax.fill_between([curve.x[i] for i in kept], low, high, color=colour, alpha=0.2, linewidth=0)
    ax.set_xscale(panel.scales[0])
    ax.set_yscale(panel.scales[1])
    ax.set_title(panel.title)
    ax.set_xlabel(panel.x)
    ax.set_ylabel(panel.y)
    ax.legend(fontsize=6)


def curves_json(panels: Sequence[Panel]) -> list[Mapping[str, Any]]:
    """Every point that is drawn, numbers as strings that read back to the same floats."""

    def written(values: Sequence[float]) -> list[str]:
        return [repr(v) for v in values]

    return [
        {
            "title": p.title,
            "x": p.x,
            "y": p.y,
            "curves": [
                {"label": c.label, **{k: written(getattr(c, k)) for k in ("x", "y", "low", "high") if getattr(c, k)}}
                for c in p.curves
            ],
        }
        for p in panels
    ]
