"""How the (1-delta)-quantile grows with 1/delta: like a logarithm, as with clipping, or like a power."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from verify.statistics import Band, quantile_band

FEWEST = 10  # exceedances at the smallest delta
LARGEST = Fraction(1, 4)
LEAST = math.ceil(4 * FEWEST / LARGEST)  # two halvings


@dataclass(frozen=True)
class Growth:
    """Quantiles with distribution-free bands at the deltas 1/4, 1/8, .., and the exponent p of q ~ (1/delta)^p between
    the first and the last: lower <= p <= upper.

    "power": the quantile rises more over the second half of the way, in ln(1/delta), than over the first: faster than
    any affine function of ln(1/delta).  "at most logarithmic": p is at most that of ln(2/delta) between these deltas.
    All of it holds together with confidence 1 - level for a sample whose size was fixed beforehand, of a law that was.
    """

    deltas: tuple[Fraction, ...]
    bands: tuple[Band, ...]
    lower: float
    upper: float
    logarithmic: float
    kind: Literal["power", "at most logarithmic", "undecided"]


def growth(values: Sequence[float], level: Fraction = Fraction(1, 100)) -> Growth:
    """Raises ValueError for fewer than ``LEAST`` values: they show one delta only."""
    runs, halvings = len(values), 0
    if runs < LEAST:
        raise ValueError(f"growth: expected at least {LEAST} runs, got {runs}")
    while LARGEST / 2 ** (halvings + 2) * runs >= FEWEST:
        halvings += 2
    deltas = tuple(LARGEST / 2**k for k in range(halvings + 1))
    bands = tuple(quantile_band(values, delta, level / 3) for delta in deltas)  # three of them are used
    first, middle, last = bands[0], bands[halvings // 2], bands[-1]
    kind: Literal["power", "at most logarithmic", "undecided"] = "undecided"
    span = math.log(deltas[0] / deltas[-1])
    lower, upper = _log(last.lower, first.upper, -math.inf) / span, _log(last.upper, first.lower, math.inf) / span
    logarithmic = math.log(math.log(2 / deltas[-1]) / math.log(2 / deltas[0])) / span
    if last.lower - middle.upper > middle.upper - first.lower:
        kind = "power"
    elif upper <= logarithmic:
        kind = "at most logarithmic"
    return Growth(deltas, bands, lower, upper, logarithmic, kind)


def _log(top: float, bottom: float, unknown: float) -> float:
    """log(top/bottom); infinite numbers and zeros decide nothing."""
    return math.log(top / bottom) if 0 < top < math.inf and 0 < bottom < math.inf else unknown
