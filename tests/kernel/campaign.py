"""The mutation campaign: which mutants are false, and does every checker refuse every false one?

A mutant of a step is *false* when a point shows it: an admissible probability tree violates its sequent
(``model.make``), or values of the declared signs (``model.wild``) violate its inference or, for ``combine``, make the
residual negative.  It is false *by rule* when it breaks the form of a rule: a premise or a hypothesis that is not
there, a step used before it is proved, another fact for a named one.  It is *equivalent* when the kernel derives its
sequent from the original one.  Whatever is neither is *unclassified*.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

import bounds
from bounds.statement import Proof, Step
from bounds.terms import (
    BINDERS,
    FACT_HEADS,
    SCALAR_HEADS,
    VECTOR_HEADS,
    Term,
    eq,
    free_variables,
    inner,
    mk,
    num,
    substitute,
    time,
)
from tests.kernel import model
from tests.kernel.judges import Judges, Verdict
from tests.kernel.monotone import Monotone
from tests.kernel.mutate import Mutant, step_mutants
from verify.kernel.normal import KernelError

SCHEMAS = frozenset(  # the conclusion holds wherever the premises do, for all values of its parts
    ("cauchy_schwarz", "pow_pos", "pow_split", "pow_mono", "amgm", "ind_one", "exp_neg_ln", "exp_mono", "exp_add")
) | frozenset(
    ("exp_tangent", "exp_convex", "exp_remainder", "exp_bernstein", "sum_zero", "sum_step", "inner_sum", "E_lin")
)
# the conclusion follows from the premises at every point, without the statement
POINTWISE = SCHEMAS | {"combine", "conj", "pick", "absurd", "given", "define", "cases", "intro", "elim", "assume"}
SKELETON = frozenset(("ville", "whp", "induct_strong", "E_mono", "E_lin"))
TOLERANCE = 1e-9
COMPARISONS = ("le", "lt", "eq", "veq")
MORE = 64  # instances


@dataclass
class Report:
    """Counts, and the mutants that need a look."""

    killed: int = 0
    equivalent: int = 0
    accepted_true: int = 0  # equivalent ones that both checkers accept
    kinds: Counter[str] = field(default_factory=Counter)
    survived: list[str] = field(default_factory=list)
    unclassified: list[str] = field(default_factory=list)
    otherwise: list[str] = field(default_factory=list)  # theorems with another hypothesis that both checkers prove
    disagreements: list[str] = field(default_factory=list)  # accepted by one checker only

    @property
    def total(self) -> int:
        lists = (self.survived, self.unclassified, self.otherwise)
        return self.killed + self.equivalent + sum(map(len, lists))

    def __iadd__(self, other: Report) -> Report:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


class Campaign:
    """Mutants of the steps of one proof."""

    def __init__(
        self, proof: Proof, admissible: tuple[int, ...] = (1, 4), seeds: tuple[int, ...] = tuple(range(16))
    ) -> None:
        self.proof = proof
        self.judges, self.monotone = Judges(proof), Monotone(proof.statement.parameters)
        upper_bound = bounds.kind(proof.statement.id) in ("convex", "nonconvex")
        self.models = [model.make(proof.statement, s) for s in admissible] if upper_bound else []
        self.wild = [model.wild(proof.statement, s) for s in seeds]
        self.rng = np.random.default_rng(17)
        self.signs = [
            k
            for k, s in enumerate(proof.steps)
            if s.concl.head in ("le", "lt") and s.concl.args[0] is num(0) and s.rule != "assume"
        ]

    def sample(self, count: int, seed: int = 7) -> Iterator[Mutant]:
        """``count`` mutants: steps in a random order, and for each a random change."""
        rng = random.Random(seed)
        steps = list(range(len(self.proof.steps)))
        found = 0
        while found < count:
            rng.shuffle(steps)
            for k in steps:
                choices = list(step_mutants(self.proof, k)) if found < count else []
                if choices:
                    kind = rng.choice(sorted({m.kind for m in choices}))
                    yield rng.choice([m for m in choices if m.kind == kind])
                    found += 1

    def structural(self, count: int, seed: int = 7) -> Iterator[Mutant]:
        """``count`` mutants of every step that carries the probabilistic skeleton, the kinds in turn."""
        rng = random.Random(seed)
        for k, step in enumerate(self.proof.steps):
            if step.rule in SKELETON:
                kinds: dict[str, list[Mutant]] = {}
                for m in step_mutants(self.proof, k):
                    kinds.setdefault(m.kind, []).append(m)
                for kind in sorted(kinds):
                    rng.shuffle(kinds[kind])
                for j in range(count):
                    choices = kinds[sorted(kinds)[j % len(kinds)]]
                    if choices:
                        yield choices.pop()

    def run(self, mutants: Iterator[Mutant]) -> Report:
        report = Report()
        st = self.proof.statement
        for m in mutants:
            verdict = self.judges(m.at, m.step)
            truth = self.classify(m, verdict)
            report.kinds[f"{m.kind}: {truth}"] += 1
            name = f"{st.id} {st.variant} step {m.at} ({m.step.rule}) {m.kind} {m.what}: {m.step.concl!r}"
            if verdict.kernel != verdict.recheck:
                report.disagreements.append(name)
            if truth.startswith("false"):
                if verdict.refused:
                    report.killed += 1
                else:
                    report.survived.append(name)
            elif truth == "equivalent":
                report.equivalent += 1
                report.accepted_true += verdict.kernel and verdict.recheck
            else:
                report.unclassified.append(name if verdict.refused else f"accepted: {name}")
        return report

    # --- what is false ---

    def classify(self, m: Mutant, verdict: Verdict) -> str:
        old, new = self.proof.steps[m.at], m.step
        if m.kind == "conclusion" and (new.rule == "absurd" or _empty_sum(new)):
            return "equivalent"  # anything follows from a contradiction; an empty sum of anything is 0
        if any(p >= m.at for p in new.prem):
            return "false by rule"  # reordered dependency
        if (new.concl, new.hyps) != (old.concl, old.hyps):
            if (found := self._refuted(new, self.models, self.wild)) or self._derivable(m.at, new):
                return found or "equivalent"
        elif self._broken(new, self.wild):
            return "false at a point"
        elif new.rule == "combine" and len(new.prem) == len(old.prem):
            return "equivalent"  # the same sequent, by an identity that still holds
        elif (
            self._same_premises(old, new)
            or self._same_instance(old, new)
            or (old.prem == new.prem and self._same_terms(old.args, new.args))
        ):
            return "equivalent"
        if m.kind == "conclusion" and new.rule in (*SCHEMAS, "combine") and verdict.kernel:
            return "equivalent"  # no point refutes it: another instance of the rule
        truth = self._by_rule(m, new)
        return self._refuted(new, *self.more) or truth if truth == "unclassified" else truth

    def _refuted(self, new: Step, models: list[model.Model], wild: list[model.Model]) -> str:
        if any(x.violation(new.hyps, new.concl) is not None for x in models):
            return "false in a model"
        return "false at a point" if self._broken(new, wild) else ""

    @cached_property
    def more(self) -> tuple[list[model.Model], list[model.Model]]:
        """Other instances, for what those at hand do not decide."""
        st = self.proof.statement
        admissible = [model.make(st, s) for s in range(5, 5 + MORE // 4)] if self.models else []
        return admissible, [model.wild(st, s) for s in range(100, 100 + MORE)]

    def _by_rule(self, m: Mutant, new: Step) -> str:
        """The form of the rule decides: what it names, uses or concludes is not what it says."""
        if m.kind in ("hypothesis", "premise", "rule"):
            return "false by rule"
        if m.kind == "argument" and new.rule != "combine":
            return "false by rule"
        if m.kind == "conclusion" and new.rule != "combine":
            return "false by rule"
        return "unclassified"

    def _same_premises(self, old: Step, new: Step) -> bool:
        if (old.rule, old.args) != (new.rule, new.args) or len(old.prem) != len(new.prem):
            return False
        if old.rule == "whp" and sorted(old.prem[:-2]) == sorted(new.prem[:-2]) and old.prem[-2:] == new.prem[-2:]:
            return True  # the order of the events does not matter
        same, steps = self._same, self.proof.steps
        pairs = [(steps[p], steps[q]) for p, q in zip(old.prem, new.prem, strict=True)]
        return all(same(p.concl, q.concl) and set(q.hyps) <= {*p.hyps, *new.hyps} for p, q in pairs)

    def _same_instance(self, old: Step, new: Step) -> bool:
        """Another value for a variable that the general fact does not depend on."""
        general = self.proof.steps[new.prem[0]].concl if new.rule == "elim" and old.prem == new.prem else num(0)
        if general.head != "all":
            return False
        _, premises, fact = general.args
        try:
            before, after = ([substitute(f, dict(x.args["sub"])) for f in (*premises, fact)] for x in (old, new))
        except ValueError:
            return False
        return before == after

    def _same(self, f: Term, g: Term) -> bool:
        """The same fact for the kernel; a mutant may name what is not declared."""
        try:
            return self.judges.kernel.same(f, g)
        except (KernelError, KeyError):
            return False

    def _same_terms(self, x: Any, y: Any) -> bool:
        """Arguments that are equal, term by term, in normal form."""
        if isinstance(x, Term) and isinstance(y, Term):
            if x.head in FACT_HEADS and y.head in FACT_HEADS:
                return self._same(x, y)
            if x.head in SCALAR_HEADS and y.head in SCALAR_HEADS:
                return self._same(eq(x, y), eq(0, 0))
            return x is y
        if isinstance(x, dict) and isinstance(y, dict):
            return x.keys() == y.keys() and all(self._same_terms(x[k], y[k]) for k in x)
        if isinstance(x, tuple) and isinstance(y, tuple):
            return len(x) == len(y) and all(map(self._same_terms, x, y))
        return bool(x == y)

    def _derivable(self, k: int, new: Step) -> bool:
        """Does the kernel derive the new sequent from the original one, in one step?"""
        old = self.proof.steps[k]
        if not set(old.hyps) <= set(new.hyps):
            return False
        if self._same(old.concl, new.concl):
            return True
        if new.rule == "intro":  # a hypothesis that the proof does not use may be anything
            before, after = self.proof.steps[new.prem[0]], new.concl
            kept = after.args[0] == old.concl.args[0] and after.args[2] is old.concl.args[2]
            return kept and set(before.hyps) <= {*new.hyps, *after.args[1]}
        if new.concl.head not in COMPARISONS or old.concl.head not in COMPARISONS:
            return False
        if self.monotone.implies(old.concl, new.concl):
            return True
        goal, after = _without_empty_sums(new.concl), len(self.proof.steps)
        ways: list[tuple[tuple[int, ...], tuple[Any, ...]]] = [((), ())]
        if _without_empty_sums(old.concl) is old.concl:
            ways += [((k,), ((0, num(m), None),)) for m in ("1", "2", "1/2")]

        def derived(prem: tuple[int, ...], items: tuple[Any, ...]) -> bool:
            return self.judges(after, Step("combine", goal, new.hyps, prem, {"items": items, "squares": ()})).kernel

        if any(derived(*way) for way in ways):
            return True
        signs = [j for j in self.signs if set(self.proof.steps[j].hyps) <= set(new.hyps)]
        return any(derived((*prem, j), (*items, (len(prem), num(1), None))) for prem, items in ways[:2] for j in signs)

    def _broken(self, step: Step, wild: list[model.Model]) -> bool:
        """At some point the premises and hypotheses hold and the conclusion does not, or a residual is negative."""
        if step.rule == "combine":
            return any(self._negative(x, step) for x in wild)
        if step.rule not in POINTWISE:
            return False
        given = [self.proof.steps[p] for p in step.prem]
        facts = tuple(dict.fromkeys((*step.hyps, *(_for_all(g, step) for g in given))))
        return any(x.violation(facts, step.concl) is not None for x in wild)

    def _negative(self, x: model.Model, step: Step) -> bool:
        """Is the residual of a combination negative (of an equation: not 0), or a multiplier, at a random point?"""
        facts = [self.proof.steps[p].concl for p in step.prem]
        args: dict[str, Any] = {"items": (), "squares": (), **step.args}
        if not _well_sorted(step, facts, args):
            return True
        rows = [(facts[j], m, sign) for j, m, sign in args["items"] if j < len(facts)]
        terms = [step.concl, *facts, *(m for _, m, _ in rows), *(c for row in args["squares"] for c in row[:2])]
        if args.get("scale"):
            terms.append(args["scale"][0])
        names = sorted(frozenset().union(*map(free_variables, terms)) - set(x.integers))
        vectors = {v for f in terms for v in model.vector_variables(f)}
        for _ in range(6):
            env: dict[str, Any] = {
                v: self.rng.normal(size=2) if v in vectors else int(self.rng.integers(0, 3)) for v in names
            }
            try:
                if _residual_negative(x, step, rows, env):
                    return True
            except model.OutOfRange:
                continue
        return False


def _for_all(given: Step, step: Step) -> Term:
    """A premise as a fact: what ``intro`` binds holds for all values, under what else the premise assumes."""
    if step.rule != "intro" or step.concl.head != "all":
        return given.concl
    return mk("all", step.concl.args[0], tuple(h for h in given.hyps if h not in step.hyps), given.concl)


def _empty_sum(step: Step) -> bool:
    return step.rule == "sum_zero" and step.concl.args[0].head in BINDERS and step.concl.args[0].args[1] is time(0)


def _without_empty_sums(term: Term) -> Term:
    """The term with 0 for every sum over t < 0 or less."""
    if term.head == "sum" and not term.args[1].args[1] and term.args[1].args[0] <= 0:
        return num(0)
    return mk(term.head, *(_without_empty_sums(a) if isinstance(a, Term) else a for a in term.args))


def _well_sorted(step: Step, facts: list[Term], args: dict[str, Any]) -> bool:
    """Comparisons only, a vector multiplier exactly for a vector equation inside a scalar goal, for a vector goal only
    vector equations."""
    for j, m, _ in args["items"]:
        if j >= len(facts) or facts[j].head not in COMPARISONS:
            return False
        if (m.head in VECTOR_HEADS) != (facts[j].head == "veq" and step.concl.head != "veq"):
            return False
        if step.concl.head == "veq" and facts[j].head != "veq":
            return False
    return step.concl.head in COMPARISONS


def _residual_negative(x: model.Model, step: Step, rows: list[tuple[Term, Term, Any]], env: dict[str, Any]) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        return _negative_rest(x, step, rows, env)


def _negative_rest(x: model.Model, step: Step, rows: list[tuple[Term, Term, Any]], env: dict[str, Any]) -> bool:
    args: dict[str, Any] = {"items": (), "squares": (), **step.args}
    parts: list[Any] = []  # pairs (value, size of what was subtracted to get it)

    def put(factor: Any, fact: Term) -> None:
        low, high = (x.value(side, env) for side in fact.args)
        parts.append((factor * (high - low), np.abs(factor) * (np.abs(low) + np.abs(high))))

    if step.concl.head == "veq":
        put(1.0, step.concl)
        for f, m, _ in rows:
            put(-x.value(m, env)[:, None], f)
    else:
        scale = x.value(args["scale"][0], env) if args.get("scale") else 1.0
        if args.get("scale") and args["scale"][1] is None and np.any(scale <= 0):
            return True
        put(scale, step.concl)
        for f, m, sign in rows:
            value = x.value(m, env)
            if f.head == "veq":
                low, high = (x.value(side, env) for side in f.args)
                size = (np.abs(value) * (np.abs(low) + np.abs(high))).sum(axis=1)
                parts.append((-(value * (high - low)).sum(axis=1), size))
                continue
            if f.head != "eq" and sign is None and np.any(value < 0):
                return True
            put(-value, f)
        for c, y, sign in args["squares"]:
            value, square = x.value(c, env), x.value(inner(y, y) if y.head in VECTOR_HEADS else y**2, env)
            if sign is None and np.any(value < 0):
                return True
            parts.append((-value * square, np.abs(value * square)))
    rest = sum(p for p, _ in parts)
    room = TOLERANCE * sum(size for _, size in parts) + 1e-290
    if step.concl.head in ("eq", "veq"):
        return bool(np.any(np.abs(rest) > room))
    if np.any(rest < -room):
        return True
    strict = step.concl.head == "lt" and not any(f.head == "lt" for f, _, _ in rows)
    return strict and bool(np.any(np.abs(rest) <= 1e-14 * room))
