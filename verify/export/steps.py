"""The steps of one certificate as instructions for Coq, with what Coq needs to find their proofs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain

from bounds.exponents import exponent
from bounds.statement import Proof, Step
from bounds.terms import BINDERS, Term, is_vector, mk, norm, num, shift, subterms, time
from verify.export import sharing
from verify.export.encode import Argument, Member, Ref, Scope, Writer
from verify.export.opening import Opening
from verify.export.powers import Powers
from verify.export.sharing import Part, given_facts
from verify.export.text import Unsupported, natural_power, split_difference
from verify.kernel.measurable import Fields
from verify.kernel.normal import Normal, as_exponent

Arguments = list[Argument]
PLAIN = {
    "assume": "Assume", "intro": "Intro", "conj": "Conj", "pick": "Pick", "absurd": "Absurd",
    "cauchy_schwarz": "CauchySchwarz", "pow_pos": "PowPos", "pow_split": "PowSplit", "pow_mono": "PowMono",
    "ind_one": "IndOne", "exp_neg_ln": "ExpNegLn", "exp_mono": "ExpMono", "exp_add": "ExpAdd",
    "exp_tangent": "ExpTangent", "sum_zero": "SumZero", "sum_step": "SumStep", "inner_sum": "InnerSum",
    "whp": "Whp",
}  # fmt: skip
TERMS = {"cases": ("Cases", "PQ"), "exp_convex": ("ExpConvex", "sab"), "exp_remainder": ("ExpRemainder", "vsx"),
         "exp_bernstein": ("ExpBernstein", "x")}  # fmt: skip
OWN = ("given", "define")  # name what a statement assumes, which another may assume under another name
EQUALITIES = ("Same", "Vsame", "Zero")  # by number


class Steps:
    """Writes the steps of a certificate."""

    def __init__(self, writer: Writer, proof: Proof, part: Part) -> None:
        self.writer, self.statement, self.steps = writer, proof.statement, proof.steps
        self.normal, self.fields = Normal(self.statement), Fields(self.statement)
        self.scope = Scope(frozenset(self.statement.integers))
        self.exponents, self.closing = writer.exponents, writer.closing(self.statement)
        self.powers = Powers(writer.exponents, self.normal)
        self.opening = Opening(self.normal)
        names = {"givens": given_facts(self.statement), "processes": (p.name for p in self.statement.processes)}
        self.members = {kind: dict(zip(names[kind], part.places[kind], strict=True)) for kind in names}
        self.rules: dict[str, Callable[[Step], tuple[str, Arguments]]] = {
            "given": self._given,
            "define": self._define,
            "elim": self._elim,
            "induct": self._induct,
            "induct_strong": self._induct_strong,
            "combine": self._combine,
            "amgm": self._amgm,
            "E_mono": self._e_mono,
            "E_lin": self._e_lin,
            "E_vec": self._e_vec,
            "ville": self._ville,
        }

    def share(self, shared: sharing.Steps, certificate: int) -> int:
        """Adds the steps to those of other certificates; the number of the last."""
        numbers = list[int]()
        for step in self.steps:
            premises = tuple(numbers[k] for k in step.prem)
            meaning = self if step.rule in OWN else self.closing
            claim = (meaning, step.rule, step.concl, step.hyps, premises, *step.args.items())
            numbers.append(shared.add(claim, partial(self._step, step, premises), certificate))
        return numbers[-1]

    def _step(self, step: Step, premises: tuple[int, ...]) -> sharing.Shared:
        if step.rule in PLAIN:
            tag, arguments = PLAIN[step.rule], Arguments()
        elif step.rule in TERMS:
            tag, keys = TERMS[step.rule]
            arguments = [self.term(step.args[x]) for x in keys]
        else:
            tag, arguments = self.rules[step.rule](step)
        if step.rule == "pow_split":
            first, second = (x.args[1] for x in step.concl.args[0].args)
            self.exponents.number(first + second)
        if step.rule == "pow_mono" and not step.concl.args[0].args[1].nonnegative():
            self.exponents.number(-step.concl.args[0].args[1])
        if step.rule == "exp_neg_ln":
            self.exponents.number(exponent([-1]))
        return sharing.Shared(tag, tuple(arguments), premises, self.facts(step.hyps), self.term(step.concl))

    # --- parts of arguments ---

    def term(self, x: Term) -> Ref:
        self.powers.visit(x)
        return self.writer.term(x, self.scope)

    def facts(self, facts: Sequence[Term]) -> Ref:
        for f in facts:
            self.powers.visit(f)
        return self.writer.hypotheses(facts, self.scope)

    def fact(self, step: Step, k: int) -> Term:
        return self.steps[step.prem[k]].concl

    def variable(self, name: str) -> int:
        return self.writer.number("variable", name)

    # --- logic ---

    def _given(self, step: Step) -> tuple[str, Arguments]:
        return "Given", [Member("givens", self.members["givens"][step.args["name"]])]

    def _define(self, step: Step) -> tuple[str, Arguments]:
        case = int(step.args["case"] == "step")
        process = Member("processes", self.members["processes"][step.args["name"]])
        return "Define", [process, self.term(step.args["time"]), case]

    def _elim(self, step: Step) -> tuple[str, Arguments]:
        variables, sub = self.fact(step, 0).args[0], dict(step.args["sub"])
        out: Arguments = [len(variables)]
        for v, sort in variables:
            out += [int(sort != "nat"), self.term(sub[v])]
        return "Elim", out

    def _induct(self, step: Step) -> tuple[str, Arguments]:
        return "Induct", [self.variable(step.args["t"])]

    def _induct_strong(self, step: Step) -> tuple[str, Arguments]:
        big, small = (self.variable(step.args[x]) for x in "Tt")
        return "InductStrong", [big, small, self.facts(step.args["H"])]

    # --- algebra ---

    def _combine(self, step: Step) -> tuple[str, Arguments]:
        items = step.args.get("items", ())
        if step.concl.head == "veq":
            pairs = [x for k, m, _ in items for x in (k, self.term(m))]
            return "CombineVec", [len(items), *pairs]
        stop = self.closing.terms(step, lambda k: self.fact(step, k))
        factor, sign = step.args.get("scale") or (num(1), None)
        out: Arguments = self._opened(step, factor) if stop is None else [1 + len(stop), *map(self.term, stop)]
        out += self._product(factor, sign)
        products, equations, vectors = list[Arguments](), list[Arguments](), list[Arguments]()
        for k, m, s in items:
            head = self.fact(step, k).head
            if head in ("le", "lt"):
                products.append(self._product(m, s, k))
            else:
                (equations if head == "eq" else vectors).append([k, self.term(m)])
        for m, x, s in step.args.get("squares", ()):
            products.append(self._product(m, s, None, x))
        for group in (products, equations, vectors):
            out.append(len(group))
            out += [a for part in group for a in part]
        return "Combine", out

    def _opened(self, step: Step, factor: Term) -> Arguments:
        """The atoms of the terms of a step, and their equalities."""
        facts = [step.concl, *(self.fact(step, k) for k in range(len(step.prem)))]
        terms = [x for f in facts if f.head in ("le", "lt", "eq", "veq") for x in f.args]
        terms += [m for _, m, _ in step.args.get("items", ())]
        terms += [x for m, root, _ in step.args.get("squares", ()) for x in (m, root)]
        atoms = self.opening.atoms([*terms, factor])
        out: Arguments = [0]
        for group in (atoms.scalars, atoms.vectors):
            out += [len(group), *map(self.term, group)]
        out.append(len(atoms.equal))
        for q in atoms.equal:
            out += [EQUALITIES.index(q.tag), *map(self.term, q.terms)]
        return out

    def _product(self, weight: Term, sign: int | None, fact: int | None = None, root: Term | None = None) -> Arguments:
        """A multiplier, or the premise of its sign instead; times a fact or a square."""
        facts = [k for k in (fact, sign) if k is not None]
        heavy = sign is None and weight is not num(1)
        vector = root is not None and is_vector(root)
        header = len(facts) + 4 * (root is not None and not vector) + 8 * vector + 16 * heavy
        weights, roots = [weight] if heavy else [], [] if root is None else [root]
        return [header, *map(self.term, weights), *facts, *map(self.term, roots)]

    def _amgm(self, step: Step) -> tuple[str, Arguments]:
        theta = step.args["theta"]
        if natural_power(theta) is not None:
            raise Unsupported("amgm with a constant exponent 0 or 1")
        return "Amgm", [self.exponents.number(e) for e in (theta, exponent([1]) - theta)]

    # --- expectation ---

    def _e_mono(self, step: Step) -> tuple[str, Arguments]:
        s, x = step.concl.args[0].args
        y = step.concl.args[1].args[1]
        first, second = self._bounded(x, self.fact(step, 1).args[1], s), self._bounded(y, self.fact(step, 3).args[1], s)
        return "EMono", [*first, *second]

    def _e_lin(self, step: Step) -> tuple[str, Arguments]:
        s, parts = step.concl.args[0].args[0], step.args["parts"]
        known = [x for _, x in parts if x is not num(1)]
        dominated = [a for i, x in enumerate(known) for a in self._bounded(x, self.fact(step, 2 * i).args[1], s)]
        pairs = [self.term(x) for pair in parts for x in pair]
        return "ELin", [len(parts), *pairs, len(known), *dominated]

    def _e_vec(self, step: Step) -> tuple[str, Arguments]:
        s, v = step.concl.args[0].args[1].args
        return "EVec", self._bounded(v, self.fact(step, 0).args[1], s)

    def _ville(self, step: Step) -> tuple[str, Arguments]:
        t, y = step.args["t"], step.args["Y"]
        growth, past = mk("exp", y), time(-1, **{t: 1})
        names = [self.variable(t), self.variable(step.args["T"]), self.writer.number("integer", step.args["N"])]
        bounded = self._bounded(growth, self.fact(step, 1).args[1], past)
        return "Ville", [*names, self.term(y), self.term(step.args["A"]), *bounded]

    def _bounded(self, x: Term, bound: Term, s: Term) -> Arguments:
        """When x is known, and the bound as a sum of products if its form does not show that it dominates."""
        times = chain((s, shift(s, 1)), self._times(x))
        known = next((r for r in times if self.fields.measurable(x, r)), None)
        if known is None:
            raise Unsupported(f"a time at which {x!r} is known")
        if self._dominates(bound, s):
            return [0, self.term(known)]
        return [1, self.term(known), self.term(self._expanded(bound, s))]

    def _times(self, x: Term) -> Iterator[Term]:
        """The times at which the parts of a term are known."""
        if x.head in ("proc", "vproc"):
            yield shift(x.args[1], self.fields.levels[x.args[0]])
        if x.head in BINDERS:
            yield x.args[1]
        for y in subterms(x):
            yield from self._times(y)

    def _dominates(self, x: Term, s: Term) -> bool:
        """Does x dominate given F_s as it is written?"""
        noise = norm(mk("vproc", self.statement.noise, shift(s, 1)))
        if self.fields.measurable(x, s) or x is noise:
            return True
        if x.head == "pow" and x.args[0] is noise and natural_power(x.args[1]) is None:
            return True
        pair = split_difference(x)
        if pair is not None:
            return self.fields.measurable(pair[1], s) and self._dominates(pair[0], s)
        if x.head == "add":
            return all(self._dominates(y, s) for y in x.args)
        if x.head == "mul":
            first = x.args[0] if len(x.args) == 2 else mk("mul", *x.args[:-1])
            last = x.args[-1]
            return (self.fields.measurable(first, s) and self._dominates(last, s)) or (
                self.fields.measurable(last, s) and self._dominates(first, s)
            )
        return False

    def _expanded(self, x: Term, s: Term) -> Term:
        """The normal form as a term: sums of products, the norm of the noise last."""
        noise = norm(mk("vproc", self.statement.noise, shift(s, 1)))
        ((((noise_atom, _),), _),) = self.normal.scalar(noise).items()
        out: Term | None = None
        for mono, c in self.normal.scalar(x).items():
            term, tail = num(c), None
            for atom, e in mono:
                base = self.normal.term(atom)
                factor = base if e == 1 else mk("pow", base, as_exponent(e))
                if atom == noise_atom:
                    tail = factor
                else:
                    term = mk("mul", term, factor)
            term = term if tail is None else mk("mul", term, tail)
            out = term if out is None else mk("add", out, term)
        return num(0) if out is None else out
