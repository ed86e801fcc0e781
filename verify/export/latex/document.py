"""A theorem and its proof as a LaTeX fragment, and a document that holds several of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import bounds
from bounds.ledger import LEDGER
from bounds.statement import Process, Statement
from bounds.terms import Term, par
from verify.export.latex.constants import repeated
from verify.export.latex.formula import Formula
from verify.export.latex.letters import letter
from verify.export.latex.lines import shown
from verify.export.latex.outline import outline
from verify.export.latex.proof import ProofWriter, tag
from verify.export.latex.prose import plain, prose
from verify.export.latex.sections import group
from verify.kernel.replay import Replay

SIGNS = {"pos": "> 0", "nonneg": r"\ge 0", "real": r"\in\mathbb{R}"}
PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage[a4paper,margin=26mm]{geometry}
\usepackage{amsmath,amssymb,amsthm}
\usepackage[hidelinks]{hyperref}
\theoremstyle{definition}
\newtheorem{theorem}{Theorem}
\theoremstyle{plain}
\newtheorem{lemma}{Lemma}
\numberwithin{lemma}{section}
\numberwithin{equation}{section}
\allowdisplaybreaks
\emergencystretch=3em
\setcounter{tocdepth}{1}
"""


def fragment(replay: Replay) -> str:
    """The theorem and its proof, to be \\input; needs amsmath, amssymb, amsthm and theorem environments."""
    st = bounds.theorem(replay.statement.id, replay.statement.variant)
    key = f"{st.id}:{st.variant}"
    formula = Formula(st)
    proof, root = outline(st.id, st.variant)
    writer = ProofWriter(group(proof, root), formula, key)
    stated = _theorem(st, formula, key)
    formula.shorts += repeated(proof, formula.shorts)
    lemmas, main = writer.lemmas(), writer.main()
    more = notation(formula, "In the proof we also write", formula.announced)
    head = (
        f"% {st.id} ({st.variant}); {replay.n_steps} steps; certificate sha256 {replay.sha256}\n"
        "% needs amsmath, amssymb, amsthm and \\newtheorem for theorem and lemma\n"
    )
    return "\n".join((head + stated, _about(replay), more, *lemmas, _end(main, key)))


def document(fragments: Iterable[tuple[str, str]]) -> str:
    """A complete document from pairs (title of the section, fragment)."""
    parts = [f"\\clearpage\n\\section{{{title}}}\n{text}" for title, text in fragments]
    ledger = "\n".join(
        rf"\item[\textsf{{{name}}}] {prose(entry.name)}. {prose(entry.statement)} \emph{{{plain(entry.reference)}}}"
        for name, entry in LEDGER.items()
    )
    cited = f"\\clearpage\n\\section*{{Cited results}}\n\\begin{{description}}\n{ledger}\n\\end{{description}}"
    body = "\n".join(parts)
    return f"{PREAMBLE}\\begin{{document}}\n\\tableofcontents\n{body}\n{cited}\n\\end{{document}}\n"


def _theorem(st: Statement, formula: Formula, key: str) -> str:
    """Setting, method, assumptions, conditions, conclusion."""
    free = ", ".join(f"${letter(k)}$" for k in st.free_parameters)
    chosen = f" The numbers {free} may be chosen freely." if free else ""
    body = [
        *(recursion(p, formula) for p in st.processes),
        _facts("Definitions.", _definitions(st, formula), formula),
        _facts("Assume that", st.assumptions, formula),
        _facts("Assume further the conditions", st.conditions, formula),
        f"Then\n{_conclusion(st.conclusion, formula)}",
    ]
    parts = [
        f"\\begin{{theorem}}[{prose(st.title)}]\\label{{{key}}}",
        _objects(st, formula) + chosen,
        notation(formula, "Write", {}),
        *body,
        "\\end{theorem}",
    ]
    return "\n".join(filter(None, parts))


def notation(formula: Formula, words: str, known: Mapping[str, object]) -> str:
    """The short names used so far, except the known ones; those that occur in definitions are explained too."""
    lines: list[str] = []
    formula.announced = dict(known)
    while new := [s for k, s in formula.used.items() if k not in formula.announced]:
        formula.announced[new[0].latex] = new[0]
        lines.append(formula.definition(new[0]))
    lines.sort(key=lambda line: (line.startswith(("\\[", "{")), [int(x) for x in re.findall(r"_\{(\d+)", line)][:1]))
    return f"{words} {', '.join(lines)}." if lines else ""


