"""Binomial tails, compared with a rational exactly.

    P(Bin(n, p) >= k) = I_p(k, n-k+1),      the regularised incomplete beta function, 1 <= k <= n.

A comparison is decided by Arb balls of growing precision; where these keep overlapping (equality), by integers.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import comb

from flint import arb, ctx, fmpq

_PRECISIONS = (64, 128, 256, 512, 1024)  # bits


def probability(name: str, value: Fraction | int, *, closed: bool = False) -> Fraction:
    """``value`` as an exact rational in (0, 1), or in [0, 1] if ``closed``."""
    if isinstance(value, bool) or not isinstance(value, (Fraction, int)):
        raise TypeError(f"{name}: expected an exact Fraction, got {value!r}; write Fraction('0.01'), not 0.01")
    if not (0 <= value <= 1 if closed else 0 < value < 1):
        raise ValueError(f"{name}: expected a number in {'[0, 1]' if closed else '(0, 1)'}, got {value}")
    return Fraction(value)


def check_count(count: int, runs: int) -> None:
    """TypeError or ValueError unless runs >= 1 and 0 <= count <= runs are ints."""
    for name, value in (("count", count), ("runs", runs)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name}: expected an int, got {value!r}")
    if not (runs >= 1 and 0 <= count <= runs):
        raise ValueError(f"expected runs >= 1 and 0 <= count <= runs, got count = {count}, runs = {runs}")


def ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def upper_tail(k: int, n: int, p: Fraction) -> arb:
    """A ball around P(Bin(n, p) >= k) at the current working precision."""
    if k <= 0 or p == 1:
        return arb(1) if k <= n else arb(0)
    if k > n or p == 0:
        return arb(0)
    return ball(p).beta_lower(arb(k), arb(n - k + 1), regularized=True)


def lower_tail(k: int, n: int, p: Fraction) -> arb:
    """A ball around P(Bin(n, p) <= k) = P(Bin(n, 1-p) >= n-k): no cancellation."""
    return upper_tail(n - k, n, 1 - p)


def upper_tail_exact(k: int, n: int, p: Fraction) -> Fraction:
    """P(Bin(n, p) >= k) as a rational; exact and slow."""
    a, b = p.numerator, p.denominator
    return Fraction(sum(comb(n, j) * a**j * (b - a) ** (n - j) for j in range(max(k, 0), n + 1)), b**n)


@lru_cache(maxsize=2**14)
def compare_upper_tail(k: int, n: int, p: Fraction, level: Fraction) -> int:
    """The sign of P(Bin(n, p) >= k) - level: -1, 0 or 1, exact."""
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            tail, bound = upper_tail(k, n, p), ball(level)
            if tail < bound:
                return -1
            if tail > bound:
                return 1
    exact = upper_tail_exact(k, n, p)
    return (exact > level) - (exact < level)


def compare_lower_tail(k: int, n: int, p: Fraction, level: Fraction) -> int:
    """The sign of P(Bin(n, p) <= k) - level, exact."""
    return compare_upper_tail(n - k, n, 1 - p, level)


def first(predicate: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest integer i in [low, high] with ``predicate(i)``; monotone, and true at ``high``."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if predicate(middle) else (middle + 1, high)
    return low
