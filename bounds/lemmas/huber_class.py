"""The Huber function is convex and 1-smooth: it belongs to the class of the upper bounds.

With y = v - x*, grad f(v) is the projection of y on the ball of radius nu: ||grad f(v)|| <= nu and
<y - grad f(v), s - grad f(v)> <= 0 whenever ||s|| <= nu; and f(v) = <grad f(v), y> - ||grad f(v)||^2 / 2.
"""

from __future__ import annotations

from bounds.lemmas.estimator import le_of_inner_le
from bounds.lemmas.huber import INSIDE, OUTSIDE, V, Y, nu
from bounds.lemmas.order import le_of_sq_le, norm_congr
from bounds.script import Line, Script
from bounds.setting import f, grad, xstar
from bounds.terms import Term, eq, forall, inner, le, lt, mk, norm, num, veq

W, S = mk("vvar", "w"), mk("vvar", "s")
G, LENGTH = grad(V), norm(Y)
TWO_VECTORS = {"v": "vec", "w": "vec"}
HALF = num("1/2")


def facts() -> tuple[Term, ...]:
    """Convex, smooth, with a 1-Lipschitz gradient that vanishes at x*."""
    step = V - W
    return (
        forall(TWO_VECTORS, (), le(f(W) + inner(grad(W), step), f(V))),
        forall(TWO_VECTORS, (), le(f(V), f(W) + inner(grad(W), step) + inner(step, step) / 2)),
        forall(TWO_VECTORS, (), le(norm(G - grad(W)), norm(step))),
        veq(grad(xstar), 0 * xstar),
    )


def _near(s: Script) -> Line:
    """grad f(v) = y."""
    return s.elim(s.given("grad_inside"), s.assume(INSIDE), v=V)


def _far(s: Script) -> tuple[Line, Line]:
    """||y|| grad f(v) = nu y, and 0 < ||y||^2."""
    positive = s.combine(lt(0, LENGTH), s.assume(OUTSIDE))
    square = s.combine(lt(0, LENGTH**2), (positive, LENGTH, positive))
    return s.elim(s.given("grad_outside"), s.assume(OUTSIDE), v=V), square


def _far_length(s: Script) -> Line:
    """||grad f(v)||^2 = nu^2 outside."""
    far, square = _far(s)
    return s.combine(eq(inner(G, G), nu**2), (far, LENGTH * G + nu * Y), scale=(LENGTH**2, square))


def norm_grad_le(s: Script) -> Line:
    """||grad f(v)|| <= nu."""
    goal = le(norm(G), nu)
    inside = s.combine(goal, norm_congr(s, _near(s)), s.assume(INSIDE))
    squares = s.combine(le(inner(G, G), nu**2), _far_length(s))
    return s.cases(INSIDE, inside, OUTSIDE, le_of_sq_le(s, squares, s.combine(le(0, nu))))


def value(s: Script) -> Line:
    """For all v: f(v) = <grad f(v), y> - ||grad f(v)||^2 / 2."""
    goal = eq(f(V), inner(G, Y) - inner(G, G) / 2)
    inside = s.combine(goal, s.elim(s.given("huber_inside"), s.assume(INSIDE), v=V), (_near(s), HALF * (G - Y)))
    far, square = _far(s)
    outside = s.combine(
        goal,
        (s.elim(s.given("huber_outside"), s.assume(OUTSIDE), v=V), LENGTH**2),
        (far, HALF * (LENGTH * G + nu * Y) - LENGTH * Y),
        scale=(LENGTH**2, square),
    )
    return s.intro(s.cases(INSIDE, inside, OUTSIDE, outside), v="vec")


def projection(s: Script) -> Line:
    """For all v, s: if ||s|| <= nu then <y - grad f(v), s - grad f(v)> <= 0."""
    goal, short = le(inner(Y - G, S - G), 0), s.assume(le(norm(S), nu))
    inside = s.combine(goal, (_near(s), G - S))
    far, _ = _far(s)
    within = s.combine(
        le(inner(G, S), inner(G, G)),
        (_far_length(s), num("-1/2")),
        (short, HALF * (norm(S) + nu)),
        squares=((HALF, G - S),),
    )
    beyond = s.combine(le(0, LENGTH - nu), s.assume(OUTSIDE))
    outside = s.combine(goal, (far, G - S), (within, LENGTH - nu, beyond), scale=(nu, None))
    return s.intro(s.cases(INSIDE, inside, OUTSIDE, outside), (short.fact,), v="vec", s="vec")


def convex_smooth(s: Script) -> tuple[Line, ...]:
    """The facts, in order."""
    other, step = grad(W), V - W
    short, rule, values = s.intro(norm_grad_le(s), v="vec"), projection(s), value(s)
    here, there = s.elim(values, v=V), s.elim(values, v=W)
    at_v = s.elim(rule, s.elim(short, v=W), v=V, s=other)
    at_w = s.elim(rule, s.elim(short, v=V), v=W, s=G)
    convex, smooth = (fact.args[2] for fact in facts()[:2])
    remainder = (Y - G) - (W - xstar - other)
    product = s.combine(
        le(inner(G - other, G - other), norm(G - other) * norm(step)), at_v, at_w, s.cauchy_schwarz(G - other, step)
    )
    zero = s.elim(s.given("grad_inside"), s.combine(le(norm(xstar - xstar), nu)), v=xstar)
    return (
        s.intro(s.combine(convex, (here, -1), there, at_v, squares=((HALF, G - other),)), v="vec", w="vec"),
        s.intro(s.combine(smooth, here, (there, -1), at_w, squares=((HALF, remainder),)), v="vec", w="vec"),
        s.intro(le_of_inner_le(s, product), v="vec", w="vec"),
        s.combine(veq(grad(xstar), 0 * xstar), (zero, 1)),
    )