def _objects(st: Statement, formula: Formula) -> str:
    numbers = [f"${letter(k)}\\ge {low}$ ({prose(meaning)})" for k, (low, meaning) in st.integers.items()]
    numbers += [
        f"{sign(k, st, formula)} ({prose(p.meaning)})" for k, p in st.parameters.items() if k not in formula.inlined
    ]
    also = [sign(k, st, formula) for k in st.parameters if k in formula.inlined]
    numbers += [f"such that {', '.join(also)}"] * bool(also)
    others = [f"${letter(k)}$ ({prose(meaning)})" for k, meaning in st.vectors.items()]
    others += [f"${formula.function(k)}$ ({prose(meaning)})" for k, (_, meaning) in st.functions.items()]
    noise = letter(st.noise)
    return (
        f"Let {', '.join(numbers)}. Let {', '.join(others)}. Let ${noise}_t$ be the noise, "
        "$\\mathcal{F}_t$-measurable with finite "
        f"$\\mathbb{{E}}[\\|{noise}_t\\|^\\alpha\\mid\\mathcal{{F}}_{{t-1}}]$."
    )


def sign(name: str, st: Statement, formula: Formula) -> str:
    """A parameter with its sign, which is a hypothesis; also of one that is written as the number that it names."""
    return f"${formula.inline(par(name))} {SIGNS[st.parameters[name].sign]}$"


def recursion(p: Process, formula: Formula) -> str:
    stem, power = letter(p.name.removesuffix("_sq")), "^2" if p.name.endswith("_sq") else ""
    left = f"{stem}_{{t}}{power}"
    step = f"\\[\n{left} = {formula.display(p.step)} \\qquad (t \\ge {p.start})\n\\]"
    if p.base is None:
        return f"The process ({prose(p.meaning)}):\n{step}"
    return f"The process ({prose(p.meaning)}): ${left} = {formula.inline(p.base)}$ for $t < {p.start}$, and\n{step}"


def _definitions(st: Statement, formula: Formula) -> dict[str, Term]:
    """Those that are not already used by writing the number for its name."""
    return {k: f for k, f in st.definitions.items() if f.head != "eq" or f.args[0].args[0] not in formula.inlined}


def _facts(head: str, facts: object, formula: Formula) -> str:
    if not facts:
        return ""
    lines = [
        shown(formula.display(f), tag=f" \\tag*{{{tag(k)}}}")
        for k, f in facts.items()  # type: ignore[attr-defined]
    ]
    return head + "\n" + "\n".join(lines)


def _conclusion(fact: Term, formula: Formula) -> str:
    """With high probability, all of several facts: one display each."""
    if fact.head == "whp" and fact.args[1].head == "and":
        lines = "\n".join(shown(formula.display(f)) for f in fact.args[1].args)
        return f"with probability at least $1 - {formula.inline(fact.args[0])}$, all of the following hold:\n{lines}"
    if fact.head == "whp":
        inside = shown(formula.display(fact.args[1]))
        return f"with probability at least $1 - {formula.inline(fact.args[0])}$\n{inside}"
    parts = fact.args if fact.head == "and" else (fact,)
    return "\n".join(shown(formula.display(f)) for f in parts)


def _about(replay: Replay) -> str:
    cited = ", ".join(LEDGER[a].name for a in replay.axioms) or "no cited result"
    return (
        f"\\noindent The proof below was checked step by step by machine ({replay.n_steps} steps). It rests on the "
        f"facts above and on: {prose(cited)}. Lines that only restate a sign are left out. "
        "``From $m\\,\\times$(a) and (b)'' "
        "means: add $m$ times (a) and (b), and expand; $m\\ge 0$ unless (a) is an equation.\n"
    )


def _end(main: str, key: str) -> str:
    return f"\\begin{{proof}}[Proof of Theorem~\\ref{{{key}}}]\n{main}\n\\end{{proof}}\n"
