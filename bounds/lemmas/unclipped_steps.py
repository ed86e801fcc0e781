"""Single steps of an unclipped method on the Huber function, when xi_0 = -sigma D e and nothing comes later.

<e, m_0> <= -(1-beta1) H, then <e, m_t> <= c_t; W_{t+1} <= W_t and K W_1 <= W_0 for the stepsizes (theory, section 8).
"""

from __future__ import annotations

from functools import cached_property

from bounds.lemmas import unclipped
from bounds.lemmas.geometric import power_step
from bounds.lemmas.huber import component_of_grad_le, e, nu, unit_square
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.unclipped import D, H, sigma
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, ONE, g, t, x, xi
from bounds.terms import Term, eq, inner, le, lt, n, norm, num, shift, time, veq

START, NEXT = time(0), time(1)
JUMP = veq(xi(START), -1 * sigma * D * e)
MINUS_HALF = -HALF


class Steps:
    """The facts about single steps of one method, each written once; all but the numbers under ``JUMP``."""

    def __init__(self, s: Script, method: Method) -> None:
        self.s, self.method = s, method
        self.rest, self.gain = unclipped.complement(method), unclipped.gain(method)
        self.k = unclipped.factor(method)

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

    def moved(self, at: Term) -> Line:
        """x_{t+1} = x_t - w_t m_t."""
        s, w = self.s, self.weight(at) * unclipped.grown(self.method, at)
        goal = veq(x(shift(at, 1)), x(at) - w * unclipped.direction(self.method, at))
        define = ((s.define("m", at), w),) if self.method.momentum else ()
        return s.combine(goal, (s.define("x", shift(at, 1)), 1), *define)

    def weight_nonneg(self, at: Term) -> Line:
        """0 <= W_t."""
        _, sign, _ = self.root(at)
        return self.s.combine(le(0, self.weight(at)), (sign, HP.gamma / unclipped.grown(self.method, at)))
