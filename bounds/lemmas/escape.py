"""The iterates stay beyond their start: xi_0 = -sigma D e |- <e, x_{T+1}> >= <e, x_0> whenever G(T) <= k K (1-beta1) H.

By induction on T, k <e, x_{T+1} - x_0> >= W_{T+1} (k K (1-beta1) H - G(T)) >= 0: the first step moves away by at least
W_1 K (1-beta1) H, step t moves back by at most w_t c_t, and G(T) <= budget holds at all earlier times, because c_t
changes its sign once.  Every line of ``Escape`` has the hypothesis ``JUMP``, and G(T) <= budget where it says so.
"""

from __future__ import annotations

from functools import cached_property

from bounds.lemmas import unclipped
from bounds.lemmas.geometric import power, power_step
from bounds.lemmas.huber import component_of_grad_le, e, nu, unit_square
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.sums import ZERO, T
from bounds.lemmas.unclipped import D, H, sigma
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, ONE, g, t, x, xi
from bounds.terms import Term, eq, forall, inner, le, lt, n, norm, num, shift, time, total, veq

START, NEXT = time(0), time(1)
JUMP = veq(xi(START), -1 * sigma * D * e)
MINUS_HALF = -HALF


class Escape:
    """The steps of the argument for one method, each written once."""

    def __init__(self, s: Script, method: Method) -> None:
        self.s, self.method = s, method
        self.rest, self.gain = unclipped.complement(method), unclipped.gain(method)
        self.k, self.budget = unclipped.factor(method), unclipped.budget(method)

    def spent(self, upto: Term) -> Term:
        return unclipped.spent(self.method, upto)

    def cap(self, at: Term) -> Term:
        return unclipped.cap(self.method, at)

    def acc(self, at: Term) -> Term:
        return unclipped.acc(self.method, at)

    def weight(self, at: Term) -> Term:
        return unclipped.weight(self.method, at)

    def towards(self, at: Term) -> Term:
        """<e, m_t>."""
        return inner(e, unclipped.direction(self.method, at))

    # --- numbers ---

    @cached_property
    def decreasing(self) -> Line:
        """0 <= 1 - beta1."""
        return self.s.combine(le(0, 1 - HP.beta1), self.s.given("momentum"))

    @cached_property
    def share_nonneg(self) -> Line:
        """0 <= what ||g_t||^2 adds to the accumulator, as a factor."""
        s = self.s
        if self.method.accumulator == "adagrad":
            return s.combine(le(0, HP.eta))
        return s.combine(le(0, 1 - HP.beta2), s.given("forgetting"))

    @cached_property
    def growth_sq(self) -> Line:
        """growth^2 decay = 1."""
        s, r = self.s, unclipped.growth(self.method)
        if self.method.accumulator == "adagrad":
            return s.combine(eq(r**2 * unclipped.decay(self.method), 1))
        return s.combine(eq(r**2 * HP.beta2, 1), (s.given("step_growth"), (r + HP.beta2**MINUS_HALF) * HP.beta2))

    @cached_property
    def k_positive(self) -> Line:
        """0 < k."""
        s, r = self.s, unclipped.growth(self.method)
        if self.method.accumulator == "adagrad":
            return s.combine(lt(0, self.k))
        below = s.combine(lt(HP.beta2, 1), s.given("forgetting"))
        square = s.combine(lt(1, r**2), (below, r**2), (self.growth_sq, -1))
        above = s.combine(lt(0, r - 1), square, scale=(r + 1, None))
        if not self.method.momentum:
            return above
        short = s.combine(lt(0, 1 - HP.beta1 * r), s.given("momentum_short"))
        return s.combine(lt(0, self.k), (short, r - 1, above))

    # --- the noise and the direction ---

    @cached_property
    def first(self) -> Line:
        """<e, g_0> <= -H."""
        s = self.s
        square = unit_square(s)
        slope = s.elim(component_of_grad_le(s), v=x(START))
        jump = s.assume(JUMP)
        return s.combine(le(inner(e, g(START)), -H), slope, (jump, e), (square, -1 * sigma * D), s.given("escape"))

    @cached_property
    def first_size(self) -> Line:
        """H^2 <= ||g_0||^2."""
        s, length = self.s, norm(g(START))
        away = s.combine(le(-inner(e, g(START)), length), s.cauchy_schwarz(-1 * e, g(START)), (s.given("unit"), length))
        long = s.combine(le(H, length), away, self.first)
        return s.combine(le(H**2, length**2), (long, length + H))

    @cached_property
    def later(self) -> Line:
        """<e, g_{t+1}> <= nu."""
        s, at = self.s, shift(t, 1)
        slope = s.elim(component_of_grad_le(s), v=x(at))
        return s.combine(le(inner(e, g(at)), nu), slope, (s.elim(s.given("noise_later"), t=t), e))

    @cached_property
    def first_direction(self) -> Line:
        """<e, m_0> <= -(1 - beta1) H."""
        s = self.s
        if not self.method.momentum:
            return self.first
        none = s.define("m", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
        return s.combine(
            le(self.towards(START), -1 * self.rest * H),
            (s.define("m", START), e),
            (none, HP.beta1 * e),
            (self.first, 1 - HP.beta1, self.decreasing),
            (s.given("momentum"), H),
        )

    @cached_property
    def directions(self) -> Line:
        """<e, m_{t+1}> <= c_{t+1}."""
        s = self.s
        if not self.method.momentum:
            return self.later
        claim = le(self.towards(t), self.cap(t))
        step = s.combine(
            le(self.towards(shift(t, 1)), self.cap(shift(t, 1))),
            (s.define("m", shift(t, 1)), e),
            (s.assume(claim), HP.beta1),
            (self.later, 1 - HP.beta1, self.decreasing),
            (power_step(s, HP.beta1, t), nu + self.rest * H),
        )
        base = s.combine(le(self.towards(START), self.cap(START)), self.first_direction)
        return s.generalise(s.induct("t", base, step, claim), "t", shift(t, 1))

    # --- the stepsizes ---

    @cached_property
    def acc_order(self) -> Line:
        """decay a_t <= a_{t+1} for the accumulator a_t that divides step t."""
        s, decay = self.s, unclipped.decay(self.method)
        same = (s.define("b_sq", t), -1 if self.method.delayed else -1 * decay)
        added = unclipped.share(self.method), g(t if self.method.delayed else shift(t, 1)), self.share_nonneg
        return s.combine(le(decay * self.acc(t), self.acc(shift(t, 1))), same, squares=(added,))

    @cached_property
    def acc_positive(self) -> Line:
        """0 < a_t."""
        s, decay = self.s, unclipped.decay(self.method)
        start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
        if self.method.delayed:
            base = s.combine(lt(0, self.acc(START)), (start, -1))
        else:
            least = (self.first_size, unclipped.share(self.method), self.share_nonneg)
            given = (
                (s.given("divisible"),) if self.method.accumulator == "adagrad" else ((s.given("forgetting"), H**2),)
            )
            base = s.combine(lt(0, self.acc(START)), (start, -1 * decay), least, *given)
        claim = lt(0, self.acc(t))
        step = s.combine(lt(0, self.acc(shift(t, 1))), self.acc_order, (s.assume(claim), decay))
        return s.induct("t", base, step, claim)

    def root(self, at: Term) -> tuple[Term, Line, Line]:
        """a_t^(-1/2), its sign, and a_t^(-1/2)^2 a_t = 1."""
        s = self.s
        positive = s.generalise(self.acc_positive, "t", at)
        a = self.acc(at)
        halves, unit = s.pow_split(positive, MINUS_HALF, MINUS_HALF), s.pow_split(positive, ONE, -ONE)
        line = s.combine(eq((a**MINUS_HALF) ** 2 * a, 1), (halves, a), unit)
        return a**MINUS_HALF, s.pow_pos(positive, MINUS_HALF), line

    def root_order(self, at: Term, scale: Term, order: Line) -> Line:
        """scale a_{t+1}^(-1/2) <= a_t^(-1/2) from scale^2 a_t <= a_{t+1}."""
        s = self.s
        (old, old_sign, old_unit), (new, _, new_unit) = self.root(at), self.root(shift(at, 1))
        squares = s.combine(
            le((scale * new) ** 2, old**2),
            (order, (old * new) ** 2, s.combine(le(0, (old * new) ** 2), squares=((1, old * new),))),
            (new_unit, old**2),
            (old_unit, -1 * (scale * new) ** 2),
        )
        return le_of_sq_le(s, squares, s.combine(le(0, old), old_sign))

    def _descend(self, at: Term, scale: Term, order: Line) -> Line:
        """scale W_{t+1} <= W_t from decay scale^2 a_t <= a_{t+1}."""
        s, method, old = self.s, self.method, unclipped.grown(self.method, at)
        r = unclipped.growth(method)
        scaled = s.combine(
            le((scale / r) ** 2 * self.acc(at), self.acc(shift(at, 1))),
            order,
            (self.growth_sq, -1 * (scale / r) ** 2 * self.acc(at)),
        )
        line = self.root_order(at, scale / r, scaled)
        goal = le(scale * self.weight(shift(at, 1)), self.weight(at))
        if method.accumulator == "adagrad":
            return s.combine(goal, (line, HP.gamma))
        new = unclipped.grown(method, shift(at, 1))
        rate = HP.gamma * scale * self.root(shift(at, 1))[0]
        return s.combine(goal, (line, HP.gamma / old), (power_step(s, r, at), -1 * rate / (new * old * r)))

    @cached_property
    def descend(self) -> Line:
        """W_{t+1} <= W_t."""
        return self._descend(t, num(1), self.acc_order)

    @cached_property
    def first_descend(self) -> Line:
        """K W_1 <= W_0."""
        s = self.s
        if not self.method.delayed:
            return s.generalise(self.descend, "t", START)
        decay, share = unclipped.decay(self.method), unclipped.share(self.method)
        whole = self.gain**2
        inside = s.statement.given("gain_of_delay").args[1].args[0]  # type: ignore[union-attr]
        halves = s.pow_split(s.combine(lt(0, inside)), HALF, HALF)
        definition = s.given("gain_of_delay")
        square = s.combine(eq(whole, inside), (definition, self.gain + inside**HALF), halves)
        start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
        rest = ((s.given("forgetting"), H**2),) if self.method.accumulator == "adam" else ()
        order = s.combine(
            le(decay * whole * self.acc(START), self.acc(NEXT)),
            (square, decay * self.acc(START)),
            (start, decay * (inside - 1)),
            (s.define("b_sq", START), -1),
            (self.first_size, share, self.share_nonneg),
            *rest,
        )
        return self._descend(START, self.gain, order)

    # --- the induction ---

    @cached_property
    def increment(self) -> Line:
        """G(T+1) = G(T) + k growth^(T+1) c_{T+1}."""
        s, method, at, head = self.s, self.method, shift(T, 1), nu + self.rest * H
        goal = eq(self.spent(at), self.spent(T) + self.k * unclipped.grown(method, at) * self.cap(at))
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
        return self.s.combine(le(0, self.k * grown), (self.k_positive, grown))

    @cached_property
    def earlier(self) -> Line:
        """G(T+1) <= budget |- G(T) <= budget."""
        s, at = self.s, shift(T, 1)
        enough, goal = s.assume(unclipped.enough(self.method, at)), unclipped.enough(self.method, T)
        rate, c = self.rate_nonneg.fact.args[1], self.cap(at)
        if not self.method.momentum:
            return s.combine(goal, enough, (self.increment, -1), (self.rate_nonneg, c))
        up, down = le(0, c), le(c, 0)
        back = s.combine(goal, enough, (self.increment, -1), (s.assume(up), rate, self.rate_nonneg))
        negative = s.elim(self._negative, s.assume(down))
        away = s.combine(goal, negative, (self.k_positive, self.gain * self.rest * H))
        return s.cases(up, back, down, away)

    @cached_property
    def _negative(self) -> Line:
        """c_{T+1} <= 0 => G(T) <= 0: c_1 <= c_2 <= ..."""
        s, at, after = self.s, shift(T, 1), shift(T, 2)
        head = nu + self.rest * H
        grows = s.combine(
            le(self.cap(at), self.cap(after)),
            (self.decreasing, head * power(HP.beta1, at)),
            (power_step(s, HP.beta1, at), head),
        )

        def rule(upto: Term) -> Term:
            return forall({}, (le(self.cap(shift(upto, 1)), 0),), le(self.spent(upto), 0))

        base = s.intro(s.combine(le(self.spent(ZERO), 0)), (le(self.cap(NEXT), 0),))
        last = s.assume(le(self.cap(after), 0))
        now = s.combine(le(self.cap(at), 0), grows, last)
        rate = self.rate_nonneg.fact.args[1]
        step = s.combine(
            le(self.spent(at), 0), s.elim(s.assume(rule(T)), now), self.increment, (now, rate, self.rate_nonneg)
        )
        return s.induct("T", base, s.intro(step, (last.fact,)), rule(T))

    def _moved(self, at: Term) -> Line:
        """x_{t+1} = x_t - w_t m_t."""
        s, w = self.s, self.weight(at) * unclipped.grown(self.method, at)
        goal = veq(x(shift(at, 1)), x(at) - w * unclipped.direction(self.method, at))
        define = ((s.define("m", at), w),) if self.method.momentum else ()
        return s.combine(goal, (s.define("x", shift(at, 1)), 1), *define)

    def _weight_nonneg(self, at: Term) -> Line:
        """0 <= W_t."""
        _, sign, _ = self.root(at)
        return self.s.combine(le(0, self.weight(at)), (sign, HP.gamma / unclipped.grown(self.method, at)))

    def _ahead(self, upto: Term) -> Term:
        """k <e, x_0> + W_{T+1} (budget - G(T)) <= k <e, x_{T+1}>."""
        at = shift(upto, 1)
        left = self.k * inner(e, x(START)) + self.weight(at) * (self.budget - self.spent(upto))
        return le(left, self.k * inner(e, x(at)))

    @cached_property
    def ahead(self) -> Line:
        """G(T) <= budget => k <e, x_0> + W_{T+1} (budget - G(T)) <= k <e, x_{T+1}>."""
        s, at = self.s, shift(T, 1)
        k, first, now = self.k, self.weight(START), self.weight(at)
        base = s.combine(
            self._ahead(ZERO),
            (self._moved(START), -1 * k * e),
            (self.first_direction, k * first, self._times_k(self._weight_nonneg(START))),
            (
                self.first_descend,
                k * self.rest * H,
                s.combine(le(0, k * self.rest * H), (self.k_positive, self.rest * H)),
            ),
        )

        def rule(upto: Term) -> Term:
            return forall({}, (unclipped.enough(self.method, upto),), self._ahead(upto))

        enough = s.assume(unclipped.enough(self.method, at))
        w_nonneg = s.combine(
            le(0, now * unclipped.grown(self.method, at)), (self._weight_nonneg(at), unclipped.grown(self.method, at))
        )
        left = s.combine(le(0, self.budget - self.spent(at)), enough)
        step = s.combine(
            self._ahead(at),
            s.elim(s.assume(rule(T)), self.earlier),
            (self._moved(at), -1 * k * e),
            (s.generalise(self.directions, "t", T), k * w_nonneg.fact.args[1], self._times_k(w_nonneg)),
            (self.increment, -1 * now),
            (s.generalise(self.descend, "t", at), left.fact.args[1], left),
        )
        start = s.intro(base, (unclipped.enough(self.method, ZERO),))
        return s.induct("T", start, s.intro(step, (enough.fact,)), rule(T))

    def _times_k(self, nonneg: Line) -> Line:
        """0 <= k y from 0 <= y."""
        y = nonneg.fact.args[1]
        return self.s.combine(le(0, self.k * y), (self.k_positive, y, nonneg))

    @cached_property
    def beyond(self) -> Line:
        """G(T) <= budget |- <e, x_0> <= <e, x_{T+1}>."""
        s, at, enough = self.s, shift(T, 1), self.s.assume(unclipped.enough(self.method, T))
        return s.combine(
            le(inner(e, x(START)), inner(e, x(at))),
            s.elim(self.ahead, enough),
            (enough, self.weight(at), self._weight_nonneg(at)),
            scale=(self.k, self.k_positive),
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
