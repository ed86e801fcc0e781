"""Freedman's and Bennett's inequalities are lemmas: proved from Ville's, refused when their premise is weakened."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bounds
from bounds.lemmas.clip import PAST, inner_clip_dominated
from bounds.lemmas.freedman import Martingale, bennett, freedman, psi, square_dominated
from bounds.lemmas.sums import T, sum_const
from bounds.script import Script
from bounds.setting import HP, N, gc, t
from bounds.statement import Statement
from bounds.terms import Term, eq, expect, forall, inner, le, lt, mk, n, num, par, total, whp
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, Replay, load, replay
from verify.prove import dumps

E = mk("vpar", "x0") - mk("vpar", "xstar")
SEEN = inner(E, gc(t))
X = SEEN - expect(PAST, SEEN)
M = 2 * par("R") * HP.lam  # |X_t| <= M, so its variance is at most M^2
Z, A, H = par("z2"), par("A1"), par("h")
LIMIT = le(n(T), n(N))
CLAIM = whp(mk("exp", -A), forall({"T": "nat"}, (LIMIT,), le(total("t", T, X), Z)))
QUANTILE = le(2 * A * (n(N) * M**2 + M * Z / 3), Z**2)
BUDGET = le(A + psi(H, M) * (n(N) * M**2), H * Z)


def statement(**conditions: Term) -> Statement:
    own = bounds.theorem("convex-clip-adagrad-norm", "joint")
    return replace(own, conditions=conditions, bound=None, conclusion=CLAIM)


def martingale(s: Script) -> Martingale:
    """X_t = <x_0 - x*, gc_t> less its conditional mean."""
    pair = inner_clip_dominated(s, E)
    far = s.given("start"), HP.lam
    up, down = (s.combine(le(line.fact.args[0], M / 2), line, far) for line in pair)
    constant = s.e_lin(PAST, M / 2, (M / 2,))
    same = s.combine(le(M / 2, M / 2)), s.combine(le(-M / 2, M / 2))
    low = s.combine(le(-M / 2, SEEN), down)
    mean_up = s.e_mono(PAST, up, (up, down), same)
    mean_low = s.e_mono(PAST, low, (s.combine(le(-M / 2, M / 2)), s.combine(le(M / 2, M / 2))), (up, down))
    minus = s.e_lin(PAST, -M / 2, (-M / 2,))
    bounded = s.combine(le(X, M), up, mean_low, (minus, -1)), s.combine(le(-X, M), down, mean_up, constant)
    mean = s.e_lin(PAST, X, (1, SEEN, (up, down)), (-1 * expect(PAST, SEEN),))
    square = square_dominated(s, X, bounded)
    whole = s.e_mono(PAST, square[0], square, (s.combine(le(M**2, M**2)), s.combine(le(-(M**2), M**2))))
    variance = s.combine(le(expect(PAST, X**2), M**2), whole, s.e_lin(PAST, M**2, (M**2,)))
    total_v = s.combine(le(total("t", T, M**2), n(N) * M**2), sum_const(s, "t", M**2), (s.assume(LIMIT), M**2))
    summed = s.intro(total_v, (LIMIT,), T="nat")
    return Martingale(X, M**2, bounded, s.combine(eq(expect(PAST, X), 0), mean), variance, summed)


def replayed(s: Script) -> Replay:
    return replay(load(dumps(encode(s.proof()))))


def by_freedman(condition: Term) -> Replay:
    s = Script(statement(quantile=condition))
    freedman(s, martingale(s), Z, A, s.combine(QUANTILE, s.given("quantile")))
    return replayed(s)


def by_bennett(condition: Term) -> Replay:
    s = Script(statement(budget=condition))
    bennett(s, martingale(s), Z, A, s.combine(lt(0, H)), s.combine(BUDGET, s.given("budget")))
    return replayed(s)


@pytest.mark.parametrize(("proved", "premise"), [(by_freedman, QUANTILE), (by_bennett, BUDGET)])
def test_a_lemma_and_its_neighbours(proved: object, premise: Term) -> None:
    """Proved with no axiom but Ville's; one per mille less in the premise is refused."""
    result = proved(premise)  # type: ignore[operator]
    assert result.axioms == ("ville",)
    assert not any(rule == "freedman" for rule in result.rules)
    low, high = premise.args
    with pytest.raises(Refused, match="residual"):
        proved(le(num("999/1000") * low, high))  # type: ignore[operator]
    assert proved(le(num("1001/1000") * low, high) if premise is QUANTILE else le(low + A / 1000, high))  # type: ignore[operator]


def exchanged(premise: str) -> Replay:
    """Freedman's inequality with one premise exchanged for a weaker one that is true."""
    s = Script(statement(quantile=QUANTILE))
    m = martingale(s)
    up, _ = m.pair
    mean, square, limit = expect(PAST, X), expect(PAST, X**2), s.assume(LIMIT)
    wide = le(total("t", T, M**2), 2 * n(N) * M**2)
    weaker = {
        "nothing": {},
        "centred": {"centred": s.combine(eq(mean, mean))},
        "variance": {"variance": s.combine(le(square, 2 * M**2), m.variance)},
        "summed": {"summed": s.intro(s.combine(wide, s.elim(m.summed, limit, T=T)), (LIMIT,), T="nat")},
        "two sides": {"pair": (up, up)},
    }
    freedman(s, replace(m, **weaker[premise]), Z, A, s.combine(QUANTILE, s.given("quantile")))  # type: ignore[arg-type]
    return replayed(s)


@pytest.mark.parametrize("premise", ["centred", "variance", "summed", "two sides"])
def test_every_premise_is_used(premise: str) -> None:
    """Not centred, twice the variance, twice the sum of variances, bounded from one side only: refused."""
    assert exchanged("nothing").axioms == ("ville",)
    with pytest.raises(Refused, match="residual"):
        exchanged(premise)
