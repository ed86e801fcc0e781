"""Mutants of facts, of steps and of statements: one constant, exponent, sign, time, direction, summand, hypothesis,
premise, argument or declaration changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from bounds.exponents import exponent
from bounds.statement import Proof, Statement, Step
from bounds.terms import Term, free_variables, mk, num, shift

Build = Callable[[Any], Term]
SWAPS = {"rho1": "rho2", "rho2": "rho1", "z1": "z2", "z2": "z1", "lam": "sigma", "L": "R", "kappa": "rho"}


def mutants(term: Term) -> Iterator[tuple[str, Term]]:
    """(what was changed, mutant) for every single change."""
    yield from _here(term)
    for k, arg in enumerate(term.args):
        if isinstance(arg, Term) and term.head != "n" and arg.head != "time":
            for what, new in mutants(arg):
                yield what, mk(term.head, *term.args[:k], new, *term.args[k + 1 :])
        elif isinstance(arg, tuple) and term.head == "all" and k == 1:
            for j, premise in enumerate(arg):
                for what, new in mutants(premise):
                    yield f"premise: {what}", mk("all", term.args[0], (*arg[:j], new, *arg[j + 1 :]), term.args[2])
                yield "premise dropped", mk("all", term.args[0], (*arg[:j], *arg[j + 1 :]), term.args[2])


def _here(term: Term) -> Iterator[tuple[str, Term]]:
    head, a = term.head, term.args
    if head == "q":
        yield "constant + 1/100", num(a[0] + Fraction(1, 100))
        yield "constant - 1/100", num(a[0] - Fraction(1, 100))
        if a[0]:
            yield "constant negated", num(-a[0])
    elif head == "pow":
        for step in (Fraction(1, 10), Fraction(-1, 10)):
            yield f"exponent plus {step}", mk("pow", a[0], a[1] + exponent([step]))
        yield "exponent negated", mk("pow", a[0], -a[1])
    elif head in ("add", "vadd") and len(a) == 2:
        yield "first summand dropped", a[1]
        yield "second summand dropped", a[0]
    elif head == "mul":
        yield "factor doubled", mk("mul", num(2), term)
    elif head in ("le", "lt"):
        yield "direction reversed", mk(head, a[1], a[0])
        if head == "le":
            yield "made strict", mk("lt", *a)
    elif head in ("proc", "vproc"):
        yield "one step later", mk(head, a[0], shift(a[1], 1))
    elif head == "n" and a[0].args[1]:
        yield "integer one more", mk("n", shift(a[0], 1))
        yield "integer one less", mk("n", shift(a[0], -1))
    elif head in ("sum", "vsum"):
        yield "one term more", mk(head, a[0], shift(a[1], 1), a[2])
        yield "one term less", mk(head, a[0], shift(a[1], -1), a[2])
    elif head in ("E", "Ev"):
        yield "larger sigma-field", mk(head, shift(a[0], 1), a[1])
    elif head == "all" and any(isinstance(sort, Term) for _, sort in a[0]):
        later = tuple((v, shift(sort, 1) if isinstance(sort, Term) else sort) for v, sort in a[0])
        yield "predictability dropped", mk("all", later, a[1], a[2])
    elif head == "par" and a[0] in SWAPS:
        yield f"{a[0]} becomes {SWAPS[a[0]]}", mk("par", SWAPS[a[0]])


@dataclass(frozen=True)
class Mutant:
    """Step ``at`` of a proof, changed; ``kind`` groups the report."""

    at: int
    kind: str
    what: str
    step: Step


def step_mutants(proof: Proof, k: int) -> Iterator[Mutant]:
    """Every single change of one step."""
    step = proof.steps[k]
    if step.rule != "assume":  # an assumption may be anything: it stays visible as a hypothesis
        for what, concl in mutants(step.concl):
            yield Mutant(k, "conclusion", what, replace(step, concl=concl))
    for j in range(len(step.hyps)):
        yield Mutant(k, "hypothesis", "dropped", replace(step, hyps=(*step.hyps[:j], *step.hyps[j + 1 :])))
    yield from _premises(proof, k, step)
    yield from _arguments(k, step)


def _premises(proof: Proof, k: int, step: Step) -> Iterator[Mutant]:
    prem = step.prem
    for j, p in enumerate(prem):
        yield Mutant(k, "premise", "dropped", replace(step, prem=(*prem[:j], *prem[j + 1 :])))
        for other, what in ((k, "the step itself"), (k + 1, "a later step"), ((p * 7 + 3) % k, "another step")):
            yield Mutant(k, "premise", f"replaced by {what}", replace(step, prem=(*prem[:j], other, *prem[j + 1 :])))
        if j:
            swapped = (*prem[: j - 1], p, prem[j - 1], *prem[j + 1 :])
            yield Mutant(k, "premise", "exchanged with the one before", replace(step, prem=swapped))


OTHER_RULE = {
    "given": "assume", "intro": "elim", "elim": "intro", "cases": "induct", "induct": "induct_strong",
    "conj": "pick", "pick": "conj", "combine": "assume", "cauchy_schwarz": "exp_tangent", "pow_mono": "exp_mono",
    "exp_mono": "pow_mono", "E_mono": "combine", "ville": "whp", "whp": "conj", "sum_step": "sum_zero",
    "sum_zero": "sum_step", "pow_pos": "ind_one", "ind_one": "pow_pos", "exp_tangent": "cauchy_schwarz",
    "absurd": "assume", "amgm": "pow_split", "exp_add": "pow_split",
}  # fmt: skip


def _arguments(k: int, step: Step) -> Iterator[Mutant]:
    args = step.args
    if step.rule in OTHER_RULE:
        yield Mutant(
            k,
            "rule",
            f"{step.rule} becomes {OTHER_RULE[step.rule]}",
            replace(step, rule=OTHER_RULE[step.rule], args={}),
        )
    for name, value in args.items():
        for what, new in _changed(name, value):
            yield Mutant(k, "argument", f"{name}: {what}", replace(step, args={**args, name: new}))


def _changed(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Term):
        if value.head == "time":
            yield "one later", shift(value, 1)
        else:
            yield from mutants(value)
    elif name == "theta":
        yield "plus 1/10", value + exponent([Fraction(1, 10)])
    elif name == "items":
        yield from _rows(value, 1, 2)
    elif name == "squares":
        yield from _rows(value, 0, 2)
    elif name == "scale" and value is not None:
        yield "dropped", None
        for what, new in mutants(value[0]):
            yield what, (new, value[1])
        if value[1] is not None:
            yield "sign premise dropped", (value[0], None)
    elif name == "parts":
        yield from _rows(value, 0, None)
    elif name == "sub":
        for j, (v, x) in enumerate(value):
            new = shift(x, 1) if x.head == "time" else num(2) * x
            yield f"{v} changed", (*value[:j], (v, new), *value[j + 1 :])


def _rows(rows: tuple[Any, ...], term: int, sign: int | None) -> Iterator[tuple[str, Any]]:
    """Rows of arguments: one dropped, its term changed, its sign premise left out."""
    for j, row in enumerate(rows):
        yield "row dropped", (*rows[:j], *rows[j + 1 :])
        for what, new in mutants(row[term]):
            yield what, (*rows[:j], (*row[:term], new, *row[term + 1 :]), *rows[j + 1 :])
        yield "negated", (*rows[:j], (*row[:term], num(-1) * row[term], *row[term + 1 :]), *rows[j + 1 :])
        if sign is not None and row[sign] is not None:
            yield "sign premise dropped", (*rows[:j], (*row[:sign], None), *rows[j + 1 :])


def statement_mutants(st: Statement) -> Iterator[tuple[str, str, Statement]]:
    """(part, what was changed, mutant) for every single change of a statement."""
    for group in ("definitions", "assumptions", "conditions"):
        facts = getattr(st, group)
        for name, fact in facts.items():
            yield name, "dropped", replace(st, **{group: {k: f for k, f in facts.items() if k != name}})
            for what, new in mutants(fact):
                if free_variables(new) <= set(st.integers):
                    yield name, what, replace(st, **{group: {**facts, name: new}})
    for what, new in mutants(st.conclusion):
        yield "conclusion", what, replace(st, conclusion=new, bound=_bound(st, new))
    for k, p in enumerate(st.processes):
        for what, new in mutants(p.step):
            yield p.name, f"step: {what}", _with_process(st, k, step=new)
        yield p.name, "known one step earlier", _with_process(st, k, level=p.level - 1)
        yield p.name, "starts one step later", _with_process(st, k, start=p.start + 1)


def _bound(st: Statement, conclusion: Term) -> Term | None:
    """The right-hand side of the last claim, as the statement has to name it."""
    if st.bound is None or conclusion.head != "whp" or conclusion.args[1].head != "and":
        return None
    last = conclusion.args[1].args[-1]
    return last.args[1] if last.head == "le" else None


def _with_process(st: Statement, k: int, **changes: Any) -> Statement:
    return replace(st, processes=(*st.processes[:k], replace(st.processes[k], **changes), *st.processes[k + 1 :]))
