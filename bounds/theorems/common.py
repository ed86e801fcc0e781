"""What the upper bounds share: the range of the numbers, the noise, the clip."""

from __future__ import annotations

from bounds.exponents import ALPHA
from bounds.setting import HP, t, xi
from bounds.terms import Term, eq, expect, forall, inner, le, lt, mk, norm, par, shift, veq

PAST = shift(t, -1)


def ranges() -> dict[str, Term]:
    """Assumptions: 1 < alpha <= 2 and delta < 1."""
    return {
        "alpha_range_low": lt(1, par("alpha")),
        "alpha_range_high": le(par("alpha"), 2),
        "delta_range": lt(par("delta"), 1),
    }


def noise() -> dict[str, Term]:
    """Assumptions: the two conditional moments of xi_t."""
    size = expect(PAST, norm(xi(t)) ** ALPHA)
    return {
        "noise_mean": forall({"t": "nat", "a": PAST}, (), eq(expect(PAST, inner(mk("vvar", "a"), xi(t))), 0)),
        "noise_moment": forall({"t": "nat"}, (), le(size, par("sigma") ** ALPHA)),
    }


def clip() -> dict[str, Term]:
    """Definitions: alpha_m1 = alpha - 1 and the clip at level lam."""
    v = mk("vvar", "v")
    cut = mk("vapp", "clip", v)
    return {
        "alpha_minus_one": eq(par("alpha_m1"), par("alpha") - 1),
        "clip_inactive": forall({"v": "vec"}, (le(norm(v), HP.lam),), veq(cut, v)),
        "clip_active": forall({"v": "vec"}, (le(HP.lam, norm(v)),), veq(norm(v) * cut, HP.lam * v)),
    }


def confidence() -> dict[str, Term]:
    """Definition: A = ln(2/delta), each of two events fails with probability at most delta/2."""
    return {"confidence": eq(par("A"), mk("ln", 2 / par("delta")))}
