"""Global optimality and the smallest number of steps: dual certificates, an independent solver, the nearest lies."""

from __future__ import annotations

from fractions import Fraction

import pytest

import bounds
import verify
from bounds.setting import largest_stepsize
from verify.constants import NoBound
from verify.constants.certify import _evaluation
from verify.constants.inputs import BadInput
from verify.constants.optimality import NoLimit, _weights, check
from verify.constants.parameters import program_of
from verify.constants.program import Program
from verify.constants.question import question
from verify.constants.solver import solve
from verify.constants.steps import largest_weight

NUMBERS = {"alpha": "1.5", "delta": "0.01", "N": 10**4, "Delta": 1}
PROGRAMS = [  # the geometric ones: no exponential, and not 1 <= fall + 1/chi
    (i, v)
    for kind in ("convex", "nonconvex")
    for i in bounds.theorem_ids(kind)
    for v in bounds.variants(i)
    if not {"h", "fall"} & bounds.theorem(i, v).parameters.keys() and not bounds.method(i, v).momentum
]


def program(theorem: str, variant: str, **numbers: object) -> Program:
    statement = bounds.theorem(theorem, variant)
    return program_of(statement, question(theorem, variant, **(NUMBERS | numbers)).values(statement))


@pytest.mark.parametrize(("theorem", "variant"), PROGRAMS)
@pytest.mark.parametrize("numbers", [{}, {"alpha": "1.1", "N": 10**9, "sigma": "1e9", "delta": "1e-300"}, {"sigma": 0}])
def test_a_bound_is_within_a_thousandth_of_the_best_possible(theorem, variant, numbers):
    upper = verify.bound(theorem, variant=variant, **(NUMBERS | numbers)).upper_exact
    least = verify.limit(theorem, variant=variant, **(NUMBERS | numbers))[variant]
    assert upper * Fraction(999, 1000) <= least <= upper


def test_a_joint_budget_has_no_such_certificate():
    assert verify.limit("convex-clip-sgd", variant="joint", **NUMBERS) == {}


@pytest.mark.parametrize(("theorem", "variant"), PROGRAMS[:3])
def test_weights_that_do_not_balance_prove_nothing(theorem, variant):
    found = program(theorem, variant)
    at = solve(found)
    weights = dict(_weights(found, at.z[found.group_of] * found.value(at.x).weights + 1e-9))
    proved = check(found.source, weights)
    assert proved > 0
    first, *rest = weights["budget"]
    for lie, reason in (
        ({"budget": (first, *(x * 2 for x in rest))}, "balance"),
        ({"budget": (-first, *rest)}, ">= 0"),
        ({"budget": (first,)}, ">= 0"),
        ({"no such condition": (first,)}, "not there"),
    ):
        with pytest.raises(NoLimit, match=reason):
            check(found.source, weights | lie)


@pytest.mark.parametrize(("theorem", "variant"), PROGRAMS)
def test_an_independent_solver_agrees(theorem, variant):
    cp = pytest.importorskip("cvxpy")
    source = program(theorem, variant).source
    x = {name: cp.Variable(name=name) for name in source.variables}

    def log_of(atom):
        return float(cp_log(atom.coefficient)) + sum(float(e) * x[name] for name, e in atom.monomial)

    def cp_log(c):
        from flint import arb

        return arb(c).log()

    conditions = [
        cp.log_sum_exp(cp.hstack([log_of(a) - log_of(c.right[0]) for a in c.left])) <= 0
        for c in source.conditions
        if not c.artificial
    ]
    (objective,) = source.objective
    problem = cp.Problem(cp.Minimize(log_of(objective)), conditions)
    problem.solve(solver="CLARABEL")
    assert abs(problem.value - solve(program(theorem, variant)).value) <= 1e-5


# --- the smallest number of steps ----------------------------------------------------------------------


