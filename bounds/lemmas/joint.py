"""The joint budget: both error terms in one exponential supermartingale (theory, section 4.1, sharpened by ``radial``).

With om = 1/q1, tau = u lam/R, h > 0 free, a = R (y_t - x*)/G_t, so that ||a|| <= R, and th = gc_t - p_t:

    W_t = (-2 u_t <a, th> + u^2 om ||th||^2) / R^2,     A(w) = -(2 h u_t / R^2) <a, w>,     M = 2 h tau,
    h W_t = A(th) + E_t,  0 <= E_t <= e0 := h om tau^2 rho2^2,     |A(w)| <= M ||w|| / lam.

Pointwise exp(h W_t) - 1 - A(xi_t) <= K (||xi_t|| / lam)^alpha, so E[exp(h W_t) | F_{t-1}] <= 1 + K (sigma/lam)^alpha.
"""

from __future__ import annotations

from bounds.exponents import ALPHA
from bounds.lemmas.clip import (
    PAST,
    Pair,
    moment_line,
    norm_clip_le,
    norm_clip_sub_le,
    norm_clip_sub_le_noise,
    reflexive,
    rho,
    rho2,
    young,
)
from bounds.lemmas.concentration import good
from bounds.lemmas.freedman import exp, exp_sub_le_one
from bounds.lemmas.order import gated_le, norm_add_le, norm_congr
from bounds.lemmas.radial import Radial, direction
from bounds.lemmas.scheme import R, near
from bounds.lemmas.smooth import small_of_near
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HP, K_ALPHA, ONE, TWO, g, gc, p, t, theta, xi
from bounds.terms import Term, eq, expect, ind, inner, le, mk, norm, num, par

lam, h, q1, K, C = HP.lam, *(par(k) for k in ("h", "q1", "K", "C"))
A1 = par("A1")
SIZE = norm(xi(t)) / lam
FRACTION = SIZE / rho2
TAIL = K * SIZE**ALPHA


def scale_m(largest: Term) -> Term:
    """M = 2 h tau."""
    return 2 * h * largest * lam / R


def excess(largest: Term) -> Term:
    """e0 = h om tau^2 rho2^2."""
    return h * (largest * lam * rho2 / R) ** 2 / q1


def first_entry(largest: Term) -> Term:
    """exp(M rho2 + e0) - 1 - M rho2."""
    x = scale_m(largest) * rho2
    return exp(x + excess(largest)) - 1 - x


def per_step() -> Term:
    """K (sigma/lam)^alpha: what one step may add to the exponent."""
    return K * (par("sigma") / lam) ** ALPHA


def bare_w(method: Method, u: Term, largest: Term) -> Term:
    """W_t without its indicator."""
    return (-2 * u * inner(direction(method), theta(t)) + largest**2 / q1 * inner(theta(t), theta(t))) / R**2


def exponent_of(method: Method, u: Term, largest: Term) -> Term:
    """Y_t = h 1{good_t} W_t - K (sigma/lam)^alpha, whose exponential has conditional mean at most 1."""
    return h * (ind(near(method)) * bare_w(method, u, largest)) - per_step()


