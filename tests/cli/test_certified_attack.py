"""``verify.attack``: a true bound survives, a planted one does not, nothing is decided by too little."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

import bounds
import verify
from bounds.theorems.convex import METHODS
from verify.attack import (
    BAND_LEVEL,
    WORK_LIMIT,
    Engine,
    Unaffordable,
    attack,
    default_runs,
    instances,
    judge,
    plan,
    supported_count,
    untried,
    verdict,
)
from verify.cli.check import Question, certify, target
from verify.simulate import Result
from verify.simulate.noise.realised import realised
from verify.statistics import (
    INCONCLUSIVE,
    SUPPORTED,
    VIOLATED,
    critical_count,
    lower_limit,
    power,
    quantile_band,
    upper_limit,
)

ONE = F(1)
QUESTION = Question(
    F(3, 2), F(1, 100), 1000, ONE, ONE, ONE, "matched", F(0), "reweighted", 1, 1, 2500, 0, F(1, 10**6)
)  # fmt: skip
IDS = tuple(i for i in bounds.theorem_ids("convex") if not bounds.method(i).stale)


def targets(theorem, **changes):
    question = replace(QUESTION, **changes)
    found = certify(theorem, question)
    return target(found, question), found


@pytest.fixture(scope="module")
def honest():
    return {theorem: targets(theorem)[0] for theorem in IDS}


NONCONVEX = bounds.theorem_ids("nonconvex")


@pytest.mark.parametrize(
    ("theorem", "beta1"),
    [*((i, F(0)) for i in NONCONVEX), *((f"nonconvex-clip-{k}-norm", F(1, 2)) for k in ("adagrad", "adam"))],
)
def test_nonconvex_bounds_survive_and_planted_ones_do_not(once, theorem, beta1):
    """P(a false VIOLATED) <= 1e-6 if the theorem is true; a thirtieth of the bound is below the noiseless mean of the
    squared gradients on most problems, where the outcome is certain."""
    t, _ = targets(theorem, beta1=beta1, Delta=F(3, 2), steps=600, delta=F(1, 50), runs=1500)
    assert (t.metric, t.size, t.method.momentum) == ("grad_sq", F(3, 2), beta1 > 0)
    (rows,) = attack(plan([t], runs=1500, twin_runs=0))
    assert {row.status for row in rows} == {SUPPORTED} and len(rows) == 17
    assert min(row.tightness for row in rows) > 1
    (rows,) = attack(plan([replace(t, upper=t.upper / 30)], runs=1500, twin_runs=0))
    assert [row.status for row in rows].count(VIOLATED) >= 12


def test_the_certified_bounds_survive_every_attack(once, honest):
    """P(a false VIOLATED anywhere) <= 1e-6 if the theorems are true."""
    for rows in attack(plan(list(honest.values()), runs=2500)):
        assert {row.status for row in rows} == {SUPPORTED} and len(rows) == 12


@pytest.mark.parametrize("theorem", IDS)
def test_a_planted_bound_is_violated(once, honest, theorem):
    """The certified bound divided by 20.  Power: without noise the outcome is certain; on an instance whose true
    exceedance rate is 1/20 or more, 2500 runs find it with probability > 0.999; together beyond doubt."""
    false = replace(honest[theorem], upper=honest[theorem].upper / 20)
    chosen = plan([false], runs=2500)
    assert power(F(1, 20), 2500, F(1, 100), chosen.level)[0] > F(999, 1000)
    (rows,) = attack(chosen)
    noiseless = next(row for row in rows if row.noise == "none")
    assert (noiseless.status, noiseless.violations) == (VIOLATED, 2500)
    assert [row.status for row in rows].count(VIOLATED) >= 9


def test_noise_in_all_directions_attacks_too(once):
    """In R^3: seven rows more; a twentieth of the bound is below what they keep on nearly linear functions."""
    t = replace(targets("convex-clip-sgd", steps=500)[0], dim=3)
    for upper, status, least in ((t.upper, SUPPORTED, 7), (t.upper / 20, VIOLATED, 3)):
        chosen = plan([replace(t, upper=upper)], runs=2500, twin_runs=0)
        assert chosen.cost == t.N * 2500 * (12 + 7 * 3) and chosen.work == t.N * 2500 * 19
        wide = [i for i in chosen.batteries[0] if i.law.isotropic]
        (rows,) = attack(replace(chosen, batteries=(tuple(wide),)))
        assert [row.status for row in rows].count(status) >= least and len(rows) == 7
        assert all(row.noise.startswith("isotropic") for row in rows)


def test_the_noiseless_worst_case_decides_to_the_last_digits(once, honest):
    """A pair of claims 1e-6 apart, around the gap R^2/(2 (u (N-1) + 1/L)) of the nearly linear function."""
    t = honest["convex-clip-sgd"]
    gap = t.size**2 / (2 * (t.gamma * (t.N - 1) + 1 / t.L))
    for factor, status in ((1 - F(1, 10**6), VIOLATED), (1 + F(1, 10**6), SUPPORTED)):
        (row,) = first_row(plan([replace(t, upper=gap * factor)], runs=2500, twin_runs=0))
        assert row.noise == "none" and row.status == status


def first_row(chosen):
    """The attack of each target on the nearly linear function without noise, at the level of the plan."""
    return [row for (row,) in attack(replace(chosen, batteries=tuple(b[:1] for b in chosen.batteries)))]


def noiseless_tightness(theorem, steps):
    """Bound / gap on the nearly linear function without noise, and kappa^2."""
    t, found = targets(theorem, steps=steps)
    (row,) = first_row(plan([t], runs=1, twin_runs=0))
    assert (row.problem, row.noise) == ("nearly-linear", "none")
    return row.tightness, found.parameters["kappa"] ** 2


@pytest.mark.parametrize("steps", [10_000, 100_000])
@pytest.mark.parametrize("theorem", IDS)
def test_tightness_on_the_noiseless_worst_case(theorem, steps):
    """There the slack is kappa^2 chi (1 + 1/(q N)), and at most 1.3 kappa^2 at the default numbers; for Adam, whose
    stepsizes may grow by e^(1/2) and fall by chi, at most twice that."""
    tightness, kappa_sq = noiseless_tightness(theorem, steps)
    assert kappa_sq < tightness <= F(13, 10) * kappa_sq * (1 + ("adam-norm" in theorem))


def test_a_loose_bound_is_not_called_tight(honest):
    """Negative twin: 2.2 times the bound is beyond twice the limit."""
    t = honest["convex-clip-sgd"]
    (row,) = first_row(plan([replace(t, upper=F(11, 5) * t.upper)], runs=50, twin_runs=0))
    kappa = certify("convex-clip-sgd", QUESTION).parameters["kappa"]
    assert row.tightness > F(13, 10) * kappa**2 * 2


def test_the_outcome_depends_on_the_seed_and_not_on_the_workers(honest):
    t = replace(honest["convex-clip-adagrad-norm"], N=200)
    one, two = (attack(plan([t], runs=300), Engine(workers=w)) for w in (1, 2))
    assert one == two
    assert one != attack(plan([t], runs=300, seed=1))


def test_every_attack_has_its_share_of_the_level(honest):
    chosen = plan(list(honest.values()), runs=10, level=F(1, 1000))
    assert chosen.attacks == 12 * len(IDS) and chosen.level == F(1, 12_000 * len(IDS))


def test_progress_reaches_the_planned_work(honest):
    seen = []
    chosen = plan([replace(honest["convex-clip-sgd"], N=50)], runs=20, twin_runs=10)
    attack(chosen, Engine(progress=lambda done, total, label: seen.append((done, total, label))))
    assert seen[-1][:2] == (chosen.work, chosen.work) and chosen.work == 12 * 50 * 30
    assert [s[0] for s in seen] == sorted(s[0] for s in seen)
    assert len({s[2] for s in seen}) == 12


def test_too_much_work_is_refused_before_it_starts(honest):
    chosen = plan([replace(honest["convex-clip-sgd"], N=10**12)], runs=1000)
    assert chosen.work == chosen.cost > WORK_LIMIT and not chosen.affordable
    wide = [replace(honest["convex-clip-sgd"], N=10**6, dim=dim) for dim in (1, 64)]
    assert [plan([t], runs=50_000, twin_runs=0).affordable for t in wide] == [True, False]
    with pytest.raises(Unaffordable, match="trajectory-steps"):
        attack(chosen)
    assert {row.status for rows in untried(chosen) for row in rows} == {INCONCLUSIVE}


def test_nonfinite_iterates_are_exceedances(honest):
    t = honest["convex-clip-sgd"]
    instance = instances(t)[0]

    def result(broken):
        gaps = np.full(2500, 0.01)
        gaps[:broken] = np.inf
        return Result("clip-sgd", "gap", gaps, gaps, gaps, broken, t.N, 2500, 1, 0, 0, "none")

    level = F(1, 10**6)
    limits = supported_count(2500, t.delta, level), critical_count(2500, t.delta, level)
    for broken, status in ((limits[0], SUPPORTED), (limits[0] + 1, INCONCLUSIVE), (limits[1], VIOLATED)):
        row = judge(t, instance, result(broken), level, None)
        assert (row.violations, row.nonfinite, row.status) == (broken, broken, status)
        assert row.violation_rate[0] <= F(broken, 2500) <= row.violation_rate[1]


def test_the_distance_of_the_noise_is_in_every_status(honest, monkeypatch):
    """One-sided noise is centred up to rounding only: its distance over all steps widens the limits.  Were it 1 %, a
    count that was SUPPORTED would not be, and one that was VIOLATED would not be either."""
    t = honest["convex-clip-sgd"]
    instance = next(i for i in instances(t) if i.name.endswith("pareto(7/4) outward"))
    level, runs = F(1, 10**6), 2500
    counts = supported_count(runs, t.delta, level), critical_count(runs, t.delta, level)

    def judged():
        gaps = [np.where(np.arange(runs) < count, 1.0, 0.01) for count in counts]
        results = [Result("m", "gap", g, g, g, 0, t.N, runs, 1, 0, 0, "none") for g in gaps]
        return [judge(t, instance, result, level, None) for result in results]

    rows, drawn = judged(), realised(instance.law)
    assert 0 < rows[0].distance == t.N * drawn.distance < F(1, 10**9)
    assert [row.status for row in rows] == [SUPPORTED, VIOLATED]
    assert rows[1].violation_rate[0] == lower_limit(counts[1], runs, level) - rows[1].distance
    assert rows[1].violation_rate[1] == upper_limit(counts[1], runs, level) + rows[1].distance
    far = replace(drawn, distance=F(1, 100 * t.N))
    monkeypatch.setattr("verify.attack.realised", lambda law: far)
    assert [row.status for row in judged()] == [INCONCLUSIVE, INCONCLUSIVE]


def test_looks_share_the_level_of_the_band(honest):
    """A run that may stop at any of five looks has a band that holds at all five; one look leaves it as it was."""
    t = honest["convex-clip-sgd"]
    gaps = np.linspace(0.0, 0.01, 2500)
    result = Result("clip-sgd", "gap", gaps, gaps, gaps, 0, t.N, 2500, 1, 0, 0, "none")
    for looks in (1, 5):
        row = judge(t, instances(t)[0], result, F(1, 10**6), None, True, looks)
        assert row.quantile == quantile_band(gaps.tolist(), t.delta, BAND_LEVEL / looks)
    assert quantile_band(gaps.tolist(), t.delta, BAND_LEVEL / 5) != quantile_band(gaps.tolist(), t.delta, BAND_LEVEL)


@pytest.mark.parametrize(("delta", "share"), [(F(1, 100), F(1, 10**7)), (F(1, 1000), F(1, 10**8)), (F(1, 2), F(1, 10))])
def test_the_default_number_of_runs_can_decide(delta, share):
    runs = default_runs(delta, share)
    assert runs >= 10_000 and supported_count(runs, delta, share) >= 0
    assert supported_count(1, delta, share) == -1


@pytest.mark.parametrize(
    ("proved", "certified", "statuses", "requested", "expected"),
    [
        (True, True, [SUPPORTED, SUPPORTED], True, "HOLDS"),
        (True, True, [], False, "HOLDS"),
        (True, True, [], True, "UNDECIDED"),
        (True, True, [SUPPORTED, INCONCLUSIVE], True, "UNDECIDED"),
        (True, False, [SUPPORTED], True, "UNDECIDED"),
        (True, False, [], False, "UNDECIDED"),
        (True, True, [SUPPORTED, VIOLATED, INCONCLUSIVE], True, "REFUTED"),
        (False, True, [SUPPORTED], True, "REFUTED"),
        (False, False, [], False, "REFUTED"),
    ],
)
def test_verdicts(honest, proved, certified, statuses, requested, expected):
    row = untried(plan([honest["convex-clip-sgd"]], runs=1))[0][0]
    assert verdict(proved, certified, [replace(row, status=s) for s in statuses], requested) == expected


def test_every_theorem_has_a_method_to_attack():
    assert set(METHODS) == set(IDS) and verify.__version__
