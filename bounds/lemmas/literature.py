"""The constants of the literature from Lemma C at rho = 1/2: k_alpha 2^(alpha-1) <= 2^alpha, (3/2)^(2-alpha) <= 18."""

from __future__ import annotations

from bounds.exponents import ALPHA
from bounds.lemmas.clip import PAST, alpha, alpha_m1, lam, rho, rho1, rho2
from bounds.lemmas.estimator import BIAS_VECTOR, SPREAD, condexp_sq_spread_le, norm_bias_le
from bounds.lemmas.sums import discharge
from bounds.script import Line, Script
from bounds.setting import ONE, TWO, moment, p, t
from bounds.terms import eq, expect, inner, le, lt, norm, num

HALFWAY = le(norm(p(t)), lam / 2)
DEFINITIONS = {"half": eq(rho, num("1/2")), "half_left": eq(rho1, num("1/2")), "half_more": eq(rho2, num("3/2"))}
BIAS_BOUND = num(2) ** ALPHA * moment(lam, ONE - ALPHA)
VARIANCE_BOUND = 18 * moment(lam, TWO - ALPHA)


def _small(s: Script) -> Line:
    """||p_t|| <= lam / 2 |- ||p_t|| <= rho lam."""
    return s.combine(le(norm(p(t)), rho * lam), s.assume(HALFWAY), (s.given("half"), -1 * lam))


def _at_most_one(s: Script) -> tuple[Line, Line]:
    """(alpha-1)^(alpha-1) <= 1 and alpha^(-alpha) <= 1."""
    one = num(1)
    minus = s.combine(le(alpha_m1, one), s.given("alpha_range_high"), (s.given("alpha_minus_one"), 1))
    above = s.combine(le(one, alpha), s.given("alpha_range_low"))
    return (
        s.pow_mono(s.combine(le(0, alpha_m1)), minus, ALPHA - ONE),
        s.pow_mono(s.combine(lt(0, one)), above, -ALPHA),
    )


def bias_le(s: Script) -> Line:
    """||p_t|| <= lam / 2 |- ||E gc - p|| <= 2^alpha sigma^alpha lam^(1-alpha)."""
    minus, above = _at_most_one(s)
    half = num("1/2")
    left = s.pow_mono(s.combine(lt(0, half)), s.combine(le(half, rho1), (s.given("half_left"), -1)), ONE - ALPHA)
    size = moment(lam, ONE - ALPHA)
    line = s.combine(
        le(norm(BIAS_VECTOR), BIAS_BOUND),
        norm_bias_le(s),
        (minus, alpha**-ALPHA * rho1 ** (ONE - ALPHA) * size),
        (above, rho1 ** (ONE - ALPHA) * size),
        (left, size),
    )
    return discharge(s, line, _small(s))


def variance_le(s: Script) -> Line:
    """||p_t|| <= lam / 2 |- E ||gc - E gc||^2 <= 18 lam^(2-alpha) sigma^alpha."""
    more, size = num("3/2"), moment(lam, TWO - ALPHA)
    power = s.pow_mono(s.combine(le(0, rho2)), s.combine(le(rho2, more), s.given("half_more")), TWO - ALPHA)
    above = s.pow_mono(s.combine(le(0, num(1))), s.combine(le(num(1), more)), ALPHA - ONE)
    line = s.combine(
        le(expect(PAST, inner(SPREAD, SPREAD)), VARIANCE_BOUND),
        condexp_sq_spread_le(s),
        (power, size),
        (above, more ** (TWO - ALPHA) * size),
    )
    return discharge(s, line, _small(s))
