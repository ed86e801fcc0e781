"""The record of ``bound-check`` as one HTML page: no scripts, no external files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from html import escape
from typing import Any

from verify.decimals import decimal
from verify.report.text import HEAD, METRICS, SHOWN, numbers, row, summary

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
table { border-collapse: collapse; margin: .7rem 0 } td, th { padding: .2rem .7rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr:nth-child(even) { background: #f4f4f4 }
.HOLDS, .PROVED, .SUPPORTED { color: #14692b } .REFUTED, .VIOLATED { color: #a11 }
.UNDECIDED, .INCONCLUSIVE { color: #8a5a00 }
pre { background: #f4f4f4; padding: .8rem; overflow: auto } svg text { font: 11px system-ui }
"""
WIDTH, LABEL, BAR = 900, 420, 16


def page(record: Mapping[str, Any]) -> str:
    """The whole page."""
    asked = ", ".join(f"{name} = {value}" for name, value in numbers(record))
    parts = [
        f"<h1>bound-check: {_status(record['verdict'])}</h1><p>{escape(asked)}</p>",
        *(_theorem(t) for t in record["theorems"]),
        "".join(f"<p>{escape(line)}</p>" for line in summary(record)),
        f"<h2>Record</h2><pre>{escape(json.dumps(record, sort_keys=True, indent=1))}</pre>",
    ]
    head = f'<meta charset="utf-8"><title>tailcert: {escape(record["verdict"])}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _status(word: str) -> str:
    return f'<span class="{escape(word)}">{escape(word)}</span>'


def _theorem(t: Mapping[str, Any]) -> str:
    proof, tried = t["proof"], [a for a in t["attacks"] if a["runs"]]
    out = [f"<h2>{escape(t['id'])} ({escape(t['variant'])})</h2>"]
    axioms = escape(", ".join(proof["axioms"]) or "none")
    out.append(f"<p>Proof: {_status(proof['status'])}, {proof['n_steps']} steps; cited axioms: {axioms}.</p>")
    if t["bound"] is not None:
        upper, trivial = (decimal(Fraction(t[k]["upper"])) for k in ("bound", "trivial_bound"))
        mark = " <b>VACUOUS</b>" if t["vacuous"] else ""
        metric = escape(METRICS[t["metric"]])
        out.append(f"<p>Certified bound of {metric}: <b>{upper}</b>, trivial bound {trivial}.{mark}</p>")
        chosen = ((k, decimal(Fraction(t["parameters"][k]), 4)) for k in SHOWN if k in t["parameters"])
        out.append(f"<p>{escape(', '.join(f'{k} = {v}' for k, v in chosen))}</p>")
    if t["note"]:
        out.append(f"<p>{escape(t['note'])}</p>")
    if tried:
        body = "".join(_cells(row(a), "td") for a in tried)
        out.append(f"<table>{_cells(HEAD, 'th')}{body}</table>{_bars(t, tried)}")
    return "".join(out)


def _cells(cells: Iterable[str], tag: str) -> str:
    inside = (
        f'<{tag} class="{escape(c)}">{escape(c)}</{tag}>' if c.isupper() else f"<{tag}>{escape(c)}</{tag}>"
        for c in cells
    )
    return f"<tr>{''.join(inside)}</tr>"


def _bars(t: Mapping[str, Any], tried: list[Mapping[str, Any]]) -> str:
    """The quantiles with (grey) and without (red) clipping against the bound (the vertical line), on a log axis."""
    bound = float(Fraction(t["bound"]["upper"]))
    seen = [x for a in tried for x, _ in _estimates(a)]
    finite = [x for x in (*seen, bound) if 0 < x < math.inf]
    low, high = math.log(min(finite)) - 0.3, math.log(max(finite)) + 0.1

    def at(x: float) -> float:
        inside = min(max(math.log(x) if 0 < x < math.inf else (high if x > 0 else low), low), high)
        return LABEL + (WIDTH - LABEL) * (inside - low) / (high - low)

    marks = []
    for k, a in enumerate(tried):
        y = k * BAR + BAR
        marks.append(
            f'<text x="{LABEL - 8}" y="{y}" text-anchor="end">{escape(a["problem"] + " + " + a["noise"])}</text>'
        )
        for x, colour in _estimates(a):
            marks.append(f'<circle cx="{at(x):.1f}" cy="{y - 4}" r="4" fill="{colour}"/>')
    height = (len(tried) + 2) * BAR
    line = f'<line x1="{at(bound):.1f}" x2="{at(bound):.1f}" y1="0" y2="{height - BAR}" stroke="#14692b"/>'
    caption = (
        f'<text x="{LABEL}" y="{height - 2}">quantiles, log scale: clipped grey, unclipped red, bound green</text>'
    )
    return f'<svg width="{WIDTH + 10}" height="{height}" role="img">{"".join(marks)}{line}{caption}</svg>'


def _estimates(a: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """The quantiles of an attack and the colours of their marks."""
    yield float(a["quantile"]["estimate"]), "#555"
    if a["unclipped"] is not None:
        yield float(a["unclipped"]["quantile"]["estimate"]), "#c33"
