"""Elementary functions and sums on float64 arrays, with the same bits on every processor.

Those of numpy use the instructions of the processor, or the C library, and differ in the last digits from one to
another.  These are made of + - * / and comparisons, each rounded as IEEE 754 says (numpy applies them one by one, so
none are contracted), of changes of the exponent, which are exact, and of sums in an order that is fixed here.

The relative error is at most 3 units in the last place (2^-52) each, tested against balls.
"""

from __future__ import annotations

import math

import numpy as np

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # n _LN2_HIGH is exact for |n| < 2^20
_EXP = [1 / math.factorial(k) for k in range(1, 14)]  # of (e^r - 1)/r, |r| <= ln(2)/2
_ATANH = [2 / (2 * k + 1) for k in range(11)]  # of 2 artanh(s)/s in s^2, |s| <= 3 - 8^(1/2)
_SIN = [(-1) ** k / math.factorial(2 * k + 1) for k in range(11)]  # of sin(x)/x in x^2, x <= pi/2


def _horner(coefficients: list[float], x: np.ndarray) -> np.ndarray:
    found = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        found *= x
        found += c
    return found


def _reduced(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2^n, e^r - 1) with x = n ln(2) + r, |r| <= ln(2)/2; |x| <= 709."""
    n = np.rint(x * 1.4426950408889634)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    with np.errstate(invalid="ignore"):  # of nan; then so is r
        power = (n.astype(np.int64) + 1023 << 52).view(np.float64)
    return power, r * _horner(_EXP, r)


def exp(x: np.ndarray) -> np.ndarray:
    """e^x; 0 below -708, infinity above 709."""
    power, rest = _reduced(np.clip(x, -708.0, 709.0))
    return np.where(x < -708, 0.0, np.where(x > 709, np.inf, power * (1 + rest)))


def expm1(x: np.ndarray) -> np.ndarray:
    """e^x - 1, x <= 709."""
    power, rest = _reduced(np.maximum(x, -50.0))
    return power * rest + (power - 1)


def log(x: np.ndarray) -> np.ndarray:
    """ln x for 0 <= x < infinity."""
    m, e = np.frexp(x)
    low = m < 0.7071067811865476
    m = np.where(low, 2 * m, m)
    n = e - low  # x = m 2^n, m next to 1
    s = (m - 1) / (m + 1)
    return np.where(x == 0, -np.inf, n * _LN2_HIGH + (s * _horner(_ATANH, s * s) + n * _LN2_LOW))


def log1p(x: np.ndarray) -> np.ndarray:
    """ln(1 + x), x >= 0."""
    y = 1 + x
    return log(y) + np.where(x < 1, x - (y - 1), 1 - (y - x)) / y  # what y was rounded by is exact


def sinpi(r: np.ndarray) -> np.ndarray:
    """sin(pi r), 0 <= r <= 1."""
    x = np.pi * np.minimum(r, 1 - r)  # 1 - r is exact where it is the smaller one
    return x * _horner(_SIN, x * x)


def cospi(r: np.ndarray) -> np.ndarray:
    """cos(pi r), 0 <= r <= 1/2."""
    return sinpi(0.5 - r)


def total(terms: np.ndarray) -> np.ndarray:
    """The sum along the first axis: the second half is added to the first one, again and again."""
    while len(terms) > 1:
        half = (len(terms) + 1) // 2
        folded = terms[:half].copy()
        folded[: len(terms) - half] += terms[half:]
        terms = folded
    return terms[0]


def interpolate(x: np.ndarray, points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Linearly between rising points, constant outside of them."""
    x = np.clip(x, points[0], points[-1])
    i = np.clip(np.searchsorted(points, x, side="right") - 1, 0, len(points) - 2)
    return values[i] + (x - points[i]) / (points[i + 1] - points[i]) * (values[i + 1] - values[i])
