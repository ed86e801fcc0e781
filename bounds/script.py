"""Writing proofs: a script appends steps and computes what each rule is expected to conclude.

Nothing here is trusted: the kernel replays every step.  A ``Line`` is a handle to a step.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bounds.exponents import Exponent, fixed
from bounds.statement import Proof, Statement, Step
from bounds.terms import (
    Term,
    both,
    eq,
    expect,
    forall,
    free_variables,
    ind,
    inner,
    is_vector,
    le,
    lt,
    mk,
    n,
    norm,
    num,
    shift,
    substitute,
    time,
    total,
    veq,
    whp,
)


@dataclass(frozen=True, eq=False)
class Line:
    """A step of a script: its number and its sequent.  A script has one of each; compare with ``is``."""

    at: int
    hyps: tuple[Term, ...]
    fact: Term


Item = tuple[Any, ...]  # (line, multiplier) or (line, multiplier, line that gives the multiplier's sign)


class Script:
    """An append-only list of steps for one statement."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._steps: list[Step] = []
        self._lines: dict[Any, Line] = {}
        self._signs: dict[Term, Line] = {}
        self.lemmas: dict[Any, Any] = {}  # of ``once``

    def proof(self) -> Proof:
        return Proof(self.statement, tuple(self._steps))

    def _add(
        self,
        rule: str,
        fact: Term,
        prem: Sequence[Line] = (),
        drop: Sequence[Term] = (),
        hyps: Sequence[Term] = (),
        **args: Any,
    ) -> Line:
        """Append a step whose hypotheses are those of its premises, less ``drop``, plus ``hyps``."""
        seen = dict.fromkeys(hyps)
        for p in prem:
            seen.update(dict.fromkeys(h for h in p.hyps if h not in drop) if drop else dict.fromkeys(p.hyps))
        found, at = tuple(seen), tuple(p.at for p in prem)
        key = (rule, fact, found, at, tuple(args.items()))
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(len(self._steps), found, fact)
            self._steps.append(Step(rule, fact, found, at, args))
        return line

    # --- logic ---

    def given(self, name: str) -> Line:
        fact = self.statement.given(name)
        if fact is None:
            raise KeyError(f"the statement gives no fact named {name!r}")
        return self._add("given", fact, name=name)

    def assume(self, fact: Term) -> Line:
        return self._add("assume", fact, hyps=(fact,))

    def define(self, name: str, s: Term, case: str = "step", where: Line | None = None) -> Line:
        """The defining equation of a process at time s; ``where`` proves from <= s (or s + 1 <= from)."""
        p = next(q for q in self.statement.processes if q.name == name)
        value = substitute(p.step, {"t": s}) if case == "step" else p.base
        if value is None:
            raise ValueError(f"process {name} has no base value")
        atom = mk("vproc" if p.sort == "vector" else "proc", name, s)
        fact = veq(atom, value) if p.sort == "vector" else eq(atom, value)
        return self._add("define", fact, (where,) if where else (), name=name, time=s, case=case)

    def intro(self, line: Line, premises: Sequence[Term] = (), **variables: Any) -> Line:
        return self._add("intro", forall(variables, tuple(premises), line.fact), (line,), drop=premises)

    def elim(self, line: Line, *prem: Line, **sub: Term) -> Line:
        fact = substitute(line.fact.args[2], sub)
        return self._add("elim", fact, (line, *prem), sub=tuple((v, sub[v]) for v, _ in line.fact.args[0]))

    def generalise(self, line: Line, at: str, value: Term, *prem: Line) -> Line:
        """The line, whose natural variable ``at`` is free, at another time.

        ``prem`` proves the hypotheses that mention ``at``, in order, and then 0 <= value if that is needed.
        """
        moving = [h for h in line.hyps if at in free_variables(h)]
        return self.elim(self.intro(line, moving, **{at: "nat"}), *prem, **{at: value})

    def cases(self, p: Term, when_p: Line, q: Term, when_q: Line) -> Line:
        seen = dict.fromkeys((*(h for h in when_p.hyps if h is not p), *(h for h in when_q.hyps if h is not q)))
        return self._add("cases", when_p.fact, (when_p, when_q), drop=(p, q), hyps=tuple(seen), P=p, Q=q)

    def conj(self, *lines: Line) -> Line:
        return self._add("conj", both(*(x.fact for x in lines)), lines)

    def pick(self, line: Line, k: int) -> Line:
        return self._add("pick", line.fact.args[k], (line,))

    def induct(self, t: str, base: Line, step: Line, fact: Term) -> Line:
        """``fact`` for all t, from ``fact[t := 0]`` and ``fact |- fact[t := t + 1]``."""
        return self._add("induct", fact, (base, step), drop=(fact,), t=t)

    def strong_hypothesis(self, fact: Term, big: str, small: str, extra: Sequence[Term] = ()) -> Term:
        sub = {big: time(0, **{small: 1})}
        earlier = le(n(time(1, **{small: 1})), n(time(0, **{big: 1})))
        return forall({small: "nat"}, (earlier, *(substitute(h, sub) for h in extra)), substitute(fact, sub))

    def induct_strong(self, big: str, small: str, step: Line, extra: Sequence[Term] = ()) -> Line:
        before = self.strong_hypothesis(step.fact, big, small, extra)
        return self._add(
            "induct_strong", step.fact, (step,), drop=(before,), hyps=extra, T=big, t=small, H=tuple(extra)
        )

    def absurd(self, line: Line, fact: Term) -> Line:
        return self._add("absurd", fact, (line,))

    # --- signs ---

    def know(self, line: Line) -> Line:
        """Remember ``0 <= y`` (or ``0 < y``), so that y may be used as a multiplier without further mention."""
        self._signs[line.fact.args[1]] = line
        return line

    def nonneg(self, y: Term) -> Line:
        """0 <= y for a y whose sign is visible from its structure and from what is known."""
        if y not in self._signs:
            self._signs[y] = self._nonneg(y)
        return self._signs[y]

    def _nonneg(self, y: Term) -> Line:
        goal = le(0, y)
        if y.head == "inner" and y.args[0] is y.args[1]:
            return self.combine(goal, squares=((1, y.args[0]),))
        if y.head == "pow" and y.args[1] == fixed(2):
            return self.combine(goal, squares=((1, y.args[0]),))
        if y.head == "pow" and y.args[1] == fixed(4):
            return self.combine(goal, squares=((1, y.args[0] ** 2),))
        if y.head == "add":
            return self.combine(goal, *(self.nonneg(part) for part in y.args))
        if y.head == "mul" and not _plain(y):
            first, second = y.args
            if _plain(first):
                return self.combine(goal, (self.nonneg(second), first))
            return self.combine(goal, (self.nonneg(first), second, self.nonneg(second)))
        return self.combine(goal)

    # --- algebra ---

    def combine(
        self,
        goal: Term,
        *items: Item | Line,
        squares: Sequence[Item] = (),
        scale: tuple[Term, Line | None] | None = None,
    ) -> Line:
        """The goal from known facts times multipliers, plus squares; a bare line has the multiplier 1.

        The sign of a multiplier of an inequality, unless given, is found by ``nonneg``.
        """
        prem: list[Line] = []

        def place(line: Line) -> int:
            if line not in prem:
                prem.append(line)
            return prem.index(line)

        def signed(x: Item, needed: bool) -> tuple[Any, int | None]:
            m = x[1] if isinstance(x[1], Term) else num(x[1])
            if len(x) > 2:
                return m, place(x[2])
            return m, place(self.nonneg(m)) if needed and not _plain(m) else None

        args: dict[str, Any] = {}
        triples = []
        for x in items:
            item = (x, num(1)) if isinstance(x, Line) else x
            k = place(item[0])
            triples.append((k, *signed(item, item[0].fact.head in ("le", "lt"))))
        args["items"] = tuple(triples)
        args["squares"] = tuple(((c := signed((None, *x[:1], *x[2:]), True))[0], x[1], c[1]) for x in squares)
        if scale is not None:
            args["scale"] = (scale[0], place(scale[1]) if scale[1] is not None else None)
        return self._add("combine", goal, prem, **args)

    def cauchy_schwarz(self, v: Term, w: Term) -> Line:
        return self._add("cauchy_schwarz", le(inner(v, w), norm(v) * norm(w)))

    def pow_pos(self, positive: Line, e: Exponent) -> Line:
        return self._add("pow_pos", lt(0, mk("pow", positive.fact.args[1], e)), (positive,))

    def pow_split(self, positive: Line, e1: Exponent, e2: Exponent) -> Line:
        s = positive.fact.args[1]
        return self._add("pow_split", eq(mk("pow", s, e1) * mk("pow", s, e2), mk("pow", s, e1 + e2)), (positive,))

    def pow_mono(self, sign: Line, order: Line, e: Exponent) -> Line:
        a, b = (mk("pow", x, e) for x in order.fact.args)
        return self._add("pow_mono", le(a, b) if e.nonnegative() else le(b, a), (sign, order))

    def amgm(self, x: Line, z: Line, theta: Exponent) -> Line:
        rest = fixed(1) - theta
        (_, a), (_, b) = x.fact.args, z.fact.args
        goal = le(mk("pow", a, theta) * mk("pow", b, rest), mk("expo", theta) * a + mk("expo", rest) * b)
        return self._add("amgm", goal, (x, z), theta=theta)

    def ind_one(self, line: Line) -> Line:
        return self._add("ind_one", eq(ind(line.fact), 1), (line,))

    def exp_neg_ln(self, positive: Line) -> Line:
        s = positive.fact.args[1]
        return self._add("exp_neg_ln", eq(mk("exp", -mk("ln", s)), s**-1), (positive,))

    def exp_mono(self, order: Line) -> Line:
        a, b = order.fact.args
        return self._add("exp_mono", le(mk("exp", a), mk("exp", b)), (order,))

    def exp_add(self, a: Term, b: Term) -> Line:
        return self._add("exp_add", eq(mk("exp", a) * mk("exp", b), mk("exp", a + b)))

    def exp_tangent(self, a: Term) -> Line:
        return self._add("exp_tangent", le(1 + a, mk("exp", a)))

    def exp_convex(self, nonneg: Line, at_most_one: Line, a: Term, b: Term) -> Line:
        s = nonneg.fact.args[1]
        goal = le(mk("exp", s * a + (1 - s) * b), s * mk("exp", a) + (1 - s) * mk("exp", b))
        return self._add("exp_convex", goal, (nonneg, at_most_one), s=s, a=a, b=b)

    def exp_remainder(self, v: Term, s: Term, x: Term, prem: Sequence[Line]) -> Line:
        goal = le(mk("exp", v) - 1 - v, s**2 * (mk("exp", x) - 1 - x))
        return self._add("exp_remainder", goal, prem, v=v, s=s, x=x)

    def exp_bernstein(self, nonneg: Line) -> Line:
        x = nonneg.fact.args[1]
        return self._add("exp_bernstein", le(2 * (1 - x / 3) * (mk("exp", x) - 1 - x), x**2), (nonneg,), x=x)

    def sum_zero(self, var: str, upto: Term, body: Term, where: Line | None = None) -> Line:
        s = total(var, upto, body)
        return self._add("sum_zero", veq(s, 0 * s) if is_vector(s) else eq(s, 0), (where,) if where else ())

    def sum_step(self, var: str, upto: Term, body: Term, where: Line | None = None) -> Line:
        """sum over var < upto + 1 = sum over var < upto + the term at upto."""
        s = total(var, shift(upto, 1), body)
        value = total(var, upto, body) + substitute(body, {var: upto})
        return self._add("sum_step", veq(s, value) if is_vector(s) else eq(s, value), (where,) if where else ())

    def inner_sum(self, v: Term, s: Term) -> Line:
        var, upto, body = s.args
        return self._add("inner_sum", eq(inner(v, s), total(var, upto, inner(v, body))))

    # --- expectation and probability ---

    def e_mono(self, s: Term, line: Line, lower: tuple[Line, Line], upper: tuple[Line, Line]) -> Line:
        x, y = line.fact.args
        return self._add("E_mono", mk(line.fact.head, expect(s, x), expect(s, y)), (line, *lower, *upper))

    def e_lin(self, s: Term, whole: Term, *parts: tuple[Any, ...], hyps: Sequence[Term] = ()) -> Line:
        """E[whole | F_s] = sum of c E[X | F_s]; a part is (c, X, dominating pair) or (c,) for a measurable c."""
        prem: list[Line] = []
        values, pairs = [], []
        for part in parts:
            c = part[0] if isinstance(part[0], Term) else num(part[0])
            if len(part) == 1:
                values.append(c)
                pairs.append((c, num(1)))
            else:
                values.append(c * expect(s, part[1]))
                pairs.append((c, part[1]))
                prem += part[2]
        value = functools.reduce(operator.add, values) if values else num(0)
        return self._add("E_lin", eq(expect(s, whole), value), prem, hyps=hyps, parts=tuple(pairs))

    def e_vec(self, s: Term, a: Term, v: Term, dominated: Line) -> Line:
        return self._add("E_vec", eq(inner(a, expect(s, v)), expect(s, inner(a, v))), (dominated,))

    def ville(self, prem: Sequence[Line], t: str, big: str, horizon: str, y: Term, a: Term) -> Line:
        upto = time(0, **{big: 1})
        limit = le(n(upto), n(time(0, **{horizon: 1})))
        fact = forall({big: "nat"}, (limit,), le(total(t, upto, y), a))
        return self._add("ville", whp(mk("exp", -a), fact), prem, t=t, T=big, N=horizon, Y=y, A=a)

    def whp(self, failure: Term, events: Sequence[Line], line: Line, budget: Line) -> Line:
        dropped = [e.fact.args[1] for e in events]
        return self._add("whp", whp(failure, line.fact), (*events, line, budget), drop=dropped)


@functools.cache
def _plain(y: Term) -> bool:
    """Made of parameters, norms and indicators only: its sign is manifest in the normal form if it has one."""
    if y.head in ("inner", "proc", "E", "sum", "app", "exp", "ln"):
        return False
    if y.head in ("norm", "ind"):
        return True
    return all(_plain(part) for part in y.args if isinstance(part, Term))
