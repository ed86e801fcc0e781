"""The iterates stay beyond their start: xi_0 = -sigma D e |- <e, x_{T+1}> >= <e, x_0> whenever G(T) <= k K (1-beta1) H.

By induction on T, k <e, x_{T+1} - x_0> >= W_{T+1} (k K (1-beta1) H - G(T)) >= 0: the first step moves away by at least
W_1 K (1-beta1) H, step t moves back by at most w_t c_t, and G(T) <= budget holds at all earlier times, because c_t
changes its sign once.  Every line of ``Escape`` has the hypothesis ``JUMP``, and G(T) <= budget where it says so.
"""

from __future__ import annotations

from functools import cached_property

from bounds.lemmas import unclipped
from bounds.lemmas.geometric import power, power_step
from bounds.lemmas.huber import e, nu
from bounds.lemmas.sums import ZERO, T
from bounds.lemmas.unclipped import H
from bounds.lemmas.unclipped_steps import NEXT, START, Steps
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HP, ONE, t, x
from bounds.terms import Term, eq, forall, inner, le, lt, n, num, shift, total


class Escape:
    """The induction for one method; every line is written once."""

    def __init__(self, s: Script, method: Method) -> None:
        self.s, self.method, self.steps = s, method, Steps(s, method)
        self.rest, self.gain = unclipped.complement(method), unclipped.gain(method)
        self.k, self.budget = unclipped.factor(method), unclipped.budget(method)

    def spent(self, upto: Term) -> Term:
        return unclipped.spent(self.method, upto)

    @cached_property
    def increment(self) -> Line:
        """G(T+1) = G(T) + k growth^(T+1) c_{T+1}."""
        s, method, at, head = self.s, self.method, shift(T, 1), nu + self.rest * H
        goal = eq(self.spent(at), self.spent(T) + self.k * unclipped.grown(method, at) * self.steps.cap(at))
        r, items = unclipped.growth(method), []
        grows = method.accumulator == "adam"
        if method.momentum:
            extra = head * (r - 1) * unclipped.grown(method, at) if grows else head
            items.append((power_step(s, HP.beta1, T), extra))
        if method.momentum and not grows:
            items.append((s.given("momentum"), head * power(HP.beta1, at)))
        if grows:
            later = head * (r - 1) * HP.beta1 * power(HP.beta1, T) if method.momentum else num(0)
            items.append((power_step(s, r, T), (1 - HP.beta1 * r if method.momentum else 1) * nu + later))
        return s.combine(goal, *items)

    @cached_property
    def rate_nonneg(self) -> Line:
        """0 <= k growth^(T+1)."""
        grown = unclipped.grown(self.method, shift(T, 1))
        return self.s.combine(le(0, self.k * grown), (self.steps.k_positive, grown))

    @cached_property
    def earlier(self) -> Line:
        """G(T+1) <= budget |- G(T) <= budget."""
        s, at = self.s, shift(T, 1)
        enough, goal = s.assume(unclipped.enough(self.method, at)), unclipped.enough(self.method, T)
        rate, c = self.rate_nonneg.fact.args[1], self.steps.cap(at)
        if not self.method.momentum:
            return s.combine(goal, enough, (self.increment, -1), (self.rate_nonneg, c))
        up, down = le(0, c), le(c, 0)
        back = s.combine(goal, enough, (self.increment, -1), (s.assume(up), rate, self.rate_nonneg))
        negative = s.elim(self._negative, s.assume(down))
        away = s.combine(goal, negative, (self.steps.k_positive, self.gain * self.rest * H))
        return s.cases(up, back, down, away)

    @cached_property
    def _negative(self) -> Line:
        """c_{T+1} <= 0 => G(T) <= 0: c_1 <= c_2 <= ..."""
        s, at, after = self.s, shift(T, 1), shift(T, 2)
        head = nu + self.rest * H
        grows = s.combine(
            le(self.steps.cap(at), self.steps.cap(after)),
            (self.steps.decreasing, head * power(HP.beta1, at)),
            (power_step(s, HP.beta1, at), head),
        )

        def rule(upto: Term) -> Term:
            return forall({}, (le(self.steps.cap(shift(upto, 1)), 0),), le(self.spent(upto), 0))

        base = s.intro(s.combine(le(self.spent(ZERO), 0)), (le(self.steps.cap(NEXT), 0),))
        last = s.assume(le(self.steps.cap(after), 0))
        now = s.combine(le(self.steps.cap(at), 0), grows, last)
        rate = self.rate_nonneg.fact.args[1]
        step = s.combine(
            le(self.spent(at), 0), s.elim(s.assume(rule(T)), now), self.increment, (now, rate, self.rate_nonneg)
        )
        return s.induct("T", base, s.intro(step, (last.fact,)), rule(T))

    def _ahead(self, upto: Term) -> Term:
        """k <e, x_0> + W_{T+1} (budget - G(T)) <= k <e, x_{T+1}>."""
        at = shift(upto, 1)
        left = self.k * inner(e, x(START)) + self.steps.weight(at) * (self.budget - self.spent(upto))
        return le(left, self.k * inner(e, x(at)))

    @cached_property
    def ahead(self) -> Line:
        """G(T) <= budget => k <e, x_0> + W_{T+1} (budget - G(T)) <= k <e, x_{T+1}>."""
        s, at = self.s, shift(T, 1)
        k, first, now = self.k, self.steps.weight(START), self.steps.weight(at)
        base = s.combine(
            self._ahead(ZERO),
            (self.steps.moved(START), -1 * k * e),
            (self.steps.first_direction, k * first, self._times_k(self.steps.weight_nonneg(START))),
            (
                self.steps.first_descend,
                k * self.rest * H,
                s.combine(le(0, k * self.rest * H), (self.steps.k_positive, self.rest * H)),
            ),
        )

        def rule(upto: Term) -> Term:
            return forall({}, (unclipped.enough(self.method, upto),), self._ahead(upto))

        enough = s.assume(unclipped.enough(self.method, at))
        w_nonneg = s.combine(
            le(0, now * unclipped.grown(self.method, at)),
            (self.steps.weight_nonneg(at), unclipped.grown(self.method, at)),
        )
        left = s.combine(le(0, self.budget - self.spent(at)), enough)
        step = s.combine(
            self._ahead(at),
            s.elim(s.assume(rule(T)), self.earlier),
            (self.steps.moved(at), -1 * k * e),
            (s.generalise(self.steps.directions, "t", T), k * w_nonneg.fact.args[1], self._times_k(w_nonneg)),
            (self.increment, -1 * now),
            (s.generalise(self.steps.descend, "t", at), left.fact.args[1], left),
        )
        start = s.intro(base, (unclipped.enough(self.method, ZERO),))
        return s.induct("T", start, s.intro(step, (enough.fact,)), rule(T))

    def _times_k(self, nonneg: Line) -> Line:
        """0 <= k y from 0 <= y."""
        y = nonneg.fact.args[1]
        return self.s.combine(le(0, self.k * y), (self.steps.k_positive, y, nonneg))

    @cached_property
    def beyond(self) -> Line:
        """G(T) <= budget |- <e, x_0> <= <e, x_{T+1}>."""
        s, at, enough = self.s, shift(T, 1), self.s.assume(unclipped.enough(self.method, T))
        return s.combine(
            le(inner(e, x(START)), inner(e, x(at))),
            s.elim(self.ahead, enough),
            (enough, self.steps.weight(at), self.steps.weight_nonneg(at)),
            scale=(self.k, self.steps.k_positive),
        )

    @cached_property
    def average_beyond(self) -> Line:
        """G(T) <= budget |- <e, x_0> <= <e, average of x_0 .. x_{T+1}>."""
        s, at, first = self.s, shift(T, 1), inner(e, x(START))
        body = inner(e, x(t))

        def claim(upto: Term) -> Term:
            return le((n(upto) + 2) * first, total("t", shift(upto, 2), body))

        def rule(upto: Term) -> Term:
            return forall({}, (unclipped.enough(self.method, upto),), claim(upto))

        parts = (s.sum_step("t", NEXT, body), s.sum_step("t", ZERO, body), s.sum_zero("t", ZERO, body))
        base = s.combine(
            claim(ZERO),
            s.generalise(self.beyond, "T", ZERO, s.assume(unclipped.enough(self.method, ZERO))),
            *((line, -1) for line in parts),
        )
        enough = s.assume(unclipped.enough(self.method, at))
        step = s.combine(
            claim(at),
            s.elim(s.assume(rule(T)), self.earlier),
            s.generalise(self.beyond, "T", at, enough),
            (s.sum_step("t", shift(T, 2), body), -1),
        )
        start = s.intro(base, (unclipped.enough(self.method, ZERO),))
        general = s.induct("T", start, s.intro(step, (enough.fact,)), rule(T))
        summed = s.elim(general, s.assume(unclipped.enough(self.method, T)))
        count = n(T) + 2
        positive = s.combine(lt(0, count))
        unit, vectors = s.pow_split(positive, ONE, -ONE), total("t", shift(T, 2), x(t))
        return s.combine(
            le(first, inner(e, average(T))),
            summed,
            (s.inner_sum(e, vectors), -1),
            (unit, -1 * inner(e, vectors)),
            scale=(count, positive),
        )


def average(upto: Term) -> Term:
    """The average of x_0 .. x_{T+1}."""
    return (n(upto) + 2) ** -1 * total("t", shift(upto, 2), x(t))
