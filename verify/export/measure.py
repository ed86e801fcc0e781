"""Proofs that terms are measurable and that dominating terms dominate, read off the term."""

from __future__ import annotations

from collections.abc import Iterator

from bounds.terms import BINDERS, VECTOR_HEADS, Term, mk, norm, num, shift, subterms
from verify.export.development import Development
from verify.export.names import NAME
from verify.export.text import Scope, Unsupported, exponent_text, laurent, natural_power, random, split_difference
from verify.kernel.normal import as_exponent

BINARY = {"add": "m_add", "mul": "m_mul", "inner": "m_inner", "vadd": "mv_add", "scale": "mv_scale"}
UNARY = {"exp": "m_exp", "ln": "m_ln", "norm": "m_norm"}


def measurable(d: Development, x: Term, s: Term, scope: Scope) -> str:
    """A proof of ``Meas s (fun w => x)``, of ``MeasV`` for a vector; a term with a name has a lemma for it."""
    text = d.printer.term(x, scope)
    if d.below or not NAME.match(text.removeprefix("(")):
        return _measurable(d, x, s, scope)
    at, small = d.printer.time(s), d.restricted(scope, x, s)
    goal = f"{'MeasV' if x.head in VECTOR_HEADS else 'Meas'} {at} (fun w => {text})"
    return f"({d.kept(('measurable', goal), small, [], goal, lambda: f'exact {_measurable(d, x, s, small)}.')})"


def _measurable(d: Development, x: Term, s: Term, scope: Scope) -> str:
    head, a, at = x.head, x.args, d.printer.time(s)
    kind = "mv" if head in VECTOR_HEADS else "m"
    if head == "vvar" and isinstance(scope.get(a[0]), Term):
        raise Unsupported("a random vector variable under an expectation")
    if not random(x):
        return f"({kind}_const {at} _)"
    if head in ("add", "mul"):
        pair = split_difference(x)
        if pair is not None:
            return f"(m_sub {at} _ _ {measurable(d, pair[0], s, scope)} {measurable(d, pair[1], s, scope)})"
        out = measurable(d, a[0], s, scope)
        for y in a[1:]:
            out = f"({BINARY[head]} {at} _ _ {out} {measurable(d, y, s, scope)})"
        return out
    if head in BINARY:
        out = measurable(d, a[-1], s, scope)
        for y in reversed(a[:-1]):
            out = f"({BINARY[head]} {at} _ _ {measurable(d, y, s, scope)} {out})"
        return out
    if head in UNARY:
        return f"({UNARY[head]} {at} _ {measurable(d, a[0], s, scope)})"
    if head == "pow":
        rule = f"m_pow {at} _ {natural_power(a[1])}" if natural_power(a[1]) is not None else f"m_pw {at} _ _"
        return f"({rule} {measurable(d, a[0], s, scope)})"
    if head == "expo":
        value = laurent(a[0])
        return f"(m_const {at} _)" if value is None else measurable(d, value, s, scope)
    if head in ("proc", "vproc"):
        noise = a[0] == d.statement.noise
        level = 0 if noise else next(p.level for p in d.statement.processes if p.name == a[0])
        reason = f"proj1 {d.hypothesis['h_noise']}" if noise else d.hypothesis[f"a_{a[0]}"]
        known = f"({reason} {d.printer.time(a[1])})"
        known_at = d.printer.time(a[1]) if noise else f"({d.printer.time(a[1])} + {level})%Z"
        return f"({kind}_base {known_at} {at} _ {d.at_time(f'({known_at} <= {at})%Z', scope)} {known})"
    if head in ("app", "vapp"):
        return f"({kind}_app {at} _ _ {d.hypothesis[f'b_{a[0]}']} {measurable(d, a[1], s, scope)})"
    if head in ("E", "Ev"):
        r = d.printer.time(a[0])
        return f"({kind}_{head} {r} {at} _ {d.at_time(f'({r} <= {at})%Z', scope)})"
    if head in ("sum", "vsum"):
        var = a[0]
        inside = {**scope, var: "nat"}
        summand = f"(fun n_{var} w => {d.printer.term(a[2], inside)})"
        outside, d.below = d.below, {**d.below, var: d.printer.time(a[1])}
        each = f"(fun n_{var} L_{var} => let P_{var} := proj1 L_{var} in {measurable(d, a[2], s, inside)})"
        d.below = outside
        return f"({kind}_sum {at} {d.printer.time(a[1])} {summand} {each})"
    if head == "ind":
        left, right = (measurable(d, y, s, scope) for y in a[0].args)
        return f"(m_ind_{a[0].head} {at} _ _ {left} {right})"
    raise Unsupported(f"the measurability of {x!r}")


