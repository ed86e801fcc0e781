"""A certificate as a Coq development: one lemma for each step, proved from the lemmas of its premises by its rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bounds.statement import Step
from bounds.terms import FACT_HEADS, Term, eq, free_variables, inner, mk, num, substitute
from verify.export.combine import Item, combine_with, prove
from verify.export.family import Family, terms_in
from verify.export.reify import Atoms
from verify.export.text import Printer, Scope, Unsupported, exponent_text, sorts, times
from verify.kernel.measurable import Fields
from verify.kernel.normal import Normal

INTEGER, NATURAL = re.compile(r"\bi_(\w+)"), re.compile(r"\bn_(\w+)")
BINDING = ("intro", "induct", "induct_strong", "ville", "whp")
Known = Sequence[tuple[Term, str]]  # facts at hand with their proofs


class Development:
    """One certificate of a family, whose lemmas it adds to."""

    def __init__(self, family: Family, c: int) -> None:
        self.family, self.certificate = family, c
        self.statement, self.steps = family.proofs[c].statement, family.proofs[c].steps
        self.normal, self.fields = Normal(self.statement), Fields(self.statement)
        self.printer = Printer(self.statement.integers, names=family.terms)
        self.exponents, self.memo = family.exponents, family.memo
        self.hypothesis = family.given.references(c)
        self.below: dict[str, str] = {}  # the bound variables of sums around the place that is written -> their limits
        low, high = (self.hypothesis[h] for h in family.given.range_of_alpha(c))
        self.exponents_tactic = f"exponents {low} {high}"
        self.scopes = [sorts(s.concl, *s.hyps, *terms_in(s.args), *self._premises(s)) for s in self.steps]
        self.scopes = [{v: k for v, k in s.items() if v not in self.statement.integers} for s in self.scopes]
        self.names = [f"s{n}" for n in family.numbers[c]]

    def _premises(self, step: Step) -> list[Term]:
        """The premises whose variables are the step's, not bound by it."""
        return [] if step.rule in BINDING else [self.steps[k].concl for k in step.prem]

    # --- lemmas ---

    def binders(self, scope: Scope) -> str:
        out = []
        for v, kind in scope.items():
            if kind == "nat":
                out.append(f"(n_{v} : Z) (P_{v} : (0 <= n_{v})%Z)")
            elif kind == "vec":
                out.append(f"(u_{v} : V)")
            else:
                out.append(f"(u_{v} : Omega -> V) (M_{v} : MeasV {self.printer.time(kind)} u_{v})")
        return " ".join([*out, "(w : Omega)"])

    def arguments(self, scope: Scope, inside: Scope) -> str:
        """The arguments for a lemma's binders; a variable that is not in scope here gets any value."""
        out = []
        for v, kind in scope.items():
            if v in inside:
                out.append({"nat": f"n_{v} P_{v}", "vec": f"u_{v}"}.get(kind, f"u_{v} M_{v}"))
            else:
                out.append("0%Z (Z.le_refl 0)" if kind == "nat" else "vzero")
        return " ".join([*out, "w"])

    def lemma(self, name: str, scope: Scope, hyps: Iterable[tuple[str, str]], goal: str, script: str) -> str:
        given = "".join(f" ({h} : {text})" for h, text in hyps)
        return self.family.lemma(name, self.binders(scope) + given, goal, script)

    def kept(
        self, key: Any, scope: Scope, hyps: Iterable[tuple[str, str]], goal: str, script: Callable[[], str]
    ) -> str:
        """A lemma that is proved once for all who need it, with the arguments of this place."""
        key = (key, tuple(scope.items()))
        if key not in self.memo:
            done = script()
            self.memo[key] = self.lemma(self.family.fresh(), scope, hyps, goal, done)
        return f"{self.family.call(self.memo[key])} {self.arguments(scope, scope)}"

    def restricted(self, scope: Scope, *terms: Term) -> dict[str, Any]:
        """The part of a scope that terms need."""
        free = frozenset().union(*(free_variables(t) for t in terms))
        for v in list(free):
            kind = scope.get(v)
            if isinstance(kind, Term):
                free |= free_variables(kind)
        return {v: k for v, k in scope.items() if v in free}

    def use(self, k: int, scope: Scope, known: Known) -> str:
        """The conclusion of an earlier step, from facts at hand."""
        step = self.steps[k]
        proofs = [self.find(h, scope, known) for h in step.hyps]
        return f"({' '.join([self.family.call(self.names[k]), self.arguments(self.scopes[k], scope), *proofs])})"

    def find(self, fact: Term, scope: Scope, known: Known) -> str:
        for f, proof in known:
            if f is fact:
                return proof
        for f, proof in known:
            if self.normal.same(f, fact):
                return self.coerce(f, fact, proof, scope)
        raise Unsupported(f"no proof of {fact!r}")

    # --- facts that are the same ---

    def coerce(self, f: Term, g: Term, proof: str, scope: Scope) -> str:
        """A proof of g from a proof of f, the same fact up to normal form."""
        if f is g or self.printer.fact(f, scope) == self.printer.fact(g, scope):
            return proof
        if f.head == "and":
            parts = [
                self.coerce(x, y, project(i, len(f.args), proof), scope)
                for i, (x, y) in enumerate(zip(f.args, g.args, strict=True))
            ]
            return conjoin(parts)
        if f.head != g.head and {f.head, g.head} & {"and", "all", "whp"}:
            raise ValueError(f"{f!r} is not {g!r}")
        if f.head == "whp":
            inside = self.coerce(f.args[1], g.args[1], "h", scope)
            weaker = self.coerce(mk("le", g.args[0], g.args[0]), mk("le", f.args[0], g.args[0]), "(Rle_refl _)", scope)
            return f"(whp_weaken _ _ _ _ {proof} (fun w h => {inside}) {weaker})"
        if f.head == "all":
            inner_scope = {**scope, **dict(f.args[0])}
            names = [
                x
                for v, kind in f.args[0]
                for x in (
                    [f"n_{v}", f"P_{v}"] if kind == "nat" else [f"u_{v}"] if kind == "vec" else [f"u_{v}", f"M_{v}"]
                )
            ]
            tag = len(inner_scope)
            hyps = [f"k{tag}_{i}" for i in range(len(f.args[1]))]
            back = [self.coerce(q, p, h, inner_scope) for p, q, h in zip(f.args[1], g.args[1], hyps, strict=True)]
            body = self.coerce(f.args[2], g.args[2], f"({' '.join([proof, *names, *back])})", inner_scope)
            return f"(fun {' '.join([*names, *hyps])} => {body})" if names or hyps else body
        small = self.restricted(scope, f, g)
        old, new = self.printer.fact(f, small), self.printer.fact(g, small)

        def script() -> str:
            weight = num(-1) if f.head in ("eq", "veq") and self._flipped(f, g) else num(1)
            return self.combine(g, small, [Item(f, "h", weight)])

        return f"({self.kept(('coerce', old, new), small, [('h', old)], new, script)} {proof})"

    def _flipped(self, f: Term, g: Term) -> bool:
        if f.head == "eq":
            return self.normal.difference(*f.args) != self.normal.difference(*g.args)
        (a, b), (c, d) = f.args, g.args
        minus = [self.normal.vector(y + num(-1) * x) for x, y in ((a, b), (c, d))]
        return minus[0] != minus[1]

    def identity(self, x: Term, y: Term, scope: Scope) -> str:
        """A proof that two scalars, or two vectors, with the same normal form are equal."""
        if self.printer.term(x, scope) == self.printer.term(y, scope):
            return "eq_refl"
        vector = x.head in ("vpar", "vvar", "vproc", "vadd", "scale", "vapp", "vsum", "Ev")
        goal = mk("veq" if vector else "eq", x, y)
        return self._stated(goal, scope, lambda small: self.combine(goal, small, []))

    def _stated(self, goal: Term, scope: Scope, script: Any) -> str:
        small = self.restricted(scope, goal)
        text = self.printer.fact(goal, small)
        return f"({self.kept(('fact', text), small, [], text, lambda: script(small))})"

    def equal(self, x: Term, y: Term, scope: Scope) -> str:
        """A proof that two atoms of the normal form are equal because what they are made of is."""
        goal = mk("veq" if x.head in ("vapp", "vsum", "Ev") else "eq", x, y)
        return self._stated(goal, scope, lambda small: f"exact {self._equal(x, y, small)}.")

    def _equal(self, x: Term, y: Term, scope: Scope) -> str:
        head, a, b = x.head, x.args, y.args
        if head in ("E", "Ev"):
            return f"({head}_ext _ _ _ _ (fun w => {self.identity(a[1], b[1], scope)}))"
        if head in ("sum", "vsum"):
            var = a[0]
            body = substitute(b[2], {b[0]: mk("time", 0, ((var, 1),))})
            inside = self.identity(a[2], body, {**scope, var: "nat"})
            return f"({'Rsum' if head == 'sum' else 'Vsum'}_ext _ _ _ (fun n_{var} P_{var} => {inside}))"
        if head == "norm" and y.head == "q":
            return f"(norm_zero _ {self.identity(inner(a[0], a[0]), num(0), scope)})"
        if head == "norm":
            return f"(norm_ext _ _ {self.identity(inner(a[0], a[0]), inner(b[0], b[0]), scope)})"
        if head == "exp" and y.head == "q":
            return f"(exp_zero _ {self.identity(a[0], num(0), scope)})"
        if head in ("exp", "ln"):
            return f"(f_ext _ _ {head} _ _ {self.identity(a[0], b[0], scope)})"
        if head in ("app", "vapp"):
            return f"(f_ext _ _ f_{a[0]} _ _ {self.identity(a[1], b[1], scope)})"
        if head == "pow":
            return f"(f_ext _ _ (fun z => pw z {exponent_text(a[1])}) _ _ {self.identity(a[0], b[0], scope)})"
        if head == "ind":
            left, right = (f.args[1] - f.args[0] for f in (a[0], b[0]))
            if a[0].head == "eq":
                left, right = left * left, right * right
            if a[0].head == "veq":
                left, right = (inner(d, d) for d in (f.args[0] - f.args[1] for f in (a[0], b[0])))
            return f"(ind_{a[0].head}_ext _ _ _ _ {self.identity(left, right, scope)})"
        raise Unsupported(f"{x!r} = {y!r}")

    # --- combine ---

    def combine(
        self,
        goal: Term,
        scope: Scope,
        items: Sequence[Item],
        squares: Sequence[tuple[Term, Term, tuple[Term, str] | None]] = (),
        scale: tuple[Term, tuple[Term, str] | None] | None = None,
    ) -> str:
        """The tactic that proves a comparison from known facts by an exact identity."""
        from verify.export.shallow import opened

        atoms = opened(self, scope, goal, items, squares, scale)
        return combine_with(atoms, goal, items, squares, scale)

    def sum_of(self, x: Term, y: Term, z: Term, scope: Scope) -> str:
        """A proof that the printed x + y is z, where z is x + y in another form."""
        small = self.restricted(scope, x, y, z)
        a, b, c = (self.printer.term(s, small) for s in (x, y, z))

        def script() -> str:
            atoms = Atoms(self, small)
            left, right = f"(Ad {atoms.scalar(x)} {atoms.scalar(y)})", atoms.scalar(z)
            return prove("eq", atoms, f"(Build_cert one_item [] [] []) {left} {right}", [])

        return f"({self.kept(('sum', a, b, c), small, [], f'({a} + {b}) = {c}', script)})"

    # --- times ---

    def at_time(self, claim: str, scope: Scope) -> str:
        """A proof of a claim about integers, from the minima of the variables."""
        sums = [v for v in self._mentioned(scope, claim) if v in self.below]
        hyps = [(f"L_{v}", f"(0 <= n_{v} < {self.below[v]})%Z") for v in sums]
        text = " ".join([claim, *(fact for _, fact in hyps)])
        minima = "".join(f"pose proof {self.hypothesis['m_' + v]}. " for v in dict.fromkeys(INTEGER.findall(text)))
        lemma = self.kept(("time", text), self._mentioned(scope, text), hyps, claim, lambda: f"{minima}lia.")
        return f"({' '.join([lemma, *(h for h, _ in hyps)])})"

    def from_fact(self, tactic: str, k: int, proof: str, claim: str, scope: Scope) -> str:
        """A proof of a claim about integers from step k, the same claim about real numbers."""
        fact = self.steps[k].concl
        small = {**self.restricted(scope, fact), **self._mentioned(scope, claim)}
        small = {v: kind for v, kind in scope.items() if v in small}
        text = self.printer.fact(fact, small)
        return f"({self.kept((tactic, text, claim), small, [('h', text)], claim, lambda: f'{tactic} h.')} {proof})"

    def exponent(self, claim: str) -> str:
        """A proof of a claim about exponents."""
        return f"({self.kept(('exponent', claim), {}, [], claim, lambda: f'{self.exponents_tactic}.')})"

    def _mentioned(self, scope: Scope, claim: str) -> dict[str, Any]:
        found = set(NATURAL.findall(claim))
        return {v: kind for v, kind in scope.items() if v in found}

    def retime(self, fact: Term, at: dict[str, Term], where: str, scope: Scope | None) -> str:
        """Tactics that bring the times of a literally substituted fact to the form in which they are printed.

        A time with a variable that is bound inside the fact is left to Coq's conversion.
        """
        outside = free_variables(fact) | set(at)
        literal = Printer(self.statement.integers, {v: self.printer.time(t) for v, t in at.items()})
        found: dict[str, dict[str, str]] = {"n": {}, "t": {}}
        for kind, t in times(fact):
            if free_variables(t) & set(at) and free_variables(t) <= outside:
                show = Printer.real if kind == "n" else Printer.time
                found[kind][show(literal, t)] = show(self.printer, substitute(t, at))
        tactic = "retime_in" if where else "retime"
        moved = "".join(
            f"{tactic} {old} {argument(new)}{where}. "
            for group in found.values()
            for old, new in sorted(group.items(), key=lambda pair: -len(pair[0]))  # a part only after the whole
            if old != new
        )
        return f"{'' if scope is None else self.unfold(fact, scope, where)}{moved}" if moved else ""

    def unfold(self, fact: Term, scope: Scope, where: str = "") -> str:
        """The tactic that makes the times in the text of a term or fact visible, in a hypothesis or in the goal."""
        text = self.printer.term(fact, scope) if fact.head not in FACT_HEADS else self.printer.fact(fact, scope)
        reduction = self.family.terms.unfold(text)
        return f"{reduction}{' in' + where if where else ''}. " if reduction else ""


def argument(printed: str) -> str:
    """A time as the argument of a tactic: the name of an integer is a notation, which must not stand alone.

    >>> argument("i_N"), argument("n_t"), argument("(n_t + 1)%Z")
    ('constr:(i_N)', 'n_t', '(n_t + 1)%Z')
    """
    return f"constr:({printed})" if printed.startswith("i_") else printed


def conjoin(proofs: Sequence[str]) -> str:
    """A proof of a conjunction of at least one member."""
    out = proofs[-1]
    for p in reversed(proofs[:-1]):
        out = f"(conj {p} {out})"
    return out


def project(i: int, n: int, proof: str) -> str:
    """Member i of a conjunction of n facts."""
    out = proof
    for _ in range(i):
        out = f"(proj2 {out})"
    return out if i == n - 1 else f"(proj1 {out})"


__all__ = ["Development", "Item", "conjoin", "eq", "project"]
