"""Printed intervals are never narrower than what they stand for."""

from __future__ import annotations

import random
from fractions import Fraction

from verify.decimals import within


def test_a_printed_interval_contains_the_interval():
    """Rounded to nearest, as a negative twin, about three quarters of them would not."""
    draw, narrower = random.Random(0), 0
    for _ in range(500):
        low, high = sorted(draw.uniform(-1, 1) * 10.0 ** draw.randrange(-12, 13) for _ in range(2))
        a, b = (Fraction(end) for end in within(low, high).strip("[]").split(", "))
        assert a <= Fraction(low) <= Fraction(high) <= b
        narrower += not Fraction(f"{low:.3g}") <= Fraction(low) <= Fraction(high) <= Fraction(f"{high:.3g}")
    assert 300 < narrower < 450
    assert within(0.5, float("inf")) == "[0.5, inf]" and within(float("-inf"), 0.5) == "[-inf, 0.5]"
