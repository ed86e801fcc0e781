"""A table as LaTeX, for booktabs and siunitx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verify.decimals import plain
from verify.tables.numbers import count, parts
from verify.tables.record import (
    FORGETTING,
    MISSING,
    Panel,
    any_missing,
    any_vacuous,
    called,
    headline,
    nonconvex,
    panels,
    relevant,
    rows,
    setting,
    trivial,
)


def latex(record: Mapping[str, Any]) -> str:
    r"""One ``table`` for each theorem, to be ``\input``; needs booktabs and siunitx."""
    head = [f"% {headline(record, 'latex')}", r"% Needs \usepackage{booktabs,siunitx}. Bounds are rounded up."]
    return "\n".join(head + [line for panel in panels(record) for line in ("", *_one(record, panel))]) + "\n"


def _one(record: Mapping[str, Any], panel: Panel) -> Iterator[str]:
    steps, body = record["grid"]["N"], list(rows(record, panel))
    columns = [_column([row[k]["bound"] for _, _, row in body]) for k in range(len(steps))]
    yield from (
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_caption(record, panel)}}}",
        rf"\label{{tab:{label(panel)}}}",
    )
    yield rf"\begin{{tabular}}{{ll{''.join(columns)}}}"
    yield r"\toprule"
    yield " & ".join([r"$\alpha$", r"$\delta$", *(f"{{$N = {_math(count(n))}$}}" for n in steps)]) + r" \\"
    yield r"\midrule"
    for k, (alpha, delta, row) in enumerate(body):
        first = k == 0 or body[k - 1][0] != alpha
        if first and k:
            yield r"\addlinespace"
        cells = [f"${_math(alpha)}$" if first else "", f"${_math(delta)}$", *map(_cell, row)]
        yield " & ".join(cells) + r" \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield from (rf"\par\smallskip\footnotesize {note}" for note in _notes(record, panel))
    yield r"\end{table}"


def _cell(cell: Mapping[str, Any]) -> str:
    if cell["certificate"] is None:
        return f"{{{MISSING}}}"
    return cell["bound"] + (r" {\rlap{$^{\dagger}$}}" if cell["vacuous"] else "")


def label(panel: Panel) -> str:
    """The end of the LaTeX label of a table."""
    return called(panel).replace(", ", "-").replace(" ", "-")


def _caption(record: Mapping[str, Any], panel: Panel) -> str:
    theorem, beta1, delay = panel
    names = {"sigma": r"\sigma", "b0": "b_0", "eta": r"\eta", "Delta": r"\Delta", "beta2": r"\beta_2"}
    weight = r"L\gamma^2/\Delta" if nonconvex(theorem) else r"(\gamma/R)^2"
    words = {"reweighted": weight, FORGETTING: "1 - 1/N"}
    numbers = {k: setting(record, panel, k) for k in relevant(record, panel)}
    shown = [
        r"$b_0$ as in \texttt{constants.tex}" if x == "matched" else f"${names.get(k, k)} = {words.get(x, _math(x))}$"
        for k, x in numbers.items()
    ]
    shown += [rf"$\beta_1 = {_math(beta1)}$"] * (beta1 != "0") + [rf"delay ${delay}$"] * (delay != 1)
    metric = r"the mean of $\|\nabla f(x_t)\|^2$" if nonconvex(theorem) else r"$f(\bar x) - f^*$"
    what = rf"\texttt{{{theorem}}}: certified bounds of {metric} that hold with probability at least $1-\delta$"
    return f"{what}, rounded up; {', '.join(shown)}."


def _notes(record: Mapping[str, Any], panel: Panel) -> Iterator[str]:
    trivially = r"2L\Delta" if nonconvex(panel[0]) else "LR^2/2"
    if any_vacuous(record, panel):
        value = _math(plain(trivial(record, panel[0])))
        yield rf"$^{{\dagger}}$ Above $9/10$ of the trivial bound ${trivially} = {value}$."
    if any_missing(record, panel):
        yield f"{MISSING}: no certified bound."


def _column(entries: Sequence[str]) -> str:
    """A siunitx column that is wide enough for every entry."""
    numbers = [parts(x) for x in entries if x != MISSING]
    if not numbers:
        return "c"
    whole, places = (max(len(p[k]) for p in numbers) for k in (0, 1))  # type: ignore[arg-type]
    exponents = [str(p[2]) for p in numbers if p[2]]
    power = ""
    if exponents:
        width = max(len(e.lstrip("-")) for e in exponents)
        power = "e" + "-" * any(e.startswith("-") for e in exponents) + str(width)
    return f"S[table-format={whole}.{places}{power}]"


def _math(text: str) -> str:
    """A number in math mode: 1e-6 is 10^{-6}, 25e3 is 25 x 10^3, anything else stands as it is."""
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    return f"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa}\cdot 10^{{{exponent}}}"
