"""The noise of the lower bound: one jump of +-sigma D e at time 0, nothing later (theory, section 8).

Its conditional means are 0 and its alpha-th moments at most sigma^alpha: it is in the class of the upper bounds.
"""

from __future__ import annotations

from bounds.exponents import ALPHA, exponent
from bounds.lemmas.clip import Pair, reflexive
from bounds.lemmas.huber import e, unit_square
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.unclipped import D, sigma
from bounds.lemmas.unclipped_steps import JUMP, START
from bounds.script import Line, Script
from bounds.setting import t, xi
from bounds.terms import Term, eq, expect, forall, ind, inner, le, norm, num, par, shift, time, veq

BEFORE, PAST = time(-1), shift(t, -1)
P = par("P")
UP = veq(xi(START), sigma * D * e)
DOWN = JUMP
MOMENT = sigma**ALPHA  # of every noise


def definitions() -> dict[str, Term]:
    """P, so that P (sigma D)^alpha = sigma^alpha."""
    return {"probability": eq(P, D**-ALPHA)}


def assumptions() -> dict[str, Term]:
    """The law of the noise."""
    return {
        "noise_up": eq(expect(BEFORE, ind(UP)), P / 2),
        "noise_down": eq(expect(BEFORE, ind(DOWN)), P / 2),
        "noise_first": veq(xi(START), sigma * D * (ind(UP) - ind(DOWN)) * e),
        "noise_later": forall({"t": "nat"}, (), veq(xi(shift(t, 1)), 0 * e)),
    }


def mean_fact() -> Term:
    """For all t: E[<e, xi_t> | F_{t-1}] = 0; the noise acts along e."""
    return forall({"t": "nat"}, (), eq(expect(PAST, inner(e, xi(t))), 0))


def moment_fact() -> Term:
    """For all t: E[||xi_t||^alpha | F_{t-1}] <= sigma^alpha."""
    return forall({"t": "nat"}, (), le(expect(PAST, norm(xi(t)) ** ALPHA), sigma**ALPHA))


def unit(s: Script, y: Term) -> Pair:
    """|1{..}| <= 1."""
    return s.combine(le(y, 1), squares=((1, 1 - y),)), s.combine(le(-y, 1))


def mean(s: Script) -> Line:
    """E[<e, xi_t> | F_{t-1}] = 0 for all t."""
    claim = mean_fact().args[2]
    square = unit_square(s)
    signed = sigma * D * (ind(UP) - ind(DOWN))
    same = s.combine(eq(inner(e, xi(START)), signed), (s.given("noise_first"), e), (square, signed))
    bounded = (
        s.combine(le(signed, sigma * D), (unit(s, ind(UP))[0], sigma * D)),
        s.combine(le(-signed, sigma * D), (unit(s, ind(DOWN))[0], sigma * D)),
    )
    moved = s.e_mono(BEFORE, same, noise_dominated(s, START), bounded)
    split = s.e_lin(BEFORE, signed, (sigma * D, ind(UP), unit(s, ind(UP))), (-sigma * D, ind(DOWN), unit(s, ind(DOWN))))
    base = s.combine(
        eq(expect(BEFORE, inner(e, xi(START))), 0),
        moved,
        split,
        (s.given("noise_up"), sigma * D),
        (s.given("noise_down"), -sigma * D),
    )
    later = s.elim(s.given("noise_later"), t=t)
    at = shift(t, 1)
    zero = s.combine(eq(inner(e, xi(at)), 0), (later, e))
    gone = s.e_mono(t, zero, noise_dominated(s, at), reflexive(s, num(0)))
    step = s.combine(eq(expect(t, inner(e, xi(at))), 0), gone, s.e_lin(t, num(0)))
    return s.intro(s.induct("t", base, step, claim), t="nat")


def noise_dominated(s: Script, at: Term) -> Pair:
    """|<e, xi_t>| <= ||e|| ||xi_t||."""
    v, bound = inner(e, xi(at)), norm(e) * norm(xi(at))
    return s.cauchy_schwarz(e, xi(at)), s.combine(le(-v, bound), s.cauchy_schwarz(-1 * e, xi(at)))


