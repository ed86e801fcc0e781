"""Adam's bias correction with momentum (theory, 6.4): s_t = (1 - beta2^(t+1))^(1/2)/(1 - beta1^(t+1)), down, then up.

With a = 1 - beta1^(t+1) and b = 1 - beta2^(t+1), s_t^2 a^2 = b.  If beta1 <= beta2, a rise is followed by a rise, so

    s_t <= sbar for t <= N,  sbar^2 = s_0^2 + s_N^2,    and all rises up to t together are at most s_t.
"""

from __future__ import annotations

from bounds.lemmas.adam import BETA2_C
from bounds.lemmas.decay import SBAR, power_step, room_positive
from bounds.lemmas.geometric import power_step as geometric_step
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.scheme import BETA1_C
from bounds.lemmas.sums import ZERO
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HALF, HP, ONE, TWO, N, beta1_power, beta2_power, first_factor, momentum_factor, t
from bounds.terms import Term, eq, forall, le, lt, mk, n, shift, time

NEXT = shift(t, 1)


def factor(at: Term) -> Term:
    """s_at."""
    return mk("proc", "bias", at)


def definition() -> Term:
    """sbar."""
    first, last = first_factor(), momentum_factor(N)
    return eq(SBAR, (first * first + last * last) ** HALF)


# --- s_t^2 a^2 = b -----------------------------------------------------------------------------------


def _a(at: Term) -> Term:
    return 1 - beta1_power(shift(at, 1))


def _b(at: Term) -> Term:
    return 1 - beta2_power(shift(at, 1))


@once
def _a_positive(s: Script) -> Line:
    """0 < a, from 1 - beta1 <= a."""
    claim = le(BETA1_C, _a(t))
    base = s.combine(le(BETA1_C, _a(ZERO)), geometric_step(s, HP.beta1, ZERO), s.given("beta1_complement"))
    step = geometric_step(s, HP.beta1, NEXT)
    stepped = s.combine(le(BETA1_C, _a(NEXT)), (s.assume(claim), HP.beta1), step, s.given("beta1_complement"))
    return s.combine(lt(0, _a(t)), s.induct("t", base, stepped, claim))


@once
def square(s: Script) -> Line:
    """s_t^2 a^2 = b."""
    value, a, b = s.define("bias", t), _a(t), _b(t)
    root, inverse = b**HALF, a**-ONE
    unit = s.pow_split(_a_positive(s), ONE, -ONE)
    return s.combine(
        eq(factor(t) * factor(t) * a * a, b),
        (value, (factor(t) + value.fact.args[1]) * a * a),
        (unit, root * root * (a * inverse + 1)),
        s.pow_split(room_positive(s), HALF, HALF),
    )


@once
def positive(s: Script) -> Line:
    """0 < s_t."""
    inverse, root = s.pow_pos(_a_positive(s), -ONE), s.pow_pos(room_positive(s), HALF)
    return s.combine(lt(0, factor(t)), (s.define("bias", t), -1), (inverse, _b(t) ** HALF, root))


# --- a rise is followed by a rise --------------------------------------------------------------------


def longer_memory(s: Script) -> Line:
    """beta1 <= beta2: a condition, or because 1 - beta1/beta2 is positive."""
    if "memory" in s.statement.conditions:
        return s.given("memory")
    return s.combine(le(HP.beta1, HP.beta2), (s.given("kept"), HP.beta2))


@once
def _memory(s: Script) -> Line:
    """a (1 - beta2) <= b (1 - beta1)."""
    a, b = _a(t), _b(t)
    claim = le(a * BETA2_C, b * BETA1_C)
    first = geometric_step(s, HP.beta1, ZERO), s.generalise(power_step(s), "t", ZERO)
    whole = s.given("beta1_complement"), s.given("beta2_complement")
    base = s.combine(
        le(_a(ZERO) * BETA2_C, _b(ZERO) * BETA1_C),
        (first[0], -1 * BETA2_C),
        (first[1], BETA1_C),
        (whole[0], -1 * BETA2_C),
        (whole[1], BETA1_C),
    )
    next_a, next_b = _next_a(s), _next_b(s)
    sign = s.combine(le(0, a * BETA2_C), (_a_positive(s), BETA2_C))
    stepped = s.combine(
        le(_a(NEXT) * BETA2_C, _b(NEXT) * BETA1_C),
        (s.assume(claim), HP.beta2),
        (longer_memory(s), a * BETA2_C, sign),
        (next_a, BETA2_C),
        (next_b, -1 * BETA1_C),
    )
    return s.induct("t", base, stepped, claim)


