"""The Coq proofs of the rules of expectation and probability."""

from __future__ import annotations

from bounds.terms import Term, eq, expect, forall, inner, le, mk, n, norm, num, shift, time, total, whp
from verify.export.context import Context
from verify.export.development import Item, Known, conjoin, project
from verify.export.measure import dominating, event, measurable, random_variable


class Expectation:
    """What the rules of expectation share: the time, the event that the hypotheses hold, dominated terms."""

    def __init__(self, c: Context, s: Term, facts: tuple[Term, ...] | None = None) -> None:
        self.c, self.s = c, s
        facts = c.step.hyps if facts is None else facts
        self.event, self.event_proof = event(c.d, facts, s, c.scope)
        self.at = c.d.printer.time(s)
        self.inside: Known = [(h, project(i, len(facts), "g")) for i, h in enumerate(facts)]
        self.here = conjoin([p for _, p in c.known]) if facts else "I"
        self.noise = c.d.hypothesis["h_noise"]
        self.head = f"X_{c.d.statement.noise} p_alpha {self.at}"

    def function(self, x: Term) -> str:
        return f"(fun w => {self.c.text(x)})"

    def pointwise(self, proof: str) -> str:
        return f"(fun w g => {proof})"

    def dominated(self, k: int, x: Term) -> str:
        """Premises k and k + 1: x <= D and -x <= D."""
        c = self.c
        bound = c.fact(k).args[1]
        upper = c.as_fact(k, le(x, bound), known=self.inside)
        lower = c.as_fact(k + 1, le(-x, bound), known=self.inside)
        known = random_variable(c.d, x, self.s, c.scope)
        dominates = dominating(c.d, bound, self.s, c.scope)
        point = self.pointwise(f"(conj {upper} {lower})")
        functions = f"{self.function(x)} {self.function(bound)}"
        return f"(dominated_by {self.head} {self.event} {functions} {known} {dominates} {point})"


def e_mono(c: Context) -> str:
    s, x = c.step.concl.args[0].args
    y = c.step.concl.args[1].args[1]
    e = Expectation(c, s)
    head = c.step.concl.head
    rule = "E_mono" if head == "le" else "E_equal"
    point = e.pointwise(c.as_fact(0, mk(head, x, y), known=e.inside))
    return (
        f"exact ({rule} {e.head} {e.event} {e.function(x)} {e.function(y)} {e.noise} {e.event_proof} "
        f"{e.dominated(1, x)} {e.dominated(3, y)} {point} w {e.here})."
    )


def e_lin(c: Context) -> str:
    s, z = c.step.concl.args[0].args
    e, d = Expectation(c, s), c.d
    at, pairs, proofs, whole, value, units = 0, [], [], num(0), num(0), []
    for coefficient, x in c.step.args["parts"]:
        pairs.append(f"({e.function(coefficient)}, {e.function(x)})")
        if x is num(1):
            dominated = f"(dominated_one {e.head} {e.event})"
            units.append(Item(eq(expect(s, x), 1), f"(E_one {e.at} w)", coefficient))
        else:
            dominated = e.dominated(at, x)
            at += 2
        proofs.append(f"(conj {measurable(d, coefficient, s, c.scope)} (conj {dominated}")
    for coefficient, x in reversed(c.step.args["parts"]):
        whole, value = coefficient * x + whole, coefficient * expect(s, x) + value
    parts = " ".join(proofs) + " I" + "))" * len(proofs)
    listed = f"[{'; '.join(pairs)}]"
    same = d.identity(z, whole, c.scope)
    goal = eq(value, c.step.concl.args[1])
    small = d.restricted(c.scope, goal)
    text = c.show(goal, small)
    last = d.kept(("linear", text), small, [], text, lambda: d.combine(goal, small, units))
    first = f"(E_ext {e.at} {e.function(z)} (combination {listed}) w (fun w => {same}))"
    second = f"(E_lin {e.head} {e.event} {listed} {e.noise} {e.event_proof} {parts} w {e.here})"
    return f"exact (eq_trans {first} (eq_trans {second} ({last})))."


def e_vec(c: Context) -> str:
    a, ev = c.step.concl.args[0].args
    s, v = ev.args
    e, d = Expectation(c, s), c.d
    bound = c.fact(0).args[1]
    point = e.pointwise(c.as_fact(0, le(norm(v), bound), known=e.inside))
    wanted = eq(inner(a, ev), expect(s, inner(a, v)))
    known = f"{measurable(d, a, s, c.scope)} {random_variable(d, v, s, c.scope)} {dominating(d, bound, s, c.scope)}"
    functions = f"{e.function(a)} {e.function(v)} {e.function(bound)}"
    proof = f"(E_vec {e.head} {e.event} {functions} {e.noise} {e.event_proof} {known} {point} w {e.here})"
    return c.done(wanted, proof)


def ville(c: Context) -> str:
    t, big, horizon, y, a = (c.step.args[k] for k in ("t", "T", "N", "Y", "A"))
    inside = Context(c.d, c.k)
    inside.scope = {**c.scope, t: "nat"}
    now = time(0, **{t: 1})
    past, growth = shift(now, -1), mk("exp", y)
    e = Expectation(inside, past, ())
    upto = time(0, **{big: 1})
    wanted = whp(
        mk("exp", -a), forall({big: "nat"}, (le(n(upto), n(time(0, **{horizon: 1}))),), le(total(t, upto, y), a))
    )
    one = inside.as_fact(0, le(expect(past, growth), 1))
    low = c.as_fact(3, le(0, a))
    return c.done(
        wanted,
        f"(ville X_{c.d.statement.noise} p_alpha (fun n_{t} w => {inside.text(y)}) {c.text(a)} i_{horizon} {e.noise} "
        f"(fun n_{t} P_{t} => {measurable(c.d, y, now, inside.scope)}) (fun n_{t} P_{t} => {e.dominated(1, growth)}) "
        f"(fun n_{t} w P_{t} => {one}) {low})",
    )


def whp_rule(c: Context) -> str:
    k = len(c.step.prem) - 2
    facts = [c.fact(i) for i in range(k)]
    proof, failure = c.premise(0), facts[0].args[0]
    for i in range(1, k):
        proof, failure = f"(whp_both _ _ _ _ {proof} {c.premise(i)})", failure + facts[i].args[0]
    held = [nested(i, k) for i in range(k)]
    events = [(f.args[1], p) for f, p in zip(facts, held, strict=True)]
    inside = c.as_fact(k, c.step.concl.args[1], events)
    small = c.as_fact(k + 1, le(failure, c.step.concl.args[0]))
    return f"exact (whp_weaken _ _ _ _ {proof} (fun w h => {inside}) {small})."


def nested(i: int, k: int) -> str:
    """Member i of ((0 and 1) and 2) and ... and k - 1, out of the hypothesis h."""
    out = "h"
    for _ in range(k - 1 - max(i, 1)):
        out = f"(proj1 {out})"
    return out if k == 1 else f"(proj{1 if i == 0 else 2} {out})"