def random_variable(d: Development, x: Term, s: Term, scope: Scope) -> str:
    """A proof of ``random`` or ``randomV``: x is measurable at some time."""
    for r in dict.fromkeys([s, shift(s, 1), *_known_at(d, x)]):
        if d.fields.measurable(x, r):
            rule = "randomV_at" if x.head in VECTOR_HEADS else "random_at"
            return f"({rule} {d.printer.time(r)} (fun w => {d.printer.term(x, scope)}) {measurable(d, x, r, scope)})"
    raise Unsupported(f"a time at which {x!r} is known")


def _known_at(d: Development, x: Term) -> Iterator[Term]:
    """The times at which the parts of a term are known."""
    if x.head in ("proc", "vproc"):
        yield shift(x.args[1], d.fields.levels[x.args[0]])
    if x.head in BINDERS:
        yield x.args[1]
    for y in subterms(x):
        yield from _known_at(d, y)


def event(d: Development, facts: tuple[Term, ...], s: Term, scope: Scope) -> tuple[str, str]:
    """The event that facts hold, and the proof that it is F_s-measurable."""
    at = d.printer.time(s)
    if not facts:
        return "(fun w => True)", f"(mp_true {at})"
    texts, proofs = [], []
    for f in facts:
        texts.append(f"({d.printer.fact(f, scope)})")
        left, right = (measurable(d, x, s, scope) for x in f.args)
        proofs.append(f"(mp_{f.head} {at} _ _ {left} {right})")
    text, proof = texts[-1], proofs[-1]
    for t, p in zip(reversed(texts[:-1]), reversed(proofs[:-1]), strict=True):
        text, proof = f"({t} /\\ {text})", f"(mp_and {at} _ _ {p} {proof})"
    return f"(fun w => {text})", proof


def dominating(d: Development, x: Term, s: Term, scope: Scope) -> str:
    """A proof of ``Dominating xi alpha s (fun w => x)``."""
    try:
        return _dominating(d, x, s, scope)
    except Unsupported:
        y = _expanded(d, x, s)
        same = f"(fun w => {d.identity(x, y, scope)})"
        return f"(d_ext X_{d.statement.noise} p_alpha {d.printer.time(s)} _ _ {same} {_dominating(d, y, s, scope)})"


def _dominating(d: Development, x: Term, s: Term, scope: Scope) -> str:
    head = f"X_{d.statement.noise} p_alpha {d.printer.time(s)}"
    if d.fields.measurable(x, s):
        return f"(d_meas {head} _ {measurable(d, x, s, scope)})"
    noise = mk("vproc", d.statement.noise, shift(s, 1))
    r = d.printer.time(shift(s, 1))
    if x is norm(noise):
        after = d.at_time(f"{r} = ({d.printer.time(s)} + 1)%Z", scope)
        return f"(d_one {head} {r} {after} {d.exponent('1 <= p_alpha')})"
    if x.head == "pow" and x.args[0] is norm(noise) and natural_power(x.args[1]) is None:
        p, after = exponent_text(x.args[1]), d.at_time(f"{r} = ({d.printer.time(s)} + 1)%Z", scope)
        return f"(d_pw {head} {r} {p} {after} {d.exponent(f'0 <= {p} <= p_alpha')})"
    pair = split_difference(x)
    if pair is not None:
        if d.fields.measurable(pair[1], s):
            return f"(d_sub {head} _ _ {_dominating(d, pair[0], s, scope)} {measurable(d, pair[1], s, scope)})"
        raise Unsupported("a difference")
    if x.head == "add":
        out = _dominating(d, x.args[0], s, scope)
        for y in x.args[1:]:
            out = f"(d_add {head} _ _ {out} {_dominating(d, y, s, scope)})"
        return out
    if x.head == "mul":
        first = x.args[0] if len(x.args) == 2 else mk("mul", *x.args[:-1])
        last = x.args[-1]
        if d.fields.measurable(first, s):
            return f"(d_mul {head} _ _ {measurable(d, first, s, scope)} {_dominating(d, last, s, scope)})"
        if d.fields.measurable(last, s):
            return f"(d_mul_r {head} _ _ {_dominating(d, first, s, scope)} {measurable(d, last, s, scope)})"
    raise Unsupported(f"why {x!r} dominates")


def _expanded(d: Development, x: Term, s: Term) -> Term:
    """The normal form as a term: sums of products, the norm of the noise last."""
    noise = norm(mk("vproc", d.statement.noise, shift(s, 1)))
    ((((noise_atom, _),), _),) = d.normal.scalar(noise).items()
    out: Term | None = None
    for mono, c in d.normal.scalar(x).items():
        term, tail = num(c), None
        for atom, e in mono:
            base = d.normal.term(atom)
            factor = base if e == 1 else mk("pow", base, as_exponent(e))
            if atom == noise_atom:
                tail = factor
            else:
                term = mk("mul", term, factor)
        term = term if tail is None else mk("mul", term, tail)
        out = term if out is None else mk("add", out, term)
    return num(0) if out is None else out


__all__ = ["dominating", "event", "measurable", "random_variable"]