def _next_a(s: Script) -> Line:
    """a' = 1 - beta1 + beta1 a."""
    goal = eq(_a(NEXT), BETA1_C + HP.beta1 * _a(t))
    return s.combine(goal, (geometric_step(s, HP.beta1, NEXT), -1), (s.given("beta1_complement"), -1))


def _next_b(s: Script) -> Line:
    """b' = 1 - beta2 + beta2 b."""
    step = s.generalise(power_step(s), "t", NEXT)
    return s.combine(eq(_b(NEXT), BETA2_C + HP.beta2 * _b(t)), (step, -1), (s.given("beta2_complement"), -1))


@once
def rising(s: Script) -> Line:
    """s_t <= s_{t+1} |- s_{t+1} <= s_{t+2}.

    With a' = 1 - beta1 + beta1 a and b' = 1 - beta2 + beta2 b the claim is b' a''^2 <= b'' a'^2, from b a'^2 <= b' a^2
    and beta1 a b' <= beta2 b a'.
    """
    p, q, a, b, later = HP.beta1, HP.beta2, _a(t), _b(t), shift(t, 2)
    a1, b1 = BETA1_C + p * a, BETA2_C + q * b
    a2, b2 = BETA1_C + p * a1, BETA2_C + q * b1
    rise = s.assume(le(factor(t), factor(NEXT)))
    x, y, z = (factor(k) for k in (t, NEXT, later))
    for k, above in ((a, _a_positive(s)), (b, room_positive(s))):
        s.know(s.combine(le(0, k), above))
    for at in (t, NEXT, later):
        s.know(s.generalise(positive(s), "t", at))
    next_a, next_b = _next_a(s), _next_b(s)
    sq_x, sq_y, sq_z = (s.generalise(square(s), "t", k) for k in (t, NEXT, later))
    second_a, second_b = (s.generalise(line, "t", NEXT) for line in (next_a, next_b))
    # s^2 a^2 = b at t + 1 and t + 2, in a and b
    old_a = _a(NEXT)
    sq_y = s.combine(eq(y * y * a1 * a1, b1), sq_y, (next_a, -1 * y * y * (old_a + a1)), (next_b, 1))
    third_a = s.combine(eq(_a(later), a2), second_a, (next_a, p))
    third_b = s.combine(eq(_b(later), b2), second_b, (next_b, q))
    sq_z = s.combine(eq(z * z * a2 * a2, b2), sq_z, (third_a, -1 * z * z * (_a(later) + a2)), (third_b, 1))
    grows = s.combine(
        le(b * a1 * a1, b1 * a * a),
        (sq_x, -1 * a1 * a1),
        (sq_y, a * a),
        (rise, (x + y) * a * a * a1 * a1),
    )
    slower = s.combine(le(p * a * b1, q * b * a1), (_memory(s), q), (longer_memory(s), a * BETA2_C))
    more = s.combine(le(0, b1 - b), (s.given("beta2_complement"), -1 * b))
    room = s.combine(lt(0, b * a), (room_positive(s), a, _a_positive(s)))
    wide = s.combine(
        le(b1 * a2 * a2, b2 * a1 * a1),
        (slower, a * a1 * (b1 - b), s.combine(le(0, a * a1 * (b1 - b)), (more, a * a1))),
        (grows, p * b1 * a1),
        squares=((p * b1 * b * BETA1_C, a1 - a),),
        scale=(b * a, room),
    )
    size = first = s.combine(lt(0, a1), (_a_positive(s), p))
    second = s.combine(lt(0, a2), (first, p))
    for line, whole in ((first, a1), (second, a1 * a1), (second, a1 * a1 * a2)):
        size = s.combine(lt(0, whole * line.fact.args[1]), (line, whole, size))
    squares = s.combine(le(y * y, z * z), wide, (sq_y, a2 * a2), (sq_z, -1 * a1 * a1), scale=(a1 * a1 * a2 * a2, size))
    return le_of_sq_le(s, squares, s.combine(le(0, z), s.generalise(positive(s), "t", later)))


# --- the largest factor, and all rises together -------------------------------------------------------


@once
def _ahead(s: Script) -> Line:
    """s_t <= s_{t+1} |- s_{t+1} <= s_N, for t + 1 <= N."""
    here, k = le(factor(t), factor(NEXT)), time(0, t=1, k=1)
    rise = le(factor(k), factor(shift(k, 1)))
    step = s.generalise(rising(s), "t", k, s.assume(rise))
    rises = s.induct("k", s.combine(here, s.assume(here)), step, rise)
    claim = le(factor(NEXT), factor(shift(k, 1)))
    following = s.generalise(rises, "k", time(1, k=1))
    stepped = s.combine(le(factor(NEXT), factor(shift(k, 2))), s.assume(claim), following)
    line = s.induct("k", s.combine(le(factor(NEXT), factor(NEXT))), stepped, claim)
    left = s.combine(le(0, n(N) - n(NEXT)), s.assume(le(n(NEXT), n(N))))
    return s.generalise(line, "k", time(-1, N=1, t=-1), left)


