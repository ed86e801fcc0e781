"""How far a stratum can go at all: intervals that contain the metric of each of its trajectories, proved, not sampled.

The recursion itself (``bounds.methods.update``) runs on intervals of floats.  Rounding to nearest is monotone, so with
the same operations in the same order the ends enclose what the simulation computes, to the last bit.  When
a large draw comes is not fixed: with k of them spent so far,

    I_{t+1}[k] = hull( step(I_t[k], a draw at ``top`` or above), step(I_t[k-1], one below ``top``) ).

What comes out is wide where noise averages out; it is worth something for rare jumps that carry everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np

from bounds.methods import Method, State, update
from counterexamples.problems import gap, gradient
from verify.rare.case import Case
from verify.rare.strata import PLACES, Stratum
from verify.simulate.arguments import prepare
from verify.simulate.levels import at
from verify.simulate.metric import weight
from verify.simulate.noise.sampler import Atoms, Continuous, Nothing
from verify.simulate.noise.tables import OCTAVES, PIECES
from verify.simulate.portable import total
from verify.simulate.program.ops import ArrayOps

ANYWHERE = (-np.inf, np.inf)
SLACK = 1e-9  # relative, for the rounding of the polynomials and of the closed form of the gap
LONGEST = 20_000  # steps
METRICS = ("weighted", "last", "grad_sq")
SHAPES = ("huber", "plateau", "double-well")  # of problems made of sums, products and clips


@dataclass(frozen=True)
class Interval:
    """[low, high], arrays of one shape; an end that is nan is unknown."""

    low: Any
    high: Any

    def __add__(self, other: Any) -> Interval:
        other = _as(other)
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Any) -> Interval:
        return self + -_as(other)

    def __rsub__(self, other: Any) -> Interval:
        return _as(other) - self

    def __mul__(self, other: Any) -> Interval:
        other = _as(other)
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(np.minimum.reduce(np.broadcast_arrays(*ends)), np.maximum.reduce(np.broadcast_arrays(*ends)))

    def __truediv__(self, other: Any) -> Interval:
        """By positive numbers; anything else is unknown."""
        other = _as(other)
        ends = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        found = np.broadcast_arrays(*ends)
        sound = other.low > 0
        low, high = np.minimum.reduce(found), np.maximum.reduce(found)
        return Interval(np.where(sound, low, np.nan), np.where(sound, high, np.nan))

    __radd__, __rmul__ = __add__, __mul__


def _as(value: Any) -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value)


class IntervalOps:
    """``bounds.methods.Ops`` on intervals."""

    @staticmethod
    def clip(v: Interval, lam: Any) -> Interval:
        """max(-lam, min(v, lam)), which is monotone; an infinite end is unknown: there may be a nan behind it."""
        ends = (np.where(np.isfinite(end), end, np.nan) for end in (v.low, v.high))
        return Interval(*(np.minimum(np.maximum(end, -lam), lam) for end in ends))

    @staticmethod
    def norm(v: Interval) -> Interval:
        """|v|."""
        size = np.maximum(abs(v.low), abs(v.high))
        return Interval(np.where((v.low <= 0) & (v.high >= 0), 0.0, np.minimum(abs(v.low), abs(v.high))), size)

    @staticmethod
    def sq_norm(v: Interval) -> Interval:
        """v^2."""
        size = IntervalOps.norm(v)
        return Interval(size.low * size.low, size.high * size.high)

    @staticmethod
    def inv_sqrt(s: Interval) -> Interval:
        """s^(-1/2), falling."""
        s = _as(s)
        return Interval(1.0 / np.sqrt(s.high), 1.0 / np.sqrt(s.low))


def draws(law: Continuous | Atoms, low: int, high: int) -> tuple[float, float]:
    """Ends of all numbers that are drawn at places in [low, high): from the table itself."""
    if isinstance(law, Atoms):
        values = law.values[:2] if high <= int(law.thresholds[1]) else law.values[2:]
        return float(values.min()), float(values.max())
    first = max(_piece(low) - 1, 0)
    rows = law.table.coefficients.reshape(OCTAVES * PIECES, -1)[first : _piece(high - 1) + 2]
    spread = total(np.ldexp(abs(rows[:, 1:]), -np.arange(1, rows.shape[1])).T)
    ends = [float(np.min(rows[:, 0] - spread)), float(np.max(rows[:, 0] + spread))]
    size = max(map(abs, ends)) * (1 + SLACK)
    if law.table.symmetric:
        return -abs(law.scale) * size, abs(law.scale) * size
    found = sorted(law.scale * end for end in ends)
    return found[0] - abs(law.scale) * size * SLACK, found[1] + abs(law.scale) * size * SLACK


def _piece(place: int) -> int:
    """The piece of the table of v = (place + 1/2) 2^-63, about: one off at most."""
    v = Fraction(2 * place + 1, 2 * PLACES)
    octave = v.denominator.bit_length() - v.numerator.bit_length()  # v in (2^-octave-1, 2^-octave+1)
    while v * 2**octave < 1:
        octave += 1
    while v * 2**octave >= 2:
        octave -= 1
    return PIECES * (OCTAVES - octave) + int(PIECES * (v * 2**octave - 1))


def reach(case: Case, law: Nothing | Continuous | Atoms, strata: tuple[Stratum, ...]) -> list[tuple[float, float]]:
    """Ends of the metric in every stratum; (-inf, inf) where nothing is known.

    For the methods of the theory on the line, delayed by one step at most, and ``METRICS`` on ``SHAPES``.
    """
    method, nowhere = case.method, [ANYWHERE] * len(strata)
    if not isinstance(method, Method) or method.stale or (method.delayed and case.delay > 1):
        return nowhere
    if case.law.isotropic or case.metric not in METRICS or case.problem.shape not in SHAPES or case.steps > LONGEST:
        return nowhere
    if isinstance(law, Nothing) or not strata or not strata[0].top:
        return nowhere
    cells = sorted({(s.low, s.top) for s in strata})
    most = max(s.count + s.more for s in strata)
    size = PLACES if isinstance(law, Continuous) else 2**64
    rest, jump = (
        Interval(*np.array(pairs).T[:, :, None])
        for pairs in ([draws(law, high, size) for _, high in cells], [draws(law, *cell) for cell in cells])
    )
    with np.errstate(all="ignore"):
        found = _metric(case, _run(case, method, rest, jump, len(cells), most))
    places = [(cells.index((s.low, s.top)), s.count + s.more) for s in strata]
    return [_ends(found.low[place], found.high[place]) for place in places]


def _ends(low: float, high: float) -> tuple[float, float]:
    return (float(low), float(high)) if np.isfinite(low) and np.isfinite(high) else ANYWHERE


def _run(case: Case, method: Method, rest: Interval, jump: Interval, cells: int, most: int) -> dict[str, Interval]:
    """x_N and the sums of ``metric`` for every cell and number of large draws: arrays [cells, most + 1]."""
    hp, factors = prepare(method, case.hp, case.steps)

    def full(value: float, start: bool = True) -> Interval:
        """One value before any large draw; no state at all (an empty interval) with some."""
        low, high = np.full((cells, most + 1), np.inf), np.full((cells, most + 1), -np.inf)
        low[:, 0] = high[:, 0] = value
        return Interval(low, high)

    b_sq = hp.b0 * hp.b0
    now = {"x": full(case.problem.start), "m": full(0.0), "b_sq": full(b_sq), "weights": full(0.0), "sum": full(0.0)}
    lanes = 1  # those that can have a state
    for t in range(case.steps):
        numbers = SimpleNamespace(**vars(at(hp, t)), correction=float(factors[t]) if method.corrected else None)
        some = {name: Interval(v.low[:, :lanes], v.high[:, :lanes]) for name, v in now.items()}
        quiet, loud = (_step(case, method, some, xi, numbers) for xi in (rest, jump))
        for name in now:
            low, high = np.full((cells, most + 2), np.inf), np.full((cells, most + 2), -np.inf)
            low[:, :lanes], high[:, :lanes] = quiet[name].low, quiet[name].high
            low[:, 1 : lanes + 1] = np.minimum(low[:, 1 : lanes + 1], loud[name].low)
            high[:, 1 : lanes + 1] = np.maximum(high[:, 1 : lanes + 1], loud[name].high)
            now[name] = Interval(low[:, : most + 1], high[:, : most + 1])
        lanes = min(lanes + 1, most + 1)
    return now


def _step(case: Case, method: Method, now: dict[str, Interval], xi: Interval, hp: Any) -> dict[str, Interval]:
    x, b_sq = now["x"], now["b_sq"]
    p = gradient(case.problem, IntervalOps, x)
    u = _as(weight(method, IntervalOps, b_sq, b_sq, hp))
    q = IntervalOps.sq_norm(p) if case.metric == "grad_sq" else x
    x_next, m, b_sq_next = update(method, IntervalOps, State(x, now["m"], b_sq, b_sq), p + xi, hp)
    zero = now["weights"] * 0.0
    return {
        "x": x_next,
        "m": m,
        "b_sq": b_sq_next,
        "weights": now["weights"] + u + zero,
        "sum": now["sum"] + u * q,
    }


def _metric(case: Case, found: dict[str, Interval]) -> Interval:
    if case.metric == "grad_sq":
        return found["sum"] / found["weights"]
    x = found["x"] if case.metric == "last" else found["sum"] / found["weights"]
    if case.problem.shape != "huber":
        return gap(case.problem, IntervalOps, x)
    size = IntervalOps.norm(x)  # the gap grows with |x|; its closed form is right up to a few roundings
    low, high = (gap(case.problem, ArrayOps, end.ravel()).reshape(end.shape) for end in (size.low, size.high))
    return Interval(low * (1 - SLACK), high * (1 + SLACK))
