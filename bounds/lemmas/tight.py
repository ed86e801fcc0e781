"""The bias bound (C2) of Lemma C is attained in the limit p -> 0 (theory, section 1).

mu = rho lam e and xi_0 = z e with probability p, else -z p / (1-p) e, where z = alpha (1-rho) lam / (alpha - 1).  Then
E xi_0 = 0, E||xi_0||^alpha = S := p z^alpha + (1-p) (z p / (1-p))^alpha, and the bias <e, mu - E clip(mu + xi_0)> is
exactly k_alpha ((1-rho) lam)^(1-alpha) S / (1 + (p / (1-p))^(alpha-1)).
"""

from __future__ import annotations

from bounds.exponents import ALPHA
from bounds.lemmas.clip import Pair, reflexive
from bounds.lemmas.huber import e, unit_square
from bounds.lemmas.jump import BEFORE, START, noise_dominated, power_le, unit
from bounds.lemmas.order import le_of_sq_le
from bounds.script import Line, Script
from bounds.setting import HP, K_ALPHA, ONE, xi
from bounds.statement import Parameter
from bounds.terms import Term, eq, expect, ind, inner, le, lt, mk, norm, par, veq
from bounds.theorems import common

lam, rho, rho1, p, p_c = HP.lam, *(par(k) for k in ("rho", "rho1", "p", "p_c"))
PARAMETERS = {
    "alpha_m1": Parameter("pos", "alpha - 1"),
    "lam": Parameter("pos", "clipping level"),
    "rho": Parameter("nonneg", "||mu|| = rho lam"),
    "rho1": Parameter("pos", "1 - rho"),
    "p": Parameter("pos", "probability of the jump"),
    "p_c": Parameter("pos", "1 - p"),
}
NOISE = xi(START)
z = par("alpha") * rho1 * lam / par("alpha_m1")
X = rho * lam * e + NOISE
CUT = mk("vapp", "clip", X)
UP = veq(NOISE, z * e)
U = ind(UP)
BACK = z * p / p_c
SIZE = z * U - BACK * (1 - U)
S = p * z**ALPHA + p_c * BACK**ALPHA
SEEN = expect(BEFORE, inner(e, CUT))
RATIO = 1 + (p / p_c) ** (ALPHA - ONE)


def definitions() -> dict[str, Term]:
    """The numbers and the clip."""
    return common.clip() | {
        "left": eq(rho1, 1 - rho),
        "other": eq(p_c, 1 - p),
    }


def assumptions() -> dict[str, Term]:
    """The law of the noise."""
    return {"unit": eq(norm(e), 1), "noise_up": eq(expect(BEFORE, U), p), "noise_first": veq(NOISE, SIZE * e)}


def conditions() -> dict[str, Term]:
    """The small outcome is not clipped."""
    return {"unclipped": le(BACK, (1 + rho) * lam)}


def facts() -> tuple[Term, ...]:
    """Mean, moment, and the exact bias against B at sigma^alpha = S."""
    return (
        eq(expect(BEFORE, inner(e, NOISE)), 0),
        le(expect(BEFORE, norm(NOISE) ** ALPHA), S),
        eq((rho * lam - SEEN) * RATIO, K_ALPHA * (rho1 * lam) ** (ONE - ALPHA) * S),
    )


def lines(s: Script) -> tuple[Line, ...]:
    """The facts, in order."""
    return _mean(s), _moment(s), _bias(s)


def _mixed(s: Script, up: Term, down: Term) -> Line:
    """E[up 1{..} + down (1 - 1{..})] = p up + (1-p) down, for constants."""
    body = up * U + down * (1 - U)
    split = s.e_lin(BEFORE, body, (up - down, U, unit(s, U)), (down,))
    goal = eq(expect(BEFORE, body), p * up + p_c * down)
    return s.combine(goal, split, (s.given("noise_up"), up - down), (s.given("other"), -1 * down))


def _bounded(s: Script, up: Term, down: Term) -> Pair:
    """|up 1{..} - down (1 - 1{..})| <= up + down, for constants up, down >= 0."""
    body, top, (below, _) = up * U - down * (1 - U), up + down, unit(s, U)
    return s.combine(le(body, top), (below, up + down)), s.combine(le(-body, top))


def _mean(s: Script) -> Line:
    """E <e, xi_0> = 0."""
    same = s.combine(eq(inner(e, NOISE), SIZE), (s.given("noise_first"), e), (unit_square(s), SIZE))
    moved = s.e_mono(BEFORE, same, noise_dominated(s, START), _bounded(s, z, BACK))
    mixed = _mixed(s, z, -1 * BACK)
    return s.combine(eq(expect(BEFORE, inner(e, NOISE)), 0), moved, mixed)


def _split(s: Script, jumped: Line, stayed: Line) -> Line:
    """A fact from its proofs for the jump and for the other outcome."""
    return s.cases(UP, jumped, eq(U, 0), stayed)


