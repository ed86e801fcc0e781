"""The search finds what is known to be bad, does not invent what is not there, and keeps to the noise class."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from bounds.methods import CLIP_ADAGRAD_NORM
from counterexamples.battery import CONDITION
from counterexamples.moments import AssumptionViolated
from counterexamples.noise import admit
from verify.adversary import candidates, search, unclipped
from verify.statistics import VIOLATED, attack_status
from verify.target import Target

TARGET = Target(
    "adagrad", CLIP_ADAGRAD_NORM, "gap", F(3, 2), F(1), F(1), F(1), 100, F(1, 10),
    gamma=F(1), lam=F(2), rho=F(1, 20), upper=F(1, 2), eta=F(1), b0=F(1),
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return search(TARGET, candidates(TARGET))


def test_unclipped_adagrad_is_found_to_be_bad():
    """Small steps, delta 1/500: without its clip the method has more than twice the quantile of the clipped one."""
    t = replace(TARGET, gamma=F(1, 20), eta=F(1, 400), delta=F(1, 500))
    pool = candidates(t)[::3]
    clipped, bad = search(t, pool), search(unclipped(t), pool)
    assert bad.instance.law.scale > t.lam and bad.quantile.lower > 2 * clipped.quantile.upper


def test_harmless_laws_find_nothing(found):
    """Without noise no instance reaches what the search reaches with it, and nothing exceeds the trivial bound."""
    quiet = search(TARGET, candidates(TARGET, lambda law: law.scale == 0))
    assert quiet.exceeded == 0 and quiet.quantile.estimate < found.quantile.lower


def test_a_false_bound_is_exposed(found):
    """A claim of 1/20 of the quantile that was seen: VIOLATED at level 1e-6 on fresh words."""
    false = replace(TARGET, upper=F(found.quantile.estimate) / 20)
    seen = search(false, candidates(false))
    assert attack_status(seen.exceeded, seen.runs, false.delta, F(1, 10**6)) == VIOLATED


def test_the_outcome_depends_on_the_seed_and_not_on_the_workers():
    pool = candidates(TARGET)[:40]
    one, two = (search(TARGET, pool, workers=w) for w in (1, 2))
    assert one == two != search(TARGET, pool, seed=1)


def test_every_candidate_is_in_the_class_and_one_outside_is_refused():
    pool = candidates(TARGET)
    assert len(pool) > 300 and all(admit(i.law) is i.law for i in pool[::17])
    noisy = next(i.law for i in pool if i.law.scale)
    with pytest.raises(AssumptionViolated, match=r"exceeds sigma\^alpha"):
        admit(replace(noisy, scale=1.01 * noisy.scale))
    with pytest.raises(ValueError, match="expected at least one instance"):
        search(TARGET, ())


def test_noise_in_all_directions_is_tried_above_one_dimension():
    """Every isotropic candidate is admitted; on the line there is none; of those alone the search finds one."""
    wide = [i for i in candidates(replace(TARGET, dim=3)) if i.law.isotropic]
    assert wide and {i.problem.dim for i in wide} == {3} and all(admit(i.law) for i in wide)
    assert {i.problem.condition for i in wide} == {1.0, CONDITION}
    assert not any(i.law.isotropic for i in candidates(TARGET))
    assert "isotropic" in search(replace(TARGET, dim=3), wide[::8]).instance.name
