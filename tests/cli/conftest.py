"""A simulation that several claims are judged by."""

import pytest

from verify.simulate import simulate


@pytest.fixture(scope="session")
def simulated():
    """The results of simulations, by what they are of."""
    return {}


@pytest.fixture
def once(monkeypatch, simulated):
    """A simulation that several claims are judged by is run once: the seed fixes it (see the test about the seed)."""

    def kept(*what, progress, **how):
        key = (what, tuple(sorted(how.items())))
        if key not in simulated:
            simulated[key] = simulate(*what, progress=progress, **how)
        return simulated[key]

    monkeypatch.setattr("verify.attack.simulate", kept)