def _stays(s: Script) -> Line:
    """1{xi_0 = z e} = 0, as a hypothesis."""
    return s.assume(eq(U, 0))


def _moment(s: Script) -> Line:
    """E||xi_0||^alpha <= S."""
    square, top = unit_square(s), z**ALPHA * U + BACK**ALPHA * (1 - U)
    goal = le(norm(NOISE) ** ALPHA, top)
    jump = s.assume(UP)
    far = s.combine(le(inner(NOISE, NOISE), z**2), (jump, NOISE + z * e), (square, z**2))
    jumped = s.combine(goal, power_le(s, START, far), (s.ind_one(jump), BACK**ALPHA - z**ALPHA))
    shut = _stays(s)
    # ||xi_0||^2 = <xi_0, SIZE e> = SIZE^2, and SIZE = -BACK
    near = s.combine(
        le(inner(NOISE, NOISE), BACK**2),
        (s.given("noise_first"), NOISE + SIZE * e),
        (square, SIZE**2),
        (shut, (z - BACK) * (z + BACK)),
    )
    stayed = s.combine(goal, power_le(s, START, near), (shut, BACK**ALPHA - z**ALPHA))
    size = norm(NOISE) ** ALPHA
    ceiling = z**ALPHA + BACK**ALPHA
    below, _ = unit(s, U)
    pair = (
        s.combine(le(top, ceiling), (below, z**ALPHA)),
        s.combine(le(-top, ceiling), (below, BACK**ALPHA)),
    )
    moved = s.e_mono(BEFORE, _split(s, jumped, stayed), reflexive(s, size), pair)
    return s.combine(le(expect(BEFORE, size), S), moved, _mixed(s, z**ALPHA, BACK**ALPHA))


def _bias(s: Script) -> Line:
    """The bias is p (z - (1-rho) lam) = B / (1 + (p / (1-p))^(alpha-1))."""
    low, top, (below, _) = rho * lam - BACK, lam + rho * lam + BACK, unit(s, U)
    seen, value = inner(e, CUT), lam * U + low * (1 - U)
    same = _split(s, _cut(s, eq(seen, value), low), _uncut(s, eq(seen, value), low))
    bounds = s.combine(le(value, top), (below, lam + BACK)), s.combine(le(-value, top), (below, rho * lam))
    seen_pair = s.combine(le(seen, top), same, bounds[0]), s.combine(le(-seen, top), (same, -1), bounds[1])
    moved = s.e_mono(BEFORE, same, seen_pair, bounds)
    mean = s.combine(eq(SEEN, p * lam + p_c * low), moved, _mixed(s, lam, low))
    return s.combine(
        facts()[2],
        (mean, -1 * RATIO),
        (s.given("other"), -1 * RATIO * rho * lam),
        (s.given("left"), RATIO * p * lam),
        (s.given("alpha_minus_one"), -1 * p * rho1 * lam * RATIO / par("alpha_m1")),
    )


def _cut(s: Script, goal: Term, low: Term) -> Line:
    """xi_0 = z e |- <e, clip> = lam: the length of X is rho lam + z >= lam."""
    jump, square, size, length = s.assume(UP), unit_square(s), rho * lam + z, norm(X)
    exact = s.combine(eq(length, size), (jump, X + size * e), (square, size**2), scale=(length + size, None))
    long = s.combine(
        le(lam, length),
        (exact, -1),
        (s.given("left"), -1 * lam),
        (s.given("alpha_minus_one"), rho1 * lam / par("alpha_m1")),
    )
    active = s.elim(s.given("clip_active"), long, v=X)
    positive = s.combine(lt(0, length), (exact, -1))
    cut = s.combine(
        eq(inner(e, CUT), lam),
        (active, e),
        (exact, -1 * lam),
        (jump, lam * e),
        (square, lam * size),
        scale=(length, positive),
    )
    return s.combine(goal, cut, (s.ind_one(jump), low - lam))


def _uncut(s: Script, goal: Term, low: Term) -> Line:
    """The other outcome is inside the ball: <e, clip> = rho lam - BACK."""
    shut, square, law = _stays(s), unit_square(s), s.given("noise_first")
    place, both = rho * lam + SIZE, z + BACK
    squares = s.combine(
        le(inner(X, X), lam**2),
        (law, X + place * e),
        (square, place**2),
        (shut, both**2 + 2 * low * both),
        (s.given("unclipped"), rho1 * lam + BACK),
        (s.given("left"), lam * (lam + low)),
    )
    inside = le_of_sq_le(s, squares, s.combine(le(0, lam)))
    kept = s.elim(s.given("clip_inactive"), inside, v=X)
    return s.combine(goal, (kept, e), (law, e), (square, place), (shut, low + both - lam))
