"""Formulas from the same definitions: f' is the derivative of f, exactly, and the recorded loops compute the method."""

import pytest
import sympy
from sympy import Rational as R

from bounds.methods import CLIP_ADAGRAD_NORM_DELAYED, METHODS
from counterexamples.problems import SHAPES
from verify.simulate.program import formulas, trace
from verify.simulate.program.formulas import B_SQ, B_SQ_DELAYED, PARAMETERS, G, M, X

NUMBERS = {"gamma": R(1, 3), "lam": R(2), "eta": R(1, 7), "beta1": R(4, 5), "beta2": R(9, 10), "L": R(7, 5)}
NUMBERS |= {"nu": R(1, 2), "reach": R(3, 2), "correction": R(5, 6)}
AT = {PARAMETERS[name]: value for name, value in NUMBERS.items()}
POINTS = [R(k, 8) + R(1, 100) for k in range(-20, 21, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_is_the_derivative(shape):
    """Exactly, at points away from the kinks; 1 % more is seen."""
    gap, gradient = (part.subs(AT) for part in formulas.problem(shape))
    slope = sympy.diff(gap, X)
    for x in POINTS:
        assert sympy.simplify(slope.subs(X, x).doit() - gradient.subs(X, x)) == 0
    wrong = sympy.diff(gap * R(101, 100), X)
    assert any(sympy.simplify(wrong.subs(X, x).doit() - gradient.subs(X, x)) != 0 for x in POINTS)


def recorded(method, values):
    """All that the lines of the loop store, with exact numbers in the place of floats."""
    source = trace.source(method, "huber", "gap", "loop")
    lines = [line.strip() for line in source.splitlines() if " = " in line or " += " in line]
    scope = {"abs": abs, "sqrt": sympy.sqrt, **values}
    state = {}
    for line in lines:
        target, operator, expression = line.replace("+=", "=", 1).partition(" = ")
        if target.startswith("S["):
            state[target] = eval(expression, {"__builtins__": {}}, scope)
        elif "S[" not in expression and "X[" not in expression and operator:
            scope[target] = eval(expression, {"__builtins__": {}}, scope)
    return state


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(("x", "xi"), [(R(3, 10), R(1, 9)), (R(3, 10), R(50))])
def test_the_loop_computes_the_formulas(method, x, xi):
    """With the clip at work and without; the next method's formulas are others."""
    old, older = R(4, 9), R(25, 16)
    values = {**NUMBERS, "x": x, "xi": xi, "b_sq": old, "b_sq_delayed": older, "delay": 1, "t0": 0, "s": 0}
    found = recorded(method, values)
    g = NUMBERS["L"] * min(x, NUMBERS["nu"]) + xi
    at = {**AT, X: x, G: g, M: 0, B_SQ: old, B_SQ_DELAYED: older}
    exact = {name: formula.subs(at) for name, formula in formulas.method(method).items()}
    computed = list(found.values())
    for name in ("x", "b_sq", "weight"):
        assert any(abs(float(value - exact[name])) < 1e-12 for value in computed), name
    wrong = exact["x"] * R(101, 100)
    assert not any(abs(float(value - wrong)) < 1e-12 for value in computed)


def test_formulas_read_like_the_definition():
    """The recursion of the delayed method written by hand; without the delay it is another."""
    p = PARAMETERS
    clipped = sympy.Max(-p["lam"], sympy.Min(G, p["lam"]))
    found = formulas.method(CLIP_ADAGRAD_NORM_DELAYED)
    assert found["x"] == X - p["gamma"] / sympy.sqrt(B_SQ_DELAYED) * clipped
    assert found["b_sq"] == B_SQ + p["eta"] * clipped**2
    assert found["weight"] == p["gamma"] / sympy.sqrt(B_SQ_DELAYED)
    assert found["x"] != formulas.method(METHODS["clip-adagrad-norm"])["x"]
    assert r"\sqrt{B_{t-d}}" in sympy.latex(found["x"])
