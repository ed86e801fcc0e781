"""The noise inside a Triton kernel: words, numbers from words, directions.  Line by line what ``kernels`` does.

A tensor has one element for each trajectory, ``low`` and ``high`` are the halves of its number; ``q`` counts blocks of
words.
"""

from __future__ import annotations

import triton
import triton.language as tl

from verify.simulate.noise import sphere, tables

_DEGREE, _REFINED = tl.constexpr(tables.DEGREE), tl.constexpr(tables.REFINED)
_PIECE_SHIFT, _UP = tl.constexpr(52 - tables.PIECE_BITS), tl.constexpr(12 + tables.PIECE_BITS)
_FIRST_PIECE = tl.constexpr((1023 - tables.OCTAVES) * tables.PIECES)
_PIECES = tl.constexpr(tables.OCTAVES * tables.PIECES)
_ONE = tl.constexpr(0x3FF0000000000000)
_HALF_WORD, _WORD = tl.constexpr(2.0**-31), tl.constexpr(2.0**-32)
_MARK, _TINY = tl.constexpr(sphere.MARK >> 32), tl.constexpr(sphere.TINY)


@triton.jit
def words(q, series, low, high, seed):
    """The four words of block q."""
    return tl.philox(seed, q.to(tl.uint32), series.to(tl.uint32), low, high)


@triton.jit
def _quantile(table, v):
    """Q(v); table [degree + 1, pieces], so that lanes with near pieces read near numbers."""
    bits = v.to(tl.uint64, bitcast=True)
    piece = table + ((bits >> _PIECE_SHIFT) - _FIRST_PIECE).to(tl.int32)
    z = (((bits << _UP) >> 12) | _ONE).to(tl.float64, bitcast=True) - 1.5
    value = tl.load(piece + _DEGREE * _PIECES)
    for m in tl.static_range(_DEGREE):
        value = value * z + tl.load(piece + (_DEGREE - 1 - m) * _PIECES)
    return value


@triton.jit
def _signed(value, sign):
    return (value.to(tl.uint64, bitcast=True) ^ (sign.to(tl.uint64) << 63)).to(tl.float64, bitcast=True)


@triton.jit
def from_table(w, second, table, scale, sign_mask):
    """``kernels.fill_table``; the second word refines the far tail."""
    k = (w >> 1).to(tl.float64)
    low = tl.where((w >> 1) < _REFINED, (second.to(tl.float64) + 0.5) * _WORD, 0.5)
    return scale * _signed(_quantile(table, (k + low) * _HALF_WORD), w & sign_mask)


@triton.jit
def from_atoms(w, second, cut_a, cut_b, a, b, c):
    """``kernels.fill_atoms``."""
    u = (w.to(tl.uint64) << 32) | second.to(tl.uint64)
    return tl.where(u < cut_a, a, tl.where(u < cut_b, b, c))


@triton.jit
def planned(A, jumps, lanes, i, t, background):
    """``sampler.Planned``: A [2, jumps, lanes], numbers and their steps; the last jump of a step counts."""
    found = background
    for k in range(jumps):
        value, time = tl.load(A + k * lanes + i), tl.load(A + (jumps + k) * lanes + i)
        found = tl.where(time == t.to(tl.float64), value, found)
    return found


@triton.jit
def direct(Y, lanes, i, radius, table, t, series, low, high, seed, DIM: tl.constexpr):
    """``kernels.fill_directions``: Y [DIM, lanes], the noise of step t."""
    BLOCKS: tl.constexpr = (DIM + 3) // 4
    total = tl.zeros_like(radius)
    for b in range(BLOCKS):
        w0, w1, w2, w3 = words(t * BLOCKS + b, series, low, high | _MARK, seed)
        w = (w0, w1, w2, w3)
        for c in tl.static_range(4):
            if 4 * b + c < DIM:
                v = ((w[c] >> 1).to(tl.float64) + 0.5) * _HALF_WORD
                g = _signed(_quantile(table, v), w[c] & 1)
                total += g * g
                tl.store(Y + (4 * b + c) * lanes + i, g)
    size = radius / tl.sqrt(total + _TINY)
    for j in range(DIM):
        tl.store(Y + j * lanes + i, size * tl.load(Y + j * lanes + i))
