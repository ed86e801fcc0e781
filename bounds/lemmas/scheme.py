"""The scheme of the convex proofs (theory, section 3): which point moves by a clipped gradient, and the good event.

    y_t = x_t                           without momentum
    y_t = x_t + c (x_t - x_{t-1})       with momentum, c = beta1/(1 - beta1), x_{-1} = x_0
    x_t = y_{t-d}                       stale gradients: y is the iterate, x where the oracle is asked

Then y_{t+1} = y_t - u_t gc_t + e_t, with e_t as in ``drift``, and x_t = beta1 x_{t-1} + (1 - beta1) y_t: the iterates
stay in any ball around x* that contains x_0 and every y_t.
"""

from __future__ import annotations

from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HP, t, x, xstar
from bounds.setting import y as iterate
from bounds.terms import Term, eq, ind, inner, le, n, norm, num, par, shift

L, R, kappa = par("L"), par("R"), par("kappa")
RADIUS = kappa * R
C_MOMENTUM, BETA1_C = par("c"), par("beta1_c")


def definitions(method: Method) -> dict[str, Term]:
    """beta1_c = 1 - beta1 and c = beta1/(1 - beta1)."""
    if not method.momentum:
        return {}
    return {"beta1_complement": eq(BETA1_C, 1 - HP.beta1), "momentum": eq(C_MOMENTUM, HP.beta1 / BETA1_C)}


def y(method: Method, s: Term) -> Term:
    """y_s."""
    if method.stale:
        return iterate(s)
    return x(s) + C_MOMENTUM * (x(s) - x(shift(s, -1))) if method.momentum else x(s)


def a(method: Method, s: Term = t) -> Term:
    """y_s - x*."""
    return y(method, s) - xstar


def dist_sq(method: Method, s: Term = t) -> Term:
    """||y_s - x*||^2."""
    return inner(a(method, s), a(method, s))


def close(method: Method, s: Term = t) -> Term:
    """||y_s - x*||^2 <= kappa^2 R^2."""
    return le(dist_sq(method, s), RADIUS**2)


def inside(s: Term = t) -> Term:
    """||x_s - x*||^2 <= kappa^2 R^2."""
    return le(inner(x(s) - xstar, x(s) - xstar), RADIUS**2)


def apart(method: Method) -> bool:
    """Is y another point than x?"""
    return method.momentum or method.stale


def near(method: Method, s: Term = t) -> Term:
    """The good event at one time, one comparison of F_{s-1}-measurable numbers: ``close``, and also ``inside``."""
    return le(1, ind(close(method, s)) * ind(inside(s))) if apart(method) else close(method, s)


def near_of(s: Script, method: Method, is_close: Line, is_inside: Line) -> Line:
    """near(s) from its two parts; the same times in both."""
    if not apart(method):
        return is_close
    both, first = ind(is_close.fact) * ind(is_inside.fact), s.ind_one(is_close)
    return s.combine(le(1, both), (first, -1 * ind(is_inside.fact)), (s.ind_one(is_inside), -1))


def close_of_near(s: Script, method: Method, at: Term = t) -> Line:
    """near(at) |- ||y - x*||^2 <= kappa^2 R^2."""
    return _part(s, method, at, close(method, at), inside(at))


@once
def inside_of_near(s: Script, method: Method, at: Term = t) -> Line:
    """near(at) |- ||x - x*||^2 <= kappa^2 R^2."""
    return _part(s, method, at, inside(at), close(method, at))


def _part(s: Script, method: Method, at: Term, fact: Term, other: Term) -> Line:
    good = s.assume(near(method, at))
    if not apart(method):
        return good
    shut = s.assume(eq(ind(fact), 0))
    nothing = s.combine(le(1, num(0)), good, (shut, ind(other)))
    return s.cases(fact, s.assume(fact), shut.fact, s.absurd(nothing, fact))


def inside_step(s: Script, method: Method) -> Line:
    """||x_{t+1} - x*||^2 <= kappa^2 R^2 from that of x_t and of y_{t+1}: a ball is convex."""
    later = shift(t, 1)
    if not method.momentum:
        return s.assume(close(method, later))
    whole, share = s.given("beta1_complement"), momentum_share(s)
    old, new, moved = x(t) - xstar, a(method, later), x(later) - xstar
    # x_{t+1} = beta1 x_t + beta1_c y_{t+1}; the two sides differ by a multiple of each definition
    straight = HP.beta1 * old + BETA1_C * new
    same = s.combine(
        eq(inner(moved, moved), inner(straight, straight)),
        (whole, -1 * inner(old, moved + straight)),
        (share, -1 * inner(x(later) - x(t), moved + straight)),
    )
    return s.combine(
        inside(later),
        same,
        (s.assume(inside()), HP.beta1),
        (s.assume(close(method, later)), BETA1_C),
        (whole, RADIUS**2 + HP.beta1 * inner(old, old) + BETA1_C * inner(new, new)),
        squares=((HP.beta1 * BETA1_C, old - new),),
    )


def momentum_share(s: Script) -> Line:
    """beta1_c (1 + c) = 1."""
    return s.combine(
        eq(BETA1_C * (1 + C_MOMENTUM), 1), (s.given("momentum"), BETA1_C), (s.given("beta1_complement"), 1)
    )


def start_inside(s: Script, at: Term, early: Line) -> Line:
    """||x - x*||^2 <= R^2 <= kappa^2 R^2 at a time <= 0, where x = x_0; ``early``: n(at) <= 0."""
    first, ball = _from_start(s, at, early)
    return s.combine(inside(at), ball, (first, x(at) + first.fact.args[1] - 2 * xstar))


def start(s: Script, method: Method, at: Term, early: Line) -> Line:
    """near(at) for a time <= 0, where y = x = x_0; ``early``: n(at) <= 0."""
    here = start_inside(s, at, early)
    if method.stale:
        y_first, ball = _from_start(s, at, early, "y")
        return near_of(
            s, method, s.combine(close(method, at), ball, (y_first, a(method, at) + y_first.fact.args[1] - xstar)), here
        )
    if not method.momentum:
        return here
    (first, ball), before = _from_start(s, at, early), shift(at, -1)
    second = s.define("x", before, "base", s.combine(le(n(before) + 1, 1), early))
    sum_of_both = a(method, at) + first.fact.args[1] - xstar
    close_by = s.combine(
        close(method, at), ball, (first, (1 + C_MOMENTUM) * sum_of_both), (second, -1 * C_MOMENTUM * sum_of_both)
    )
    return near_of(s, method, close_by, here)


def _from_start(s: Script, at: Term, early: Line, name: str = "x") -> tuple[Line, Line]:
    """x = x_0 (or y = x_0), and ||x_0 - x*||^2 <= R^2 <= kappa^2 R^2 by the budget."""
    first = s.define(name, at, "base", s.combine(le(n(at) + 1, 1), early))
    away = first.fact.args[1] - xstar
    return first, s.combine(le(inner(away, away), RADIUS**2), (s.given("start"), R + norm(away)), (_wide(s), R**2))


def _wide(s: Script) -> Line:
    """1 <= kappa^2 by the budget: 1 + ... <= kappa^2, or 2 + ... <= 2 kappa in the joint one, which has an h."""
    share = (kappa + 1) / 2 if "h" in s.statement.parameters else num(1)
    return s.combine(le(1, kappa**2), (s.given("budget"), share))
