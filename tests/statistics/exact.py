"""Probabilities over all looks at a count, without sampling."""

from fractions import Fraction as F


def ever(stops, p, horizon):
    """P(some n <= horizon with stops(k_n, n)), exact: forward recursion over the count, absorbed where it stops."""
    alive, absorbed = {0: F(1)}, F(0)
    for n in range(1, horizon + 1):
        after = {}
        for k, mass in alive.items():
            for step, weight in ((0, 1 - p), (1, p)):
                after[k + step] = after.get(k + step, F(0)) + mass * weight
        alive = {}
        for k, mass in after.items():
            if stops(k, n):
                absorbed += mass
            else:
                alive[k] = mass
    return absorbed