class Terms:
    """The quantities of one step, as terms, with the facts about them that hold on the good event."""

    def __init__(self, s: Script, method: Method, u: Term, largest: Term, cap: Line) -> None:
        self.s, self.u, self.largest, self.cap = s, u, largest, cap
        self.method, self.a, self.near = method, direction(method), near(method)
        self.shorter = Radial(s, method).short
        self.m, self.e0 = scale_m(largest), excess(largest)
        self.x = self.m * rho2
        self.v, self.pi, self.gamma = self.linear(xi(t)), self.linear(p(t)), self.linear(gc(t))
        self.e = h * largest**2 / (q1 * R**2) * inner(theta(t), theta(t))
        self.hw = self.linear(theta(t)) + self.e
        self.error_cap = good(s, method, norm_clip_sub_le(s))
        self.error_noise = good(s, method, norm_clip_sub_le_noise(s))
        c = h * largest**2 / (q1 * R**2)
        self.e_cap = s.combine(le(self.e, self.e0), (self.error_cap, c * (norm(theta(t)) + rho2 * lam)))
        bound = self.e0 * FRACTION**2
        self.e_noise = s.combine(le(self.e, bound), (self.error_noise, c * (norm(theta(t)) + norm(xi(t)))))

    def linear(self, w: Term) -> Term:
        """A(w)."""
        return -2 * h * self.u / R**2 * inner(self.a, w)

    def linear_le(self, w: Term, sign: int, size: Term, small_enough: Line | None = None) -> Line:
        """sign A(w) <= M size / lam, from ||w|| <= size (no line: size is ||w|| itself)."""
        s, coefficient = self.s, 2 * h * self.u / R**2
        goal = le(sign * self.linear(w), self.m * (size / lam))
        shorter = () if small_enough is None else ((small_enough, 2 * h * self.largest / R),)
        return s.combine(
            goal,
            (s.cauchy_schwarz(-sign * self.a, w), coefficient),
            (self.shorter, coefficient * norm(w)),
            (self.cap, 2 * h / R * norm(w)),
            *shorter,
        )

    def remainder(self, v: Term, w: Term, f: Term, prem: tuple[Line, Line, Line, Line], small_w: Line) -> Line:
        """exp(v + w) - 1 - v <= f^2 first_entry, from |v| <= f M rho2, 0 <= f <= 1 and w <= e0 f^2."""
        s, x, e0 = self.s, self.x, self.e0
        above, below, nonneg, at_most_one = prem
        rest = s.exp_remainder(v, f, x, (above, below, nonneg, at_most_one, s.combine(le(0, x))))
        square_nonneg = s.combine(le(0, f**2), (nonneg, f, nonneg))
        square_small = s.combine(le(f**2, 1), (at_most_one, f + 1, s.combine(le(0, f + 1), nonneg)))
        chord = s.exp_convex(square_nonneg, square_small, e0, num(0))
        grows = s.exp_mono(s.combine(le(w, f**2 * e0 + (1 - f**2) * 0), small_w))
        bigger = s.exp_mono(s.combine(le(v, x), above, (at_most_one, x)))
        gain = s.combine(le(0, f**2 * (exp(e0) - 1)), (s.exp_tangent(e0), f**2, square_nonneg), (square_nonneg, e0))
        return s.combine(
            le(exp(v + w) - 1 - v, f**2 * first_entry(self.largest)),
            (s.exp_add(v, w), -1),
            (grows, exp(v), s.combine(le(0, exp(v)))),
            (chord, exp(v), s.combine(le(0, exp(v)))),
            (bigger, f**2 * (exp(e0) - 1), gain),
            rest,
            (s.exp_add(x, e0), f**2),
        )

    def tail(self, line: Line, f_is_one: bool) -> Line:
        """y <= TAIL from y <= f^2 first_entry, with f = FRACTION <= 1 or f = 1 <= FRACTION."""
        s = self.s
        order = s.assume(le(1, FRACTION) if f_is_one else le(FRACTION, 1))
        entry = first_entry(self.largest)
        positive = self.entry_nonneg()
        if f_is_one:
            power = s.pow_mono(s.combine(le(0, num(1))), order, ALPHA)
            enough = s.combine(le(entry, entry * FRACTION**ALPHA), (power, entry, positive))
        else:
            power = s.pow_mono(s.combine(le(0, FRACTION)), order, TWO - ALPHA)
            scaled = s.combine(le(0, entry * FRACTION**ALPHA), (positive, FRACTION**ALPHA))
            enough = s.combine(
                le(FRACTION**2 * entry, entry * FRACTION**ALPHA), (power, entry * FRACTION**ALPHA, scaled)
            )
        goal = le(line.fact.args[0], TAIL)
        return s.combine(goal, line, enough, (s.given("first_entry"), FRACTION**ALPHA))

    def entry_nonneg(self) -> Line:
        """0 <= first_entry."""
        s = self.s
        return s.combine(le(0, first_entry(self.largest)), s.exp_tangent(self.x + self.e0))

    def by_fraction(self, at_most_one: Line, at_least_one: Line) -> Line:
        """A fact from its proofs for FRACTION <= 1 and for 1 <= FRACTION."""
        return self.s.cases(le(FRACTION, 1), at_most_one, le(1, FRACTION), at_least_one)


def _unit(s: Script) -> tuple[Line, Line]:
    """0 <= 1 and 1 <= 1."""
    return s.combine(le(0, num(1))), s.combine(le(num(1), 1))


