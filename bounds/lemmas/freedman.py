"""Bennett's and Freedman's inequalities, maximal form, from Ville's inequality (theory, section 2).

Let |X_t| <= M, E[X_t | F_{t-1}] = 0 and E[X_t^2 | F_{t-1}] <= v_t. For r > 0 and psi := (exp(r M) - 1 - r M) / M^2,

    exp(r X_t) <= 1 + r X_t + psi X_t^2,  hence  E[exp(r X_t - psi v_t) | F_{t-1}] <= (1 + psi v_t) exp(-psi v_t) <= 1,

so with probability >= 1 - exp(-A), for all T <= N at once, r sum_{t<T} X_t <= A + psi sum_{t<T} v_t <= A + psi G.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.lemmas.clip import PAST, Pair
from bounds.lemmas.sums import ZERO, T
from bounds.script import Line, Script
from bounds.setting import ONE, N
from bounds.terms import Term, eq, expect, le, lt, mk, n, num, shift, total


@dataclass(frozen=True)
class Martingale:
    """Differences X_t with a range M (a product of positive parameters) and variances v_t, both proved."""

    x: Term  # F_t-measurable
    v: Term  # F_{t-1}-measurable
    pair: Pair  # X <= M and -X <= M
    centred: Line  # E[X | F_{t-1}] = 0
    variance: Line  # E[X^2 | F_{t-1}] <= v
    summed: Line  # for all T <= N: sum over t < T of v <= G

    @property
    def m(self) -> Term:
        """M."""
        return self.pair[0].fact.args[1]

    @property
    def g(self) -> Term:
        """G."""
        return self.summed.fact.args[2].args[1]


def exp(x: Term) -> Term:
    return mk("exp", x)


def psi(rate: Term, m: Term) -> Term:
    """(exp(r M) - 1 - r M) / M^2."""
    return (exp(rate * m) - 1 - rate * m) / m**2


def psi_nonneg(s: Script, rate: Term, m: Term) -> Line:
    """0 <= psi."""
    return s.combine(le(0, psi(rate, m)), (s.exp_tangent(rate * m), m**-2))


def square_dominated(s: Script, x: Term, pair: Pair) -> Pair:
    """x^2 <= c^2 from |x| <= c."""
    up, down = pair
    c = up.fact.args[1]
    above = s.combine(le(x**2, c**2), (up, c + x, s.combine(le(0, c + x), down)))
    return above, s.combine(le(-(x**2), c**2), squares=((1, x), (1, c)))


def times(s: Script, pair: Pair, factor: Term) -> Pair:
    """|x factor| <= D factor from |x| <= D, for a manifestly positive factor."""
    up, down = pair
    x, bound = up.fact.args
    return (
        s.combine(le(x * factor, bound * factor), (up, factor, s.combine(le(0, factor)))),
        s.combine(le(-(x * factor), bound * factor), (down, factor, s.combine(le(0, factor)))),
    )


def _rename(s: Script, pair: Pair, same: Line) -> Pair:
    """The bounds of x as bounds of y, x = y."""
    y, bound = same.fact.args[1], pair[0].fact.args[1]
    return s.combine(le(y, bound), pair[0], (same, -1)), s.combine(le(-y, bound), pair[1], (same, 1))


def exp_sub_le_one(s: Script, y: Term, c: Term, dominated: Pair, mean: Line) -> tuple[Line, Pair]:
    """E[exp(y - c) | F_{t-1}] <= 1, and |exp(y - c)| <= D exp(-c), from |exp(y)| <= D and E[exp(y) | F_{t-1}] <= 1 + c.

    c is F_{t-1}-measurable: exp(y - c) = exp(y) exp(-c) and 1 + c <= exp(c).
    """
    factor, whole = exp(-c), exp(y - c)
    same = s.combine(eq(exp(y) * factor, whole), s.exp_add(y, -c))
    divided = s.e_lin(PAST, exp(y) * factor, (factor, exp(y), dominated))
    product = times(s, dominated, factor)
    renamed = _rename(s, product, same)
    moved = s.e_mono(PAST, same, product, renamed)
    line = s.combine(
        le(expect(PAST, whole), 1),
        (moved, -1),
        divided,
        (mean, factor),
        (s.exp_tangent(c), factor),
        s.exp_add(c, -c),
    )
    return line, renamed


def exp_le(s: Script, x: Term, pair: Pair, rate: Line) -> Line:
    """exp(r x) <= 1 + r x + psi x^2 from |x| <= M and 0 < r, in the two cases |x| = x and |x| = -x."""
    m, r = pair[0].fact.args[1], rate.fact.args[1]
    twice, top = s.combine(le(0, 2 * r), (rate, 2)), s.combine(le(0, r * m), (rate, m))
    goal = le(exp(r * x), 1 + r * x + psi(r, m) * x**2)

    def branch(case: Term, sign: int, small: Line) -> Line:
        share = sign * x / m
        known = s.assume(case)
        same = s.combine(le(sign * r * x, share * (r * m)))
        opposite = s.combine(le(-sign * r * x, share * (r * m)), (known, 2 * r, twice))
        sizes = (same, opposite) if sign > 0 else (opposite, same)
        nonneg, at_most_one = s.combine(le(0, share), (known, 1 / m)), s.combine(le(share, 1), (small, 1 / m))
        return s.combine(goal, s.exp_remainder(r * x, share, r * m, (*sizes, nonneg, at_most_one, top)))

    above, below = le(0, x), le(x, 0)
    return s.cases(above, branch(above, 1, pair[0]), below, branch(below, -1, pair[1]))


def supermartingale(s: Script, of: Martingale, rate: Line) -> tuple[Line, Pair]:
    """E[exp(r X - psi v) | F_{t-1}] <= 1, and what dominates exp(r X - psi v)."""
    x, m, r = of.x, of.m, rate.fact.args[1]
    up, down = of.pair
    square = square_dominated(s, x, of.pair)
    factor, nonneg = psi(r, m), psi_nonneg(s, r, m)
    top = s.exp_mono(s.combine(le(r * x, r * m), (up, r, rate)))
    dominated = top, s.combine(le(-exp(r * x), exp(r * m)))
    pointwise = exp_le(s, x, of.pair, rate)
    bound = pointwise.fact.args[1]
    ceiling = 1 + r * m + factor * m**2
    bound_pair = (
        s.combine(le(bound, ceiling), (up, r, rate), (square[0], factor, nonneg)),
        s.combine(le(-bound, ceiling), (down, r, rate), (nonneg, m**2), squares=((factor, x, nonneg),)),
    )
    mono = s.e_mono(PAST, pointwise, dominated, bound_pair)
    expanded = s.e_lin(PAST, bound, (1,), (r, x, of.pair), (factor, x**2, square))
    mean = s.combine(
        le(expect(PAST, exp(r * x)), 1 + factor * of.v), mono, expanded, (of.centred, r), (of.variance, factor, nonneg)
    )
    return exp_sub_le_one(s, r * x, factor * of.v, dominated, mean)


def _sum_lin(s: Script, c: Term, x: Term, d: Term, y: Term) -> Line:
    """sum over t < T of (c x - d y) = c sum x - d sum y, c and d without t."""
    body = c * x - d * y

    def claim(upto: Term) -> Term:
        return eq(total("t", upto, body), c * total("t", upto, x) - d * total("t", upto, y))

    parts = ((body, num(1)), (x, -1 * c), (y, d))
    base = s.combine(claim(ZERO), *((s.sum_zero("t", ZERO, b), k) for b, k in parts))
    steps = ((s.sum_step("t", T, b), k) for b, k in parts)
    return s.induct("T", base, s.combine(claim(shift(T, 1)), s.assume(claim(T)), *steps), claim(T))


def bennett(s: Script, of: Martingale, z: Term, a: Term, rate: Line, budget: Line) -> Line:
    """With probability >= 1 - exp(-A): sum over t < T of X_t <= z for all T <= N; budget: A + psi G <= r z.

    With r = h / M the budget reads z >= M A / h + (G / M) (exp(h) - 1 - h) / h, Bennett's inequality.
    """
    r = rate.fact.args[1]
    factor, failure = psi(r, of.m), exp(-a)
    mean, dominated = supermartingale(s, of, rate)
    event = s.ville((mean, *dominated, s.nonneg(a)), "t", "T", "N", r * of.x - factor * of.v, a)
    limit = s.assume(le(n(T), n(N)))
    line = s.combine(
        le(total("t", T, of.x), z),
        s.elim(s.assume(event.fact.args[1]), limit, T=T),
        (_sum_lin(s, r, of.x, factor, of.v), -1),
        (s.elim(of.summed, limit, T=T), factor, psi_nonneg(s, r, of.m)),
        budget,
        scale=(r, rate),
    )
    return s.whp(failure, [event], s.intro(line, (limit.fact,), T="nat"), s.combine(le(failure, failure)))


def freedman(s: Script, of: Martingale, z: Term, a: Term, quantile: Line) -> Line:
    """The same from 2 A (G + M z / 3) <= z^2: Freedman's inequality.  The rate is r = z / (G + M z / 3)."""
    m, wide = of.m, of.g + of.m * z / 3
    positive = s.combine(lt(0, wide), s.nonneg(of.g))
    inverse, unit = s.pow_pos(positive, -ONE), s.pow_split(positive, ONE, -ONE)
    r = z * inverse.fact.args[1]
    rate = s.combine(lt(0, r), (inverse, z))
    tail = exp(r * m) - 1 - r * m
    # 2 (1 - r M / 3) tail <= (r M)^2 and 1 - r M / 3 = G / (G + M z / 3), so psi G <= r z / 2; and A <= r z / 2
    series = s.exp_bernstein(s.combine(le(0, r * m), (rate, m)))
    budget = s.combine(
        le(a + psi(r, m) * of.g, r * z),
        (series, wide / (2 * m**2), s.combine(le(0, wide / (2 * m**2)), (positive, 1 / (2 * m**2)))),
        (quantile, inverse.fact.args[1] / 2, s.combine(le(0, inverse.fact.args[1] / 2), (inverse, num("1/2")))),
        (unit, r * z / 2 + z * tail / (3 * m) - a),
    )
    return bennett(s, of, z, a, rate, budget)
