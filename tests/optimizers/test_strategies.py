"""The strategies draw members of the classes and shrink towards the edge."""

from fractions import Fraction as F

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from counterexamples.moments import OneSided, TwoPoint
from verify.simulate import simulate
from verify.simulate.noise.realised import realised
from verify.testing import alphas, deltas, noise_laws, problems, schedules


@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data(), alpha=alphas(), delta=deltas(), problem=problems(), hp=schedules())
def test_what_is_drawn_is_in_the_class(data, alpha, delta, problem, hp):
    from bounds.methods import CLIP_ADAGRAD_NORM

    law = data.draw(noise_laws(alpha))
    assert 1 < alpha <= 2 and 0 < delta < 1 and law.moment[1] <= 1
    assert problem.L <= 1 and problem.start <= 1 and problem.dim >= 1
    assert realised(law).moment <= 1
    assert simulate(CLIP_ADAGRAD_NORM, problem, law, hp=hp, steps=3, runs=2, seed=0).runs == 2


def simplest(strategy, condition=lambda x: True):
    return find(strategy, condition, settings=settings(max_examples=500, database=None, derandomize=True))


def test_noise_may_push_to_one_side():
    quick = settings(max_examples=200, database=None, derandomize=True, phases=[Phase.generate])
    law = find(noise_laws(F(3, 2)), lambda law: isinstance(law.shape, OneSided), settings=quick)
    assert law.moment[1] <= 1 and not isinstance(law.shape.base, OneSided)


def test_they_shrink_towards_the_edge():
    assert simplest(alphas()) == F(101, 100)
    assert isinstance(simplest(noise_laws(F(3, 2))).shape, TwoPoint)
    assert simplest(problems()).dim == 1 and simplest(problems(), lambda p: p.dim > 3).dim == 4
    assert simplest(deltas(), lambda d: d < F(1, 100)) == F(1, 1000)