def sbar_sq(s: Script) -> Line:
    """sbar^2 = s_0^2 + s_N^2, s_0 written out."""
    first, last = first_factor(), momentum_factor(N)
    whole = first * first + last * last
    positive_sum = s.combine(lt(0, whole), squares=((1, last),))
    root = s.pow_split(positive_sum, HALF, HALF)
    at_end, power = s.define("bias", N), whole**HALF
    return s.combine(
        eq(SBAR * SBAR, first * first + factor(N) * factor(N)),
        (s.given("correction"), SBAR + power),
        root,
        (at_end, -1 * (factor(N) + last)),
    )


def first_le(s: Script) -> Line:
    """s_0 <= (1 - beta2)^(1/2)/(1 - beta1), which is s_{-1}."""
    first, here = first_factor(), s.generalise(square(s), "t", ZERO)
    steps = geometric_step(s, HP.beta1, ZERO), s.generalise(power_step(s), "t", ZERO)
    a, b = _a(ZERO), _b(ZERO)
    low_a = s.combine(eq(a, BETA1_C), (steps[0], -1), (s.given("beta1_complement"), -1))
    low_b = s.combine(eq(b, BETA2_C), (steps[1], -1), (s.given("beta2_complement"), -1))
    now = factor(ZERO) * factor(ZERO)
    squares = s.combine(
        le(now, first * first), here, (low_a, -1 * now * (a + BETA1_C)), (low_b, 1), scale=(BETA1_C * BETA1_C, None)
    )
    return le_of_sq_le(s, squares, s.combine(le(0, first)))


@once
def factor_le(s: Script) -> Line:
    """t <= N |- s_t <= sbar."""
    whole, sign = sbar_sq(s), s.combine(le(0, SBAR))
    first, last = first_factor(), factor(N)
    low = le_of_sq_le(s, s.combine(le(first * first, SBAR * SBAR), (whole, -1), squares=((1, last),)), sign)
    high = le_of_sq_le(s, s.combine(le(last * last, SBAR * SBAR), (whole, -1)), sign)
    limit = le(n(t), n(N))

    def claim(at: Term) -> Term:
        return forall({}, (le(n(at), n(N)),), le(factor(at), SBAR))

    base = s.intro(s.combine(le(factor(ZERO), SBAR), first_le(s), low), (le(n(ZERO), n(N)),))
    later = s.assume(le(n(NEXT), n(N)))
    before = s.elim(s.assume(claim(t)), s.combine(limit, later))
    goal, up, down = le(factor(NEXT), SBAR), le(factor(t), factor(NEXT)), lt(factor(NEXT), factor(t))
    rises = s.combine(goal, _ahead(s), high)
    sinks = s.combine(goal, s.assume(down), before)
    stepped = s.intro(s.cases(up, rises, down, sinks), (later.fact,))
    return s.elim(s.induct("t", base, stepped, claim(t)), s.assume(limit))


@once
def room_le(s: Script) -> Line:
    """1 - beta2^(N+1) <= sbar^2."""
    last, a, first = factor(N), _a(N), first_factor()
    small = s.combine(le(a, 1))
    s.know(s.combine(le(0, last), s.generalise(positive(s), "t", N)))
    sign = s.combine(le(0, last * last * (1 + a)), (s.generalise(_a_positive(s), "t", N), last * last))
    return s.combine(
        le(_b(N), SBAR * SBAR),
        (s.generalise(square(s), "t", N), -1),
        (small, last * last * (1 + a), sign),
        (sbar_sq(s), -1),
        squares=((1, first),),
    )


@once
def share_bounds(s: Script) -> tuple[Line, Line]:
    """t <= N |- b/sbar^2 <= s_t/sbar and b/sbar^2 <= 1."""
    now, a, up = factor(t), _a(t), factor_le(s)
    s.know(s.combine(le(0, now), positive(s)))
    sign = s.combine(le(0, now * now * (1 + a) * SBAR**-TWO), (_a_positive(s), now * now * SBAR**-TWO))
    share = _b(t) / SBAR**2
    below = s.combine(
        le(share, now / SBAR),
        (square(s), -1 * SBAR**-TWO),
        (s.combine(le(a, 1)), now * now * (1 + a) * SBAR**-TWO, sign),
        (up, now * SBAR**-TWO),
    )
    return below, s.combine(le(share, 1), below, (up, 1 / SBAR))
