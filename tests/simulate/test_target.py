"""What attacks are aimed at: the usual stepsize, numbers that float64 cannot hold, both metrics for every method."""

import math
from dataclasses import replace
from fractions import Fraction as F

import pytest
from instances import VARIANTS

from bounds.methods import METHODS
from verify.attack import attack, plan
from verify.statistics import SUPPORTED, VIOLATED
from verify.target import Target, hyper_parameters, instances, representable, usual_stepsize

N = 400
TARGET = Target(
    "t", METHODS["clip-adam-norm"], "grad_sq", F(3, 2), F(1, 10), F(1), F(1), N, F(1, 20), gamma=F(1, 50), lam=F(3),
    rho=F(1, 2), upper=F(2), b0=F(2), beta1=F(9, 10), beta2=1 - F(1, N),
)  # fmt: skip


def test_the_usual_stepsize_is_the_mean_over_a_run_with_small_gradients():
    growing = [1e-2 * float(TARGET.beta2) ** (-t / 2) for t in range(N)]
    assert usual_stepsize(TARGET) == pytest.approx(sum(growing) / N, rel=2e-3)
    corrected = replace(TARGET, method=VARIANTS["adam-corrected"])
    factors = [math.sqrt(1 - float(TARGET.beta2) ** (t + 1)) / (1 - 0.9 ** (t + 1)) for t in range(N)]
    expected = sum(u * s for u, s in zip(growing, factors, strict=True)) / N
    assert usual_stepsize(corrected) == pytest.approx(expected, rel=2e-2)
    assert expected < 0.95 * sum(growing) / N  # the correction is seen
    assert usual_stepsize(replace(TARGET, method=METHODS["clip-adagrad-norm"])) == 1e-2
    assert usual_stepsize(replace(TARGET, method=METHODS["clip-sgd"])) == 2e-2


def test_the_hyper_parameters_are_those_of_the_target():
    hp = hyper_parameters(TARGET)
    assert (hp.gamma, hp.lam, hp.b0, hp.beta1, hp.beta2) == (0.02, 3.0, 2.0, 0.9, 1 - 1 / N)


def test_a_beta2_that_rounds_to_one_is_not_simulated():
    representable(replace(TARGET, beta2=1 - F(1, 10**15)))
    with pytest.raises(ValueError, match=r"beta2 is 1.0 in float64"):
        representable(replace(TARGET, beta2=1 - F(1, 10**18)))
    representable(replace(TARGET, method=METHODS["clip-sgd"], beta2=1 - F(1, 10**18)))


def test_the_metric_chooses_the_battery():
    convex, nonconvex = (instances(replace(TARGET, metric=m)) for m in ("gap", "grad_sq"))
    assert {i.problem.shape for i in convex} == {"huber"} < {i.problem.shape for i in nonconvex}


@pytest.mark.parametrize("metric", ["gap", "grad_sq"])
@pytest.mark.parametrize("name", METHODS)
def test_a_generous_claim_survives_and_a_greedy_one_does_not(name, metric):
    """2 L Delta (or four times L R^2/2) against a hundredth of the noiseless worst case; level 1e-6, by 600 runs."""
    target = replace(TARGET, method=METHODS[name], metric=metric)
    (rows,) = attack(plan([target], runs=600, twin_runs=0))
    assert {row.status for row in rows} == {SUPPORTED}
    (rows,) = attack(plan([replace(target, upper=F(1, 2000))], runs=600, twin_runs=0))
    assert [row.status for row in rows].count(VIOLATED) > len(rows) / 2
