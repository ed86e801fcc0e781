"""The same simulation in float32: the same words, the same program, numbers of 24 bits.

A job is cast: its hyper-parameters, the numbers of its problem and its steering become float32 scalars, its law one in
float32 (jumps rounded, tables refitted by cubics on the same pieces); everything computed from them is float32, each
operation rounded once as IEEE 754 says.  Two things are different:

- v = (k + 1/2) 2^-31 has 31 bits.  It is rounded to float32 and to at most 1 - 2^-24: v = 1 belongs to no piece.
  Far from 1 that costs a relative error of 2^-25; next to 1, where Q(v) ~ c (1 - v), an absolute one.
- The sums of u_t and u_t q_t would stop growing at 2^24 terms, and drift before that.  They are float32 for the steps
  of one compiled call only (``Job.block``), and those partial sums are added up in float64.

What comes out is float64: the metric of float32 iterates.  How far it is from the metric of float64 iterates is for
``precision`` to find out, by running both on the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from verify.simulate.backends.compiled import Job
from verify.simulate.noise import tables
from verify.simulate.noise.philox import WORDS, words
from verify.simulate.noise.sampler import Atoms, Continuous, Isotropic, Planned, Sampler, draw
from verify.simulate.noise.sphere import MARK, blocks
from verify.simulate.noise.sphere import coefficients as normal
from verify.simulate.noise.tables import PIECE_BITS, REFINED, Table

DEGREE = 3
TOP = np.float32(1 - 2.0**-24)
SHIFT, FIRST_PIECE = 23 - PIECE_BITS, (127 - tables.OCTAVES) * tables.PIECES
TINY = np.float32(2.0**-100)  # in the place of ``sphere.TINY``
SIZES = 1e-15, 1e18  # whose squares, and sums of 64 squares, are float32 numbers
_f32, _u32 = np.float32, np.uint32


def cubics(coefficients: np.ndarray) -> np.ndarray:
    """The table in float32, [pieces, 4]: interpolated at the zeros of T_4(2z), where z^4 = z^2/4 - 1/128."""
    c = coefficients.T
    found = np.stack([c[0] - c[4] / 128, c[1] - c[5] / 128, c[2] + c[4] / 4, c[3] + c[5] / 4], axis=1).astype(_f32)
    found.setflags(write=False)
    return found


@lru_cache(maxsize=1)
def normal_cubics() -> np.ndarray:
    """``sphere.coefficients``."""
    return cubics(normal())


def _law(law: Sampler) -> Sampler:
    match law:
        case Continuous(table, scale):
            return Continuous(Table(cubics(table.coefficients), table.symmetric), _f32(scale))  # type: ignore[arg-type]
        case Atoms(thresholds, values):
            return Atoms(thresholds, values.astype(_f32))
        case Planned():
            raise ValueError("precision: planned jumps are simulated in float64 only")
        case Isotropic(radius):
            return Isotropic(_law(radius))  # type: ignore[arg-type]
    return law


def _numbers(found: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: _f32(getattr(found, name)) for name in names}


def cast(job: Job) -> Job:
    """The job in float32."""
    steering = job.steering
    with np.errstate(over="ignore", under="ignore"):
        return replace(
            job,
            problem=replace(job.problem, **_numbers(job.problem, ("L", "nu", "reach"))),
            steering=steering and replace(steering, **_numbers(steering, ("even", "odd", "centre", "width"))),
            law=_law(job.law),
            hp=SimpleNamespace(**_numbers(job.hp, vars(job.hp))),
            corrections=job.corrections.astype(_f32),
            real=_f32,
        )


# --- noise on arrays ------------------------------------------------------------------------------------------------


def evaluate(coefficients: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Q(v): ``tables.evaluate`` in float32."""
    bits = v.view(_u32)
    piece = (bits >> _u32(SHIFT)) - _u32(FIRST_PIECE)
    z = (bits << _u32(9 + PIECE_BITS) >> _u32(9) | _u32(0x3F800000)).view(_f32) - _f32(1.5)
    rows = coefficients[piece.astype(np.int64)]
    value = rows[..., DEGREE]
    for m in range(DEGREE - 1, -1, -1):
        value = value * z + rows[..., m]
    return value


def _place(k: np.ndarray) -> np.ndarray:
    """v from 31-bit numbers k."""
    return np.minimum(k.astype(np.int32).astype(_f32) * _f32(2.0**-31) + _f32(2.0**-32), TOP)


def _refined(k: np.ndarray, second: np.ndarray) -> np.ndarray:
    """v from k < ``REFINED`` and a second word."""
    fine = (second.astype(_f32) + _f32(0.5)) * _f32(2.0**-32)
    return (k.astype(np.int32).astype(_f32) + fine) * _f32(2.0**-31)


def noise(law: Any, t: int, stream: int, trajectories: np.ndarray, seed: int, dim: int = 1) -> np.ndarray:
    """``sampler.draw`` for a law in float32: float32 [trajectories], or [dim, trajectories]."""
    if isinstance(law, Isotropic):
        return _direct(noise(law.radius, t, stream, trajectories, seed), t, stream, trajectories, seed, dim)
    if not isinstance(law, Continuous):
        return draw(law, t, stream, trajectories, seed).astype(_f32)
    first, second = (words(t // WORDS, s, trajectories, seed)[t % WORDS] for s in (stream, stream + 1))
    k = first >> _u32(1)
    v = np.where(k < REFINED, _refined(np.minimum(k, _u32(REFINED)), second), _place(k))
    size = evaluate(law.table.coefficients, v)
    return _f32(law.scale) * np.where(law.table.symmetric & (first & _u32(1) == 1), -size, size)


def _direct(r: np.ndarray, t: int, stream: int, trajectories: np.ndarray, seed: int, dim: int) -> np.ndarray:
    """``sphere.direct`` in float32."""
    ids = np.asarray(trajectories, np.uint64) | np.uint64(MARK)
    w = np.concatenate([words(blocks(dim) * t + b, stream, ids, seed) for b in range(blocks(dim))])[:dim]
    size = evaluate(normal_cubics(), _place(w >> _u32(1)))
    G = np.where(w & _u32(1) == 1, -size, size)
    total = np.zeros(len(ids), _f32)
    for row in G:
        total = total + row * row
    return r / np.sqrt(total + TINY) * G
