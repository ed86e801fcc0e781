"""The record of ``bound-check`` as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import bounds
from verify.decimals import decimal, plain, within

SHOWN = ("gamma", "lam", "eta", "b0", "kappa", "rho", "tau", "q", "chi", "phi")
NUMBERS = ("alpha", "delta", "steps", "L", "R", "Delta", "sigma", "b0", "beta1", "beta2", "eta", "delay", "dim", "seed")
OPTIONS = {"N": "steps", "d": "delay"}  # letters of the statements that have another name there
METRICS = {"gap": "f(xbar) - f*", "grad_sq": "mean of ||grad f(x_t)||^2"}
HEAD = ("problem + noise", "exceeded", "rate <=", "status", "quantile [99% band]", "tightness", "unclipped", "exceeded")


def lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The whole report, line by line."""
    yield ", ".join(f"{name} {value}" for name, value in numbers(record))
    for theorem in record["theorems"]:
        yield ""
        yield from _theorem(theorem, record)
    yield ""
    yield from summary(record)
    vacuous = [t["id"] for t in record["theorems"] if t["bound"] is not None and t["vacuous"]]
    if vacuous:
        yield f"VACUOUS, true but no news: {', '.join(vacuous)}"
    yield f"verdict: {record['verdict']}"


def numbers(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What was asked, less what none of the theorems speaks about; the dimension and the seed are the attacks'."""
    statements = [bounds.theorem(t["id"], t["variant"]) for t in record["theorems"]]
    used = {OPTIONS.get(name, name) for s in statements for name in (*s.integers, *s.parameters)}
    if record["statistics"] is not None:
        used |= {"dim", "seed"}
    return [(name, record[name]) for name in NUMBERS if name in used]


def _theorem(t: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[str]:
    proof = t["proof"]
    yield f"{t['id']} ({t['variant']})"
    cited = ", ".join(proof["axioms"]) or "none"
    reason = f" at {proof['reason']}" if "reason" in proof else f" in {proof['n_steps']} steps; cited axioms: {cited}"
    yield f"  proof  {proof['status']}{reason}"
    if t["bound"] is not None:
        bound, trivial = (decimal(Fraction(t[k]["upper"])) for k in ("bound", "trivial_bound"))
        mark = "  VACUOUS" if t["vacuous"] else ""
        sure = confidence(Fraction(record["delta"]))
        yield f"  bound  {METRICS[t['metric']]} <= {bound} with probability >= {sure}; trivial bound {trivial}{mark}"
        shown = ((k, decimal(Fraction(t["parameters"][k]), 4)) for k in SHOWN if k in t["parameters"])
        yield "  about  " + ", ".join(f"{k} {value}" for k, value in shown)
    if t["note"]:
        yield f"  note   {t['note']}"
    tried = [a for a in t["attacks"] if a["runs"]]
    if tried:
        yield from table([HEAD, *(row(a) for a in tried)])


def confidence(delta: Fraction) -> str:
    """1 - delta, as a difference where its digits would not show it.

    >>> confidence(Fraction("0.01")), confidence(Fraction("1e-6"))
    ('0.99', '1 - 1e-6')
    """
    sure = decimal(1 - delta, up=False)
    return sure if Fraction(sure) == 1 - delta else f"1 - {plain(delta)}"


def row(a: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"{a['problem']} + {a['noise']}",
        f"{a['violations']}/{a['runs']}",
        decimal(Fraction(a["violation_rate_upper"]), 2),
        a["status"],
        band_text(a["quantile"]),
        "-" if a["tightness"] is None else short(a["tightness"]),
        *_twin(a["unclipped"]),
    )


def _twin(t: Mapping[str, Any] | None) -> tuple[str, str]:
    return ("-", "-") if t is None else (short(t["quantile"]["estimate"]), f"{t['violations']}/{t['runs']}")


def short(x: str) -> str:
    """Three digits."""
    return f"{float(x):.3g}"


def band_text(b: Mapping[str, str]) -> str:
    """Estimate and band."""
    return f"{short(b['estimate'])} {within(b['lower'], b['upper'])}"


def table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Columns of equal width, the first one left-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(["", row[0].ljust(widths[0]), *cells[1:]])


def summary(record: Mapping[str, Any]) -> Iterator[str]:
    s = record["statistics"]
    if s is None:
        return
    if s["sequential"]:
        limits = f"each stopped when decided; VIOLATED from {s['violated_from']} in all of them"
        yield f"{s['attacks']} attacks of at most {s['runs']} runs, {limits}"
    else:
        few = s["supported_up_to"] < 0
        limits = "too few for SUPPORTED" if few else f"SUPPORTED up to {s['supported_up_to']} exceedances"
        yield f"{s['attacks']} attacks of {s['runs']} runs: {limits}, VIOLATED from {s['violated_from']}"
    attacks = [a for t in record["theorems"] for a in t["attacks"]]
    mean, away = (max(Fraction(a[f"noise_{name}_upper"]) for a in attacks) for name in ("mean", "distance"))
    yield f"noise: every law as drawn has E||xi||^alpha <= sigma^alpha and ||E xi|| <= {decimal(mean, 2)}, certified;"
    yield f"       all steps together are within {decimal(away, 2)} of noise of the class, counted in every status"
    yield f"level: all statuses together are right with probability >= 1 - {record['level']}"
    yield f"power: a true exceedance rate of {s['power_rate']} comes out VIOLATED with probability >= {s['power']}"
    yield "quantile: of order 1 - delta; tightness: bound / quantile; unclipped: the same method without its clip"
