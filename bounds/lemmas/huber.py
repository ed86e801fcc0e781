"""The Huber function of threshold nu around x*, in any dimension (theory, section 8).

f(v) = ||v - x*||^2 / 2 where ||v - x*|| <= nu, and nu ||v - x*|| - nu^2 / 2 beyond; it is convex and 1-smooth.
``e`` is a vector of length 1, and epsilon = nu^2 / 2.
"""

from __future__ import annotations

from bounds.script import Line, Script
from bounds.setting import f, gap, grad, xstar
from bounds.terms import Term, eq, forall, inner, le, lt, mk, norm, par, veq

nu, epsilon = par("nu"), par("epsilon")
e = mk("vpar", "e")
V = mk("vvar", "v")
Y = V - xstar
INSIDE, OUTSIDE = le(norm(Y), nu), le(nu, norm(Y))


def along(v: Term) -> Term:
    """<e, v - x*>: how far v lies from x* in the direction e."""
    return inner(e, v - xstar)


def definitions() -> dict[str, Term]:
    """f, its gradient, and the accuracy epsilon that corresponds to the threshold nu."""
    return {
        "accuracy": eq(epsilon, nu**2 / 2),
        "huber_inside": forall({"v": "vec"}, (INSIDE,), eq(f(V), inner(Y, Y) / 2)),
        "huber_outside": forall({"v": "vec"}, (OUTSIDE,), eq(f(V), nu * norm(Y) - nu**2 / 2)),
        "grad_inside": forall({"v": "vec"}, (INSIDE,), veq(grad(V), Y)),
        "grad_outside": forall({"v": "vec"}, (OUTSIDE,), veq(norm(Y) * grad(V), nu * Y)),
    }


def component_le_norm(s: Script, v: Term) -> Line:
    """<e, v> <= ||v||."""
    return s.combine(le(inner(e, v), norm(v)), s.cauchy_schwarz(e, v), (s.given("unit"), norm(v)))


def unit_square(s: Script) -> Line:
    """||e||^2 = 1."""
    return s.combine(eq(inner(e, e), 1), (s.given("unit"), norm(e) + 1))


def component_of_grad_le(s: Script) -> Line:
    """For all v: <e, grad f(v)> <= nu."""
    goal = le(inner(e, grad(V)), nu)
    short = component_le_norm(s, Y)
    near = s.elim(s.given("grad_inside"), s.assume(INSIDE), v=V)
    far = s.elim(s.given("grad_outside"), s.assume(OUTSIDE), v=V)
    inside = s.combine(goal, (near, e), short, s.assume(INSIDE))
    positive = s.combine(lt(0, norm(Y)), s.assume(OUTSIDE))
    outside = s.combine(goal, (far, e), (short, nu), scale=(norm(Y), positive))
    return s.intro(s.cases(INSIDE, inside, OUTSIDE, outside), v="vec")


def gap_gt_of_far(s: Script) -> Line:
    """For all v: if nu < <e, v - x*> then epsilon < f(v) - f(x*)."""
    far = lt(nu, along(V))
    longer = s.combine(lt(nu, norm(Y)), s.assume(far), component_le_norm(s, Y))
    value = s.elim(s.given("huber_outside"), s.combine(OUTSIDE, longer), v=V)
    least = s.elim(s.given("huber_inside"), s.combine(le(norm(xstar - xstar), nu)), v=xstar)
    line = s.combine(lt(epsilon, gap(V)), (value, -1), (least, 1), (longer, nu), s.given("accuracy"))
    return s.intro(line, (far,), v="vec")
