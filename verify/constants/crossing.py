"""The first whole number at which a function of it is no longer positive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign, exp, inf, isfinite, isnan, log

CLOSE = 10**7  # one in so many: how near the answer is
STEADY = 40  # evaluations, after which the interval is halved
GOLDEN = 0.381966  # share of the wider part at which golden section looks next
NARROW = 1e-3  # where it stops, in logarithms


def crossing(function: Callable[[int], float], least: int, most: int) -> int | None:
    """About the smallest n, 2 <= least <= n <= most, with function(n) <= 0; None where none was found.

    For a function that falls, or that falls and then rises, the last n before it is positive is within n/10^7, so up to
    10^7 the answer is the very smallest n.  NaN counts as positive.  False position over the logarithm of n, in which
    the logarithms of our bounds are nearly affine; an end that stays twice counts at half its value.
    """
    found: dict[int, float] = {}

    def at(n: int) -> float:
        if n not in found:
            value = function(n)
            found[n] = inf if isnan(value) else value
        return found[n]

    probes = [least]
    while at(probes[-1]) > 0 and probes[-1] < most:
        probes.append(min(probes[-1] ** 2, most))
    high = probes[-1] if at(probes[-1]) <= 0 else _valley(at, probes)
    if high is None:
        return None
    low = max((n for n, value in found.items() if n < high and value > 0), default=least - 1)
    more, less, stayed = found.get(low, inf), found[high], 0
    while high - low > max(1, high // CLOSE):
        affine = len(found) < STEADY and isfinite(more) and isfinite(less) and more > less
        middle = _between(low, high, more / (more - less) if affine else 0.5)
        value = at(middle)
        if value > 0:
            low, more, less, stayed = middle, value, less / (2 if stayed > 0 else 1), 1
        else:
            high, less, more, stayed = middle, value, more / (2 if stayed < 0 else 1), -1
    return high


def _valley(at: Callable[[int], float], probes: Sequence[int]) -> int | None:
    """A number at which the function is not positive, between the neighbours of the lowest probe: golden section."""
    k = min(range(len(probes)), key=lambda k: (at(probes[k]), -k))
    if k == len(probes) - 1 or at(probes[k]) == inf:
        return None
    a, c, b = log(probes[max(k - 1, 0)]), log(probes[k]), log(probes[k + 1])
    lowest = at(probes[k])
    while b - a > NARROW:
        x = c - GOLDEN * (c - a) if c - a > b - c else c + GOLDEN * (b - c)
        n = round(exp(x))
        value = at(n)
        if value <= 0:
            return n
        if value < lowest:
            (a, c, b), lowest = ((a, x, c) if x < c else (c, x, b)), value
        else:
            a, b = (x, b) if x < c else (a, x)
    return None


def _between(low: int, high: int, share: float) -> int:
    """A share of the way, in logarithms; half of ``CLOSE`` nearer to the middle, so that the other end follows."""
    wide = log(high) - log(low)
    share += copysign(min(abs(0.5 - share), max(1 / CLOSE, 1 / high) / 2 / wide), 0.5 - share)
    return min(max(round(exp(log(low) + share * wide)), low + 1), high - 1)