def _short(q: Terms) -> Line:
    """FRACTION <= 1 |- exp(v + E) - 1 - v <= TAIL, v = A(xi)."""
    s = q.s
    fraction = s.combine(le(0, FRACTION)), s.assume(le(FRACTION, 1))
    above, below = (
        s.combine(le(x.fact.args[0], FRACTION * q.x), x)
        for x in (q.linear_le(xi(t), 1, norm(xi(t))), q.linear_le(xi(t), -1, norm(xi(t))))
    )
    return q.tail(q.remainder(q.v, q.e, FRACTION, (above, below, *fraction), q.e_noise), False)


def _increase(q: Terms, larger: Line, line: Line) -> Line:
    """exp(hw) - 1 - v <= c from hw <= y and exp(y) - 1 - v <= c."""
    s = q.s
    return s.combine(le(exp(q.hw) - 1 - q.v, line.fact.args[1]), line, s.exp_mono(larger))


def _inactive(q: Terms) -> Line:
    """||g|| <= lam: th = xi."""
    s = q.s
    same = s.elim(s.given("clip_inactive"), s.assume(le(norm(g(t)), lam)), v=g(t))
    moved = s.combine(mk("veq", xi(t), theta(t)), (same, -1))
    length = norm_congr(s, moved)
    fits = s.combine(le(FRACTION, 1), (length, 1 / (lam * rho2)), (q.error_cap, 1 / (lam * rho2)))
    equal = s.combine(le(q.hw, q.v + q.e), (same, -2 * h * q.u / R**2 * q.a))
    return _increase(q, equal, s.elim(s.intro(_short(q), (fits.fact,)), fits))


def _stretch(q: Terms) -> Line:
    """lam <= ||g|| |- ||g|| A(gc) = lam (A(p) + A(xi))."""
    s = q.s
    active = s.elim(s.given("clip_active"), s.assume(le(lam, norm(g(t)))), v=g(t))
    return s.combine(eq(norm(g(t)) * q.gamma, lam * (q.pi + q.v)), (active, -2 * h * q.u / R**2 * q.a))


def _forward(q: Terms) -> Line:
    """lam <= ||g||, 0 <= A(gc): then A(gc) - A(p) <= A(xi)."""
    s = q.s
    stretch = _stretch(q)
    forward = s.assume(le(0, q.gamma))
    longer = s.assume(le(lam, norm(g(t))))
    along = s.combine(
        le(q.gamma - q.pi, q.v),
        (stretch, 1 / lam),
        (longer, q.gamma / lam, s.combine(le(0, q.gamma / lam), (forward, 1 / lam))),
    )
    larger = s.combine(le(q.hw, q.v + q.e), along)
    short = _increase(q, larger, _short(q))
    # 1 <= FRACTION: v <= M rho2 or not
    low = q.linear_le(p(t), 1, rho * lam, small_of_near(s, q.method))
    behind = s.combine(le(-q.v, q.x), along, (forward, 1), low, (s.given("rho_plus"), q.m))
    near_one = s.assume(le(q.v, q.x))
    unit = _unit(s)
    moderate = q.remainder(
        q.v,
        q.e,
        num(1),
        (s.combine(le(q.v, num(1) * q.x), near_one), s.combine(le(-q.v, num(1) * q.x), behind), *unit),
        s.combine(le(q.e, q.e0 * num(1) ** 2), q.e_cap),
    )
    moderate = q.tail(_increase(q, larger, moderate), True)
    far = s.assume(le(q.x, q.v))
    up = q.linear_le(gc(t), 1, lam, norm_clip_le(s))
    back = q.linear_le(p(t), -1, rho * lam, small_of_near(s, q.method))
    most = s.combine(le(q.hw, q.x + q.e0), up, back, q.e_cap, (s.given("rho_plus"), q.m))
    top = s.combine(le(exp(q.x + q.e0) - 1 - q.v, num(1) ** 2 * first_entry(q.largest)), far)
    extreme = q.tail(_increase(q, most, top), True)
    long = s.cases(near_one.fact, moderate, far.fact, extreme)
    return q.by_fraction(short, long)


def _backward(q: Terms) -> Line:
    """lam <= ||g||, A(gc) <= 0: the exponential is convex in A(gc), between -M and 0."""
    s = q.s
    backward = s.assume(le(q.gamma, 0))
    share = -1 * q.gamma / q.m
    down = q.linear_le(gc(t), -1, lam, norm_clip_le(s))
    nonneg = s.combine(le(0, share), (backward, 1 / q.m))
    at_most_one = s.combine(le(share, 1), (down, 1 / q.m))
    rest = s.combine(le(0, 1 - share), at_most_one)
    chord = s.exp_convex(nonneg, at_most_one, -q.m - q.pi + q.e, -q.pi + q.e)
    stretch, length = _stretch(q), norm(g(t))
    low = s.combine(le(exp(-q.m - q.pi + q.e) - 1 + q.m * (length / lam) + q.pi, TAIL), *_low_end(q))
    high = _high_end(q)
    return s.combine(
        le(exp(q.hw) - 1 - q.v, TAIL),
        chord,
        (low, share, nonneg),
        (high, 1 - share, rest),
        (stretch, 1 / lam),
    )