@pytest.mark.parametrize("theorem", ["convex-clip-sgd", "nonconvex-clip-adagrad-norm-delayed"])
def test_the_smallest_number_of_steps(theorem):
    numbers = {"alpha": "1.5", "delta": "0.01", "Delta": 1}
    found = verify.smallest_steps(theorem, epsilon="0.1", **numbers)
    assert found.bound.upper_exact <= found.epsilon == Fraction(1, 10)
    assert found.bound.parameters["N"] == found.N
    assert verify.bound(theorem, N=found.N - 1, **numbers).upper_exact > found.epsilon
    for variant, steps in found.not_enough.items():
        assert verify.limit(theorem, variant=variant, N=steps, **numbers)[variant] > found.epsilon
        enough = verify.smallest_steps(theorem, epsilon="0.1", variant=variant, **numbers).N
        assert steps < enough <= steps * Fraction(102, 100)


def test_what_cannot_be_reached_is_said():
    numbers = {"alpha": "1.000001", "delta": "0.01", "sigma": "1e9"}
    with pytest.raises(NoBound, match=r"no number of steps up to 10\^100"):
        verify.smallest_steps("convex-clip-sgd", epsilon="1e-9", **numbers)
    with pytest.raises(BadInput, match="epsilon: expected a number > 0"):
        verify.smallest_steps("convex-clip-sgd", epsilon=0, **numbers)
    with pytest.raises(BadInput, match="leave N out"):
        verify.smallest_steps("convex-clip-sgd", epsilon=1, N=3, **numbers)


# --- from realised stepsizes -----------------------------------------------------------------------------


def test_realised_stepsizes_give_a_bound():
    found = verify.bound("convex-clip-adagrad-norm", alpha="1.5", delta="0.01", N=10**4)
    u = found.parameters["u"]
    largest, smallest = ([scale * u] * 10**4 for scale in (1, 1 / found.parameters["chi"]))
    assert verify.posterior(found, largest) < found.upper_exact
    assert abs(verify.posterior(found, smallest) / found.upper_exact - 1) <= Fraction(1, 10**9)
    for bad in ([], [u] * (10**4 + 1), [u, -u]):
        with pytest.raises(BadInput, match="stepsizes: expected between 1 and N"):
            verify.posterior(found, bad)
    other = verify.bound("nonconvex-clip-sgd", **NUMBERS)
    with pytest.raises(BadInput, match="no bound from realised stepsizes"):
        verify.posterior(other, [1])


def test_no_weight_exceeds_what_the_theorem_allows():
    """A run counts whose weights are gamma/b0, rounded; a hundred in its place, or two roundings too many, do not."""
    found = verify.bound("convex-clip-adagrad-norm", alpha="1.5", delta="0.01", N=1000)
    u = found.parameters["u"]
    kept = verify.posterior(found, [float(u) * (1 + 2**-45)] * 1000)
    assert kept == verify.posterior(found, [u] * 1000)
    for wrong, where in (([100.0] * 1000, 0), ([u, u, u * (1 + Fraction(1, 10**6))], 2)):
        with pytest.raises(BadInput, match=rf"^stepsizes: expected at most 0\.0\d+, .*; number {where} is [0-9.]+$"):
            verify.posterior(found, wrong)
    for nothing in (float("inf"), float("nan"), "x", None):
        with pytest.raises(BadInput, match=r"^stepsizes: expected finite numbers \(.*\)$"):
            verify.posterior(found, [u, nothing])


@pytest.mark.parametrize("theorem", ["convex-clip-sgd", "convex-clip-adagrad-norm-delayed", "convex-clip-adam-norm"])
@pytest.mark.parametrize("name", ["joint", "joint-momentum-corrected"])
def test_the_largest_weight_is_that_of_the_statement(theorem, name):
    variant = name if name in bounds.variants(theorem) else "joint"
    beta1 = "0.9" if "momentum" in variant else 0
    found = verify.bound(theorem, variant=variant, alpha="1.5", delta="0.01", N=1000, beta1=beta1)
    largest = largest_stepsize(bounds.method(theorem, variant))
    statement = bounds.theorem(theorem, variant)
    low, high = _evaluation(statement, _given(statement, found), 256).enclose(largest)
    assert low <= high <= largest_weight(found) <= high * (1 + Fraction(1, 10**9))


def _given(statement, found):
    return {k: x for k, x in found.parameters.items() if k in (*statement.integers, *statement.parameters)}