def moment(s: Script) -> Line:
    """E[||xi_t||^alpha | F_{t-1}] <= sigma^alpha for all t."""
    claim = moment_fact().args[2]
    size = norm(xi(START)) ** ALPHA
    top = (sigma * D) ** ALPHA * (ind(UP) + ind(DOWN))
    pointwise = _first_size(s, size, top)
    ceiling = 2 * (sigma * D) ** ALPHA
    bounded = (
        s.combine(le(top, ceiling), *((unit(s, ind(a))[0], (sigma * D) ** ALPHA) for a in (UP, DOWN))),
        s.combine(le(-top, ceiling)),
    )
    moved = s.e_mono(BEFORE, pointwise, reflexive(s, size), bounded)
    scale = (sigma * D) ** ALPHA
    split = s.e_lin(BEFORE, top, *((scale, ind(a), unit(s, ind(a))) for a in (UP, DOWN)))
    base = s.combine(
        le(expect(BEFORE, size), MOMENT),
        moved,
        split,
        (s.given("noise_up"), scale),
        (s.given("noise_down"), scale),
        (s.given("probability"), scale),
    )
    at = shift(t, 1)
    later = s.elim(s.given("noise_later"), t=t)
    zero = _vanishes(s, at, s.combine(le(inner(xi(at), xi(at)), num(0) ** 2), (later, xi(at))))
    gone = s.e_mono(t, zero, reflexive(s, norm(xi(at)) ** ALPHA), reflexive(s, num(0)))
    step = s.combine(le(expect(t, norm(xi(at)) ** ALPHA), MOMENT), gone, s.e_lin(t, num(0)))
    return s.intro(s.induct("t", base, step, claim), t="nat")


def power_le(s: Script, at: Term, squares: Line) -> Line:
    """||xi_t||^alpha <= c^alpha from ||xi_t||^2 <= c^2, c > 0."""
    c = squares.fact.args[1].args[0]
    short = le_of_sq_le(s, squares, s.combine(le(0, c)))
    return s.pow_mono(s.combine(le(0, norm(xi(at)))), short, ALPHA)


def _vanishes(s: Script, at: Term, squares: Line) -> Line:
    """||xi_t||^alpha <= 0 from ||xi_t||^2 <= 0."""
    none = le_of_sq_le(s, squares, s.combine(le(0, num(0))))
    return s.combine(le(norm(xi(at)) ** ALPHA, 0), (none, norm(xi(at)) ** (ALPHA - exponent([1]))))


def _first_size(s: Script, size: Term, top: Term) -> Line:
    """||xi_0||^alpha <= (sigma D)^alpha (1{xi_0 = sigma D e} + 1{xi_0 = -sigma D e})."""
    goal, length, first = le(size, top), sigma * D, xi(START)
    square = unit_square(s)

    def jumped(event: Term, sign: int) -> Line:
        case = s.assume(event)
        squares = s.combine(le(inner(first, first), length**2), (case, first + sign * length * e), (square, length**2))
        return s.combine(goal, power_le(s, START, squares), (s.ind_one(case), -1 * length**ALPHA))

    not_up, not_down = (s.assume(eq(ind(a), 0)) for a in (UP, DOWN))
    part = length * inner(first, e)
    squares = s.combine(
        le(inner(first, first), num(0) ** 2), (s.given("noise_first"), first), (not_up, part), (not_down, -1 * part)
    )
    still = s.combine(goal, _vanishes(s, START, squares))
    return s.cases(UP, jumped(UP, 1), not_up.fact, s.cases(DOWN, jumped(DOWN, -1), not_down.fact, still))


def likely(s: Script, line: Line) -> Line:
    """P / 2 <= E[1{fact} | F_{-1}] from xi_0 = -sigma D e |- fact; the other hypotheses are about numbers."""
    event, fact = ind(DOWN), ind(line.fact)
    open_gate, shut = s.ind_one(line), s.assume(eq(event, 0))
    goal = le(event, fact)
    jumped = s.combine(goal, (open_gate, -1), (s.ind_one(s.assume(DOWN)), 1))
    order = s.cases(DOWN, jumped, shut.fact, s.combine(goal, shut))
    mono = s.e_mono(BEFORE, order, unit(s, event), unit(s, fact))
    return s.combine(le(P / 2, expect(BEFORE, fact)), mono, (s.given("noise_down"), -1))