def _low_end(q: Terms) -> tuple[tuple[Line, Term] | Line, ...]:
    """The facts that bound exp(-M - pi + E) - 1 + M ||g||/lam + pi by TAIL."""
    s = q.s
    corner = -q.m * (1 + rho) + q.e0
    slack = q.m * rho - q.pi
    z = corner + slack
    capped = s.exp_mono(s.combine(le(-q.m - q.pi + q.e, z), q.e_cap))
    # exp(z) - exp(z - slack) <= slack, because z <= 0 and 1 - exp(-slack) <= slack
    upper = q.linear_le(p(t), 1, rho * lam, small_of_near(s, q.method))
    lower = q.linear_le(p(t), -1, rho * lam, small_of_near(s, q.method))
    slack_nonneg = s.combine(le(0, slack), upper)
    below_one = s.exp_mono(s.combine(le(z, 0), lower, s.given("low_end")))
    split = s.exp_add(z, -slack)
    tangent = s.exp_tangent(-slack)
    small_drop = s.combine(
        le(exp(z) - exp(corner), slack),
        (split, 1),
        (tangent, exp(z), s.combine(le(0, exp(z)))),
        (below_one, slack, slack_nonneg),
    )
    margin = s.given("margin")
    stretch = norm_add_le(s, p(t), xi(t))
    size = q.m * SIZE
    convex = young(s, size, C)
    return (
        capped,
        small_drop,
        margin,
        (stretch, q.m / lam),
        (small_of_near(s, q.method), q.m / lam),
        convex,
        (s.given("second_entry"), SIZE**ALPHA),
    )


def _high_end(q: Terms) -> Line:
    """exp(-pi + E) - 1 + pi <= TAIL, where lam <= ||g||: ||xi|| >= (1 - rho) lam >= rho lam."""
    s = q.s
    minus = -1 * q.pi
    upper = q.linear_le(p(t), -1, rho * lam, small_of_near(s, q.method))
    lower = q.linear_le(p(t), 1, rho * lam, small_of_near(s, q.method))
    active = s.assume(le(lam, norm(g(t))))
    noise = s.combine(
        le(rho * lam, norm(xi(t))),
        active,
        norm_add_le(s, p(t), xi(t)),
        small_of_near(s, q.method),
        (s.given("rho_half"), 2 * lam),
    )
    bound = FRACTION * q.x
    short_lines = (
        s.combine(le(minus, bound), upper, (noise, q.m / lam)),
        s.combine(le(-minus, bound), lower, (noise, q.m / lam)),
        s.combine(le(0, FRACTION)),
        s.assume(le(FRACTION, 1)),
    )
    short = q.tail(q.remainder(minus, q.e, FRACTION, short_lines, q.e_noise), False)
    fits = (s.given("rho_plus"), q.m)
    long_lines = (
        s.combine(le(minus, num(1) * q.x), upper, fits),
        s.combine(le(-minus, num(1) * q.x), lower, fits),
        *_unit(s),
    )
    long = q.remainder(minus, q.e, num(1), long_lines, s.combine(le(q.e, q.e0 * num(1) ** 2), q.e_cap))
    return q.by_fraction(short, q.tail(long, True))


def pointwise(q: Terms) -> Line:
    """near(t) |- exp(h W_t) - 1 - A(xi_t) <= K (||xi_t||/lam)^alpha."""
    s = q.s
    active = s.cases(le(0, q.gamma), _forward(q), le(q.gamma, 0), _backward(q))
    return s.cases(le(norm(g(t)), lam), _inactive(q), le(lam, norm(g(t))), active)


