"""Intervals contain every trajectory that is drawn from their stratum, and are worth something for rare jumps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from known import SGD

from bounds.methods import METHODS
from counterexamples.noise import INWARD, OUTWARD, Pareto, Stable, isotropic, jump_law, scaled
from counterexamples.problems import double_well, huber, plateau, quadratic, well
from verify.rare import Case
from verify.rare.planned import sampled
from verify.rare.reach import ANYWHERE, draws, reach
from verify.rare.strata import PLACES, partition
from verify.simulate import HyperParameters
from verify.simulate.noise.sampler import sampler, value

ALPHA, ONE = F(3, 2), F(1)
LAWS = {
    "stable": scaled(Stable(F(7, 4)), ALPHA, ONE),
    "pareto": scaled(Pareto(F(7, 4)), ALPHA, ONE, INWARD),
    "two": jump_law(F(20), ALPHA, ONE, OUTWARD),
    "three": jump_law(F(20), ALPHA, ONE, OUTWARD, symmetric=True),
}
HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.1, b0=0.9, beta1=0.5, beta2=0.9)
MADE = METHODS | {
    "momentum": replace(METHODS["clip-adagrad-norm"], momentum=True),
    "corrected": replace(METHODS["clip-adam-norm"], momentum=True, corrected=True),
    "sgd": SGD,
}
PROBLEMS = [huber(1.3, 0.4, 1.0), quadratic(1.0, 1.0), plateau(F(1), F(2), 0.7), double_well(F(1), F(2))]
STEPS, RUNS = 12, 200


def inside(case: Case, few: F = F(2)) -> tuple[int, int]:
    """(strata looked at, strata with finite ends); every value must lie between them."""
    law = case.drawn
    strata = partition(law, case.steps, F(1, 10**6), few).strata
    ends = reach(case, law, strata)
    chosen = range(0, len(strata), max(len(strata) // 6, 1))
    for k in chosen:
        noise = sampled(law, [strata[k]], case.steps, 0, RUNS, 1, k)
        values = case.values(noise, 0, RUNS, 1, k, 1, lambda n: None)
        assert np.all((values >= ends[k][0]) & (values <= ends[k][1]))
    return len(chosen), sum(ends[k] != ANYWHERE for k in chosen)


@pytest.mark.parametrize("name", MADE)
def test_every_method_stays_inside(name):
    problem = PROBLEMS[list(MADE).index(name) % len(PROBLEMS)]
    for metric, law in (("weighted", "stable"), ("last", "pareto"), ("grad_sq", "two")):
        seen, finite = inside(Case(MADE[name], problem, LAWS[law], HP, STEPS, metric))
        assert seen >= 3 and finite == seen


def test_another_stratum_is_outside():
    """Negative twin: jumps away from x* leave the interval of the trajectories without; their own is tight."""
    case = Case(SGD, huber(1.0, 0.1, 1.0), LAWS["three"], HP, STEPS, "last")
    strata = partition(case.drawn, STEPS, F(1, 10**6), F(1)).strata
    none, one = reach(case, case.drawn, strata[:2])
    values = case.values(sampled(case.drawn, [strata[1]], STEPS, 0, RUNS, 1, 0), 0, RUNS, 1, 0, 1, lambda n: None)
    assert np.mean(values > none[1]) > 1 / 3 and 0.9 * one[1] < values.max() <= one[1]
    assert none[1] - none[0] < 1e-8


def test_the_ends_of_the_draws_are_close_and_hold():
    law = sampler(LAWS["pareto"])
    rng = np.random.default_rng(1)
    for low, high in ((0, 2**20), (2**40, 2**43), (2**57, 2**60), (2**60, PLACES)):
        places = rng.integers(low, high, 20_000, dtype=np.uint64)
        places[:2] = low, high - 1
        seen = value(law, places >> np.uint64(32) << np.uint64(1), places & np.uint64(2**32 - 1))
        ends = draws(law, low, high)
        assert ends[0] <= seen.min() and seen.max() <= ends[1]
        assert ends[1] - ends[0] < 1.1 * (seen.max() - seen.min()) + 1e-6
        assert not draws(law, low, high // 2)[0] <= seen.min() or low == 0


def test_nothing_is_said_where_nothing_is_known():
    case = Case(METHODS["clip-sgd"], huber(1.0, 0.1, 1.0), LAWS["stable"], HP, STEPS)
    strata = partition(case.drawn, STEPS, F(1, 1000), F(1)).strata
    others = [
        replace(case, metric="max_gap"),
        replace(case, law=isotropic(case.law)),
        replace(case, problem=well(F(1), F(2))),
        replace(case, method=METHODS["clip-adam-norm-delayed"], delay=2),
        replace(case, method=replace(case.method, stale=True)),
    ]
    assert all(set(reach(c, c.drawn, strata)) == {ANYWHERE} for c in others)
    assert ANYWHERE not in reach(case, case.drawn, strata)
