"""The first number at which a function is no longer positive, against a look at every number."""

from math import inf, log, nan

import pytest

import verify
from verify.constants import NoBound
from verify.constants.crossing import crossing

MOST = 10**100


def counted(function, most=MOST):
    """The answer, and how often the function was asked."""
    asked = []
    found = crossing(lambda n: asked.append(n) or function(n), 2, most)
    return found, len(asked)


FALLING = {
    "power": lambda n: 6 - 0.5 * log(n),
    "fast": lambda n: 12 - 2 * log(n) - log(n) ** 2 / 9,
    "unknown at first": lambda n: inf if n < 500 else 8 - log(n),
    "not a number at first": lambda n: nan if n < 500 else 8 - log(n),
    "step": lambda n: 1 if n < 12345 else -1,
    "plateau at the goal": lambda n: max(9 - log(n), 0.0),
    "cliff from almost nothing": lambda n: 5e-324 if n < 77777 else -50,
    "cliff to almost nothing": lambda n: 700 if n < 77777 else -1e-12,
    "cliff to minus infinity": lambda n: 700 if n < 77777 else -inf,
    "at once": lambda n: -1,
}


@pytest.mark.parametrize("name", FALLING)
def test_up_to_ten_million_it_is_the_very_first(name):
    function = FALLING[name]
    found, asked = counted(function)
    assert found == next(n for n in range(2, 10**6) if function(n) <= 0) and asked < 90


@pytest.mark.parametrize("first", [3 * 10**7, 10**15, 10**93])
def test_beyond_it_is_near(first):
    found, asked = counted(lambda n: 1e-3 * (log(first) - log(n)))
    assert abs(found - first) <= first // 10**7 + first // 10**12 and asked < 60  # logarithms are rounded


@pytest.mark.parametrize(("bottom", "depth"), [(10, 0.1), (300, 0.01), (9000, 0.1), (10**9, 0.5), (10**40, 0.01)])
def test_a_valley_between_the_probes_is_found(bottom, depth):
    """It falls, is not positive around the bottom, and rises: the first number there."""

    def function(n):
        return abs(log(n) - log(bottom)) - depth

    found, asked = counted(function)
    assert found is not None and function(found) <= 0 and asked < 120
    near = max(1, found // 10**7)
    assert function(found - near) > 0
    assert counted(lambda n: abs(log(n) - log(bottom)) + depth)[0] is None  # negative twin: the bottom is too high


def test_where_there_is_none_few_are_asked():
    for function in (lambda n: 1 + 1 / n, lambda n: inf, lambda n: nan):
        found, asked = counted(function)
        assert found is None and asked < 12


def test_with_a_fixed_beta2_the_bound_falls_and_rises():
    """No N = 2, 4, 16, 256, 65536, ... is enough; some between are."""
    numbers = {"alpha": "1.5", "delta": "0.01", "Delta": 1, "beta2": "0.9999"}
    theorem = "nonconvex-clip-adam-norm"
    found = verify.smallest_steps(theorem, epsilon="0.5", **numbers)
    assert found.bound.upper_exact <= found.epsilon and 256 < found.N < 65536
    for steps in (found.N - 1, 256, 65536):
        assert verify.bound(theorem, N=steps, **numbers).upper_exact > found.epsilon
    with pytest.raises(NoBound, match="no number of steps"):
        verify.smallest_steps(theorem, epsilon="0.01", **numbers)