def supermartingale(s: Script, method: Method, u: Term, largest: Term, cap: Line) -> tuple[Line, Pair]:
    """E[exp(Y_t) | F_{t-1}] <= 1, and what dominates exp(Y_t)."""
    q = Terms(s, method, u, largest, cap)
    w = bare_w(method, u, largest)
    gated = h * (ind(q.near) * w)
    dominated = _dominated(s, q, w, gated)
    # on the good event
    line = pointwise(q)
    open_gate = s.ind_one(s.assume(q.near))
    opened = s.exp_mono(s.combine(le(gated, q.hw), (open_gate, h * w)))
    bound = 1 + q.v + TAIL
    under = s.combine(le(exp(gated), bound), opened, line)
    size = norm(q.a) * (2 * h * u / R**2)
    linear_pair = _linear_dominated(s, q, size)
    ceiling = 1 + size * norm(xi(t)) + TAIL
    bound_pair = (
        s.combine(le(bound, ceiling), linear_pair[0]),
        s.combine(le(-bound, ceiling), linear_pair[1], s.combine(le(0, TAIL))),
    )
    mono = s.e_mono(PAST, under, dominated, bound_pair)
    tail = norm(xi(t)) ** ALPHA
    expanded = s.e_lin(
        PAST,
        bound,
        (1,),
        (-2 * h * u / R**2, inner(q.a, xi(t)), _noise_dominated(q)),
        (K * lam**-ALPHA, tail, reflexive(s, tail)),
    )
    centred = s.elim(s.given("noise_mean"), t=t, a=q.a)
    mean = expect(PAST, exp(gated))
    limit = 1 + per_step()
    inside = s.combine(le(mean, limit), mono, expanded, (centred, -2 * h * u / R**2), (moment_line(s), K * lam**-ALPHA))
    # elsewhere the exponent is 0
    shut = s.assume(eq(ind(q.near), 0))
    zero = s.exp_mono(s.combine(le(gated, 0), (shut, h * w)))
    nothing = s.e_mono(PAST, s.combine(le(exp(gated), 1), zero), dominated, reflexive(s, num(1)))
    outside = s.combine(le(mean, limit), nothing, s.e_lin(PAST, num(1), (1,)))
    always = s.cases(q.near, inside, shut.fact, outside)
    return exp_sub_le_one(s, gated, per_step(), dominated, always)


def _dominated(s: Script, q: Terms, w: Term, gated: Term) -> Pair:
    """0 <= exp(h 1{good} W) <= exp(M rho2 + e0)."""
    top = q.x + q.e0
    under = s.combine(le(h * w, top), _theta_cap(s, q), q.e_cap)
    capped = gated_le(s, q.near, under, s.combine(le(0, top)))
    up = s.exp_mono(s.combine(le(gated, top), capped))
    return up, s.combine(le(-exp(gated), exp(top)))


def _theta_cap(s: Script, q: Terms) -> Line:
    """A(th) <= M rho2."""
    return q.linear_le(theta(t), 1, rho2 * lam, q.error_cap)


def _noise_dominated(q: Terms) -> Pair:
    """|<a, xi>| <= ||a|| ||xi||."""
    s, v, bound = q.s, inner(q.a, xi(t)), norm(q.a) * norm(xi(t))
    return s.cauchy_schwarz(q.a, xi(t)), s.combine(le(-v, bound), s.cauchy_schwarz(-1 * q.a, xi(t)))


def _linear_dominated(s: Script, q: Terms, size: Term) -> Pair:
    """|A(xi)| <= (2 h u_t / R^2) ||a|| ||xi||."""
    up, down = _noise_dominated(q)
    c = 2 * h * q.u / R**2
    return (
        s.combine(le(q.v, size * norm(xi(t))), (down, c)),
        s.combine(le(-q.v, size * norm(xi(t))), (up, c)),
    )


def joint_event(s: Script, method: Method, u: Term, largest: Term, cap: Line) -> Line:
    """With probability >= 1 - exp(-A1): sum over t < T of Y_t <= A1 for all T <= N."""
    mean, dominated = supermartingale(s, method, u, largest, cap)
    return s.ville((mean, *dominated, s.combine(le(0, A1))), "t", "T", "N", exponent_of(method, u, largest), A1)


def conditions(largest: Term) -> dict[str, Term]:
    """The premises on (h, K, C): K at least both entries, C at most the margin of the low end."""
    m, e0 = scale_m(largest), excess(largest)
    return {
        "first_entry": le(first_entry(largest), K * rho2**ALPHA),
        "second_entry": le(K_ALPHA * m**ALPHA * C ** (ONE - ALPHA), K),
        "margin": le(C + exp(-m * (1 + rho) + e0) + 2 * m * rho, 1),
        "low_end": le(e0, m * (1 - rho)),
        "rho_half": le(rho, num("1/2")),
    }
