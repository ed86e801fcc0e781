"""Hypothesis strategies over the theory's inputs; they shrink towards the edge: alpha to 1, one dimension, two-point
noise.

>>> from hypothesis import find
>>> find(alphas(), lambda alpha: True)
Fraction(101, 100)
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st

from counterexamples.moments import Gaussian, Lomax, OneSided, Pareto, Stable, StudentT
from counterexamples.noise import INWARD, OUTWARD, Law, jump_law, scaled
from counterexamples.problems import Problem, huber, nearly_linear, quadratic

if TYPE_CHECKING:
    from verify.simulate import HyperParameters

__all__ = ["alphas", "deltas", "noise_laws", "problems", "schedules"]


def alphas() -> st.SearchStrategy[Fraction]:
    """Tail indices in (1, 2], hundredths."""
    return st.integers(1, 100).map(lambda n: 1 + Fraction(n, 100))


def deltas(smallest: int = 9) -> st.SearchStrategy[Fraction]:
    """Failure probabilities 10^-k, k from 1 to ``smallest``, and 1/2."""
    return st.integers(0, smallest).map(lambda k: Fraction(1, 10**k) if k else Fraction(1, 2))


@st.composite
def noise_laws(draw: st.DrawFn, alpha: Fraction, sigma: Fraction = Fraction(1)) -> Law:
    """Laws with E|xi|^alpha <= sigma^alpha, certified: jumps, Pareto, Lomax; stable, Student, normal, or one-sided."""
    side: Literal[-1, 1] = draw(st.sampled_from((OUTWARD, INWARD)))
    kind = draw(st.sampled_from(("two-point", "three-point", "pareto", "lomax", "stable", "student", "gaussian")))
    if kind.endswith("point"):
        jump = sigma * draw(st.integers(2, 10**4))
        return jump_law(jump, alpha, sigma, side, symmetric=kind == "three-point")
    margin = Fraction(draw(st.integers(1, 100)), 100)  # of the index above alpha
    index = alpha + margin
    if kind in ("pareto", "lomax"):
        return scaled(Pareto(index) if kind == "pareto" else Lomax(index), alpha, sigma, side)
    stable = Stable(alpha + (2 - alpha) * margin)
    shape = stable if kind == "stable" else StudentT(index) if kind == "student" else Gaussian()
    return scaled(OneSided(shape) if draw(st.booleans()) else shape, alpha, sigma, side)


@st.composite
def problems(draw: st.DrawFn, L: float = 1.0, R: float = 1.0, most: int = 16) -> Problem:
    """Convex L-smooth functions, started at distance R of the minimiser, in dimension 1 .. ``most``."""
    dim, kind = draw(st.integers(1, most)), draw(st.sampled_from(("nearly-linear", "huber", "quadratic")))
    if kind == "nearly-linear":
        return nearly_linear(L, R, draw(st.floats(1e-3, 1)) / L, draw(st.integers(2, 10**4)), dim)
    return huber(L, R * draw(st.floats(1e-3, 1)), R, dim) if kind == "huber" else quadratic(L, R, dim)


@st.composite
def schedules(draw: st.DrawFn, L: float = 1.0) -> HyperParameters:
    """Numbers that a method may run with: gamma <= 1/L, lam, eta, b0, beta1, beta2."""
    from verify.simulate import HyperParameters

    return HyperParameters(
        gamma=draw(st.floats(1e-4, 1)) / L,
        lam=draw(st.floats(0.1, 1e3)),
        eta=draw(st.floats(0, 1)),
        b0=draw(st.floats(0.1, 10)),
        beta1=draw(st.sampled_from((0.0, 0.5, 0.9))),
        beta2=draw(st.floats(0.5, 0.9999)),
    )
