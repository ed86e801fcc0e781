"""Mutants of statements and of the sources of theorems (see ``tests.kernel.campaign`` for the steps).

*Statements*: the steps stay, the statement changes; nobody may pass off a proof as the proof of something else.
Such a mutant is false when at some point the new hypothesis holds and the old one does not (or the old conclusion holds
and the new one does not), or when a fact or a recursion that the proof uses is gone.  *Sources*: the proof is written
again from the changed statement.  Where the new hypothesis does not imply the old one the new proof is refused, but for
the ``TRUE_NEIGHBOURS`` and others like them: theorems true for another reason, listed for a human to look at.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from bounds.statement import Proof, Statement, Step
from bounds.terms import Term, free_variables, le, num
from tests.kernel import model
from tests.kernel.campaign import COMPARISONS, Report
from tests.kernel.judges import Judges, whole
from tests.kernel.monotone import Monotone
from tests.kernel.mutate import statement_mutants
from verify.kernel.certificate import encode
from verify.kernel.normal import KernelError, Normal
from verify.prove import dumps

PAIRS = 60
SMALLER_L = "a smaller constant of smoothness than L"
TRUE_NEIGHBOURS = {
    ("smooth", "constant - 1/100"): SMALLER_L,
    ("smooth", "constant negated"): SMALLER_L,
    ("smooth", "second summand dropped"): SMALLER_L,
    ("noise_mean", "constant - 1/100"): "no noise has this mean for every a: nothing satisfies the assumption",
    ("noise_mean", "constant + 1/100"): "no noise has this mean for every a: nothing satisfies the assumption",
    ("alpha_minus_one", "constant negated"): "Young's inequality holds with any weight above alpha - 1",
    ("alpha_minus_one", "constant + 1/100"): "Young's inequality holds with any weight above alpha - 1",
    ("alpha_minus_one", "second summand dropped"): "Young's inequality holds with any weight above alpha - 1",
}
TRUE_DECLARATIONS = {
    ("convex-clip-adagrad-norm-stale", "x", "known one step earlier"): "x_t = y_(t-d), d >= 1, is known at t - d - 1",
}


class StatementCampaign:
    """Mutants of the statement of one theorem."""

    def __init__(self, proof: Proof, seeds: tuple[int, ...] = tuple(range(16))) -> None:
        self.proof, self.statement = proof, proof.statement
        self.normal = Normal(proof.statement)
        self.judges, self.monotone = Judges(proof), Monotone(proof.statement.parameters)
        self.wild = [model.wild(proof.statement, s) for s in seeds]
        self.rng = np.random.default_rng(23)
        self.used = {s.args["name"] for s in proof.steps if s.rule in ("given", "define")}

    def sample(self, count: int, seed: int = 7) -> list[tuple[str, str, Statement]]:
        """``count`` mutants, the parts of the statement in turn, in a random order."""
        rng = random.Random(seed)
        parts: dict[str, list[tuple[str, str, Statement]]] = {}
        for m in statement_mutants(self.statement):
            parts.setdefault(m[0], []).append(m)
        out: list[tuple[str, str, Statement]] = []
        turn = list(parts.values())
        for found in turn:
            rng.shuffle(found)
        rng.shuffle(turn)
        while len(out) < count and any(turn):
            out += [found.pop() for found in turn if found]
        return out[:count]

    def run(self, mutants: list[tuple[str, str, Statement]]) -> Report:
        """The old steps under the new statement."""
        report = Report()
        for part, what, st in mutants:
            certificate = encode(Proof(st, self.proof.steps))
            verdict = whole(certificate, dumps(certificate))
            truth = self.classify(part, what, st)
            self._count(report, "statement", f"{part}: {what}", truth, verdict.kernel, verdict.recheck)
        return report

    def rewrite(self, mutants: list[tuple[str, str, Statement]], write: Callable[[Statement], Proof]) -> Report:
        """A new proof, written from the new statement."""
        report = Report()
        for part, what, st in mutants:
            if part == "conclusion" or st.processes != self.statement.processes:
                continue  # a proof script writes the conclusion and the method itself
            truth = self.classify(part, what, st)
            try:
                proof = write(st)
                certificate = encode(proof)
                verdict = whole(certificate, dumps(certificate))
                kernel, second = verdict.kernel, verdict.recheck
            except (KeyError, IndexError, ValueError, AttributeError):  # the script needs the fact as it was
                kernel = second = False
            neighbour = TRUE_NEIGHBOURS.get((part, what.removeprefix("premise: ")))
            if kernel and second and truth.startswith("false") and neighbour:
                truth = "equivalent"
            self._count(report, "source", f"{part}: {what}", truth, kernel, second)
        return report

    def _count(self, report: Report, kind: str, name: str, truth: str, kernel: bool, second: bool) -> None:
        report.kinds[f"{kind}: {truth}"] += 1
        name = f"{self.statement.id} {self.statement.variant} {kind} {name}"
        if kernel != second:
            report.disagreements.append(name)
        if truth.startswith("false"):
            if kind == "source" and kernel and second:
                report.otherwise.append(name)
            elif kernel or second:
                report.survived.append(name)
            else:
                report.killed += 1
        elif truth == "equivalent":
            report.equivalent += 1
            report.accepted_true += kernel and second
        else:
            report.unclassified.append(f"accepted: {name}" if kernel or second else name)

    # --- what is false ---

    def classify(self, part: str, what: str, st: Statement) -> str:
        if part == "conclusion":
            return self._compare(self.statement.conclusion, st.conclusion)
        if part not in self.used or (self.statement.id, part, what) in TRUE_DECLARATIONS:
            return "equivalent"  # nothing depends on it, or it is true
        new, old = st.given(part), self.statement.given(part)
        if new is None or old is None:
            return "false by rule"  # gone, or a recursion that is another one
        return self._compare(new, old)

    def _compare(self, a: Term, b: Term) -> str:
        """Does b follow from a?"""
        if self.fails(a, b):
            return "false at a point"
        return "equivalent" if self._follows(a, b) else "unclassified"

    def fails(self, a: Term, b: Term) -> bool:
        """At some point a holds and b does not, part by part."""
        if a.head == b.head == "and":
            return len(a.args) != len(b.args) or any(map(self.fails, a.args, b.args))
        if a.head == b.head == "whp":
            return self._point(le(a.args[0], b.args[0])) or self.fails(a.args[1], b.args[1])
        if a.head == b.head == "all":
            if len(a.args[1]) > len(b.args[1]):
                return True  # a premise more
            premises = zip(b.args[1], a.args[1], strict=False) if len(a.args[1]) == len(b.args[1]) else ()
            return a.args[0] == b.args[0] and (
                any(self.fails(*p) for p in premises) or self.fails(a.args[2], b.args[2])
            )
        if a.head in ("eq", "veq") and b.head in ("eq", "veq"):
            return self._other_equation(a, b)
        if a.head in ("le", "lt") and b.head in ("le", "lt"):
            return (a.head == "le" and b.head == "lt" and a.args == b.args) or self._crossed(a, b)
        return True

    def _environments(self, *facts: Term) -> Iterator[dict[str, Any]]:
        names = sorted(frozenset().union(*map(free_variables, facts)) - set(self.statement.integers))
        vectors = {v for f in facts for v in model.vector_variables(f)}
        while True:
            size = float(self.rng.choice([0.03, 0.3, 1, 3]))
            yield {v: self.rng.normal(size=2) * size if v in vectors else int(self.rng.integers(0, 2)) for v in names}

    def _point(self, fact: Term) -> bool:
        return any(x.violation((), fact) is not None for x in self.wild)

    def _other_equation(self, a: Term, b: Term) -> bool:
        """Are the two sides' differences not proportional?  Then one equation can hold without the other."""
        ratios = []
        for x, env in zip(self.wild[1:], self._environments(a, b), strict=False):
            try:
                p, q = (np.ravel(x.value(f.args[1], env) - x.value(f.args[0], env)) for f in (a, b))
            except model.OutOfRange:
                continue
            known = np.abs(p) > 1e-9
            if np.any(np.abs(q[~known]) > 1e-6):
                return True
            ratios += list(q[known] / p[known])
        return len(ratios) > 1 and bool(np.ptp(ratios) > 1e-6 * (1 + np.max(np.abs(ratios))))

    def _crossed(self, a: Term, b: Term) -> bool:
        """On the way from an instance where a holds to one where it does not, is there one where only a holds?"""
        at = self._environments(a, b)
        for _ in range(PAIRS):
            first, second = self.rng.choice(len(self.wild), size=2, replace=False)
            env = next(at)
            try:
                if self._crossed_between(self.wild[first], self.wild[second], a, b, env):
                    return True
            except model.OutOfRange:
                continue
        return False

    def _crossed_between(self, x: model.Model, y: model.Model, a: Term, b: Term, env: dict[str, Any]) -> bool:
        def room(z: model.Model, fact: Term) -> tuple[float, float]:
            low, high = (float(z.value(side, env)[0]) for side in fact.args)
            return high - low, 1e-9 * (1e-3 + abs(low) + abs(high))

        for z in (x, y):
            left, slack = room(z, b)
            if room(z, a)[0] > 0 and left < -slack:
                return True
        inside, outside = (x, y) if room(x, a)[0] > 0 else (y, x)
        if not room(inside, a)[0] > 0 >= room(outside, a)[0]:
            return False
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if room(model.blend(inside, outside, middle), a)[0] > 0 else (low, middle)
        ends = (room(model.blend(inside, outside, share), b) for share in (low / 2, low))
        return any(left < -slack for left, slack in ends)

    def _follows(self, a: Term, b: Term) -> bool:
        """The kernel sees that b follows from a: the same, or one step of ``combine`` on the same variables."""
        try:
            if self.normal.same(a, b):
                return True
        except (KernelError, KeyError):  # a mutant may name what is not declared
            return False
        if a.head == b.head == "and":
            return all(map(self._follows, a.args, b.args))
        if a.head == b.head == "whp":
            return self._derived((), b.args[0], a.args[0]) and self._follows(a.args[1], b.args[1])
        if a.head == b.head == "all":
            sharper = all(any(self._follows(q, p) for q in b.args[1]) for p in a.args[1])
            return sharper and self._follows(a.args[2], b.args[2])
        if a.head not in COMPARISONS or b.head not in COMPARISONS:
            return False
        if self.monotone.implies(a, b):
            return True
        at = len(self.proof.steps)
        given: tuple[Any, ...] = ((0, num(1), None),)
        step = Step("combine", b, (a,), (at,), {"items": given, "squares": ()})
        return self._combined(a, step) or self._combined(a, replace(step, prem=(), args={"items": (), "squares": ()}))

    def _combined(self, a: Term, step: Step) -> bool:
        kernel = self.judges.kernel
        kernel.done = [*self.judges.steps, Step("assume", a, (a,))]
        from verify.kernel.rules import RULES

        try:
            RULES["combine"](kernel, step)
        except (KernelError, KeyError):
            return False
        return True

    def _derived(self, hyps: tuple[Term, ...], larger: Term, smaller: Term) -> bool:
        return self.normal.same(larger, smaller)
