"""Deterministic runs in balls: the recursion of ``bounds.methods`` after a first noise, no noise later.

Every iterate is a ball that contains the exact one, so a comparison that is certain is true of the exact run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import count
from types import SimpleNamespace
from typing import Any, TypeVar

from flint import arb, ctx

from bounds.methods import Method, State, update
from counterexamples.moments import ball
from counterexamples.problems import Problem, exactly, gap, gradient

Answer = TypeVar("Answer")
PRECISIONS = (128, 512, 2048)  # bits


class Undecided(ArithmeticError):
    """A comparison is not certain even at the highest precision."""


class BallOps:
    """``bounds.methods.Ops`` on balls."""

    @staticmethod
    def clip(v: arb, lam: arb) -> arb:
        """max(-lam, min(v, lam)), a ball."""
        return v.min(lam).max(-lam)

    @staticmethod
    def sq_norm(v: arb) -> arb:
        """v^2."""
        return v * v

    @staticmethod
    def inv_sqrt(s: arb) -> arb:
        """s^(-1/2)."""
        return s.rsqrt()


def iterates(
    method: Method, problem: Problem, hp: Mapping[str, Fraction], noise: Fraction, at: int = 0
) -> Iterator[tuple[Any, arb]]:
    """(f, x_t) for t = 0, 1, ..: balls at the current precision; call number ``at`` has the noise ``noise``, no other.

    ``hp`` holds gamma, b0 and what else the method uses; a delayed stepsize is delayed by one step.
    """
    f = exactly(problem)
    f = SimpleNamespace(shape=f.shape, L=ball(f.L), nu=ball(f.nu), reach=ball(f.reach))
    numbers = SimpleNamespace(**{name: ball(value) for name, value in hp.items()})
    x, m, b_sq = ball(Fraction(problem.start)), arb(0), numbers.b0 * numbers.b0
    for t in count():
        yield f, x
        g = gradient(f, BallOps, x) + (ball(noise) if t == at else 0)
        x, m, b_sq = update(method, BallOps, State(x, m, b_sq, b_sq), g, numbers)


def gaps(method: Method, problem: Problem, hp: Mapping[str, Fraction], noise: Fraction) -> Iterator[arb]:
    """f(x_t) - f* along ``iterates``."""
    return (gap(f, BallOps, x) for f, x in iterates(method, problem, hp, noise))


def missed(size: arb, epsilon: Fraction) -> bool:
    """Whether f - f* > epsilon, if that is certain; else ``Undecided``."""
    limit = ball(epsilon)
    if size > limit:
        return True
    if size <= limit:
        return False
    raise Undecided("f - f* > epsilon is not decided at this precision")


def first_success(
    method: Method, problem: Problem, hp: Mapping[str, Fraction], noise: Fraction, epsilon: Fraction, limit: int
) -> int | None:
    """The first t <= limit with f(x_t) - f* <= epsilon; None if there is none."""

    def search() -> int | None:
        for t, size in zip(range(limit + 1), gaps(method, problem, hp, noise), strict=False):
            if not missed(size, epsilon):
                return t
        return None

    return _precise(search)


def missed_at(
    method: Method, problem: Problem, hp: Mapping[str, Fraction], noise: Fraction, epsilon: Fraction, T: int
) -> bool:
    """Whether f(x_T) - f* > epsilon; ``Undecided`` where the balls grow too fast."""

    def look() -> bool:
        settles = contracts(method, hp, T)
        for t, size in enumerate(gaps(method, problem, hp, noise)):
            if t == T:
                return missed(size, epsilon)
            if not size.rad() < 1:
                raise Undecided(f"after {t} steps nothing is known")
            if settles and size <= ball(epsilon):
                return False
        raise Undecided(f"fewer than {T} steps")

    return _precise(look)


def contracts(method: Method, hp: Mapping[str, Fraction], T: int) -> bool:
    """Whether w_t <= 2 for t < T and there is no momentum: then, with L = 1 and without noise, |x_t| never grows once
    it is in the quadratic part, because x_{t+1} = (1 - w_t) x_t there.  b_t >= b0, or b0 beta2^(T/2) for Adam."""
    if method.momentum:
        return False
    least = ball(hp["b0"])
    if method.accumulator == "adam":
        least = least * ball(hp["beta2"]) ** ball(Fraction(T, 2))
    return bool(ball(hp["gamma"]) <= 2 * least)


def _precise(question: Callable[[], Answer]) -> Answer:
    """The answer at the first precision that decides."""
    for bits in PRECISIONS[:-1]:
        with ctx.workprec(bits):
            try:
                return question()
            except Undecided:
                continue
    with ctx.workprec(PRECISIONS[-1]):
        return question()
