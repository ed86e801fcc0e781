"""The compiled noise loops of ``kernels`` in float32: see ``single``."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types

from verify.simulate import single
from verify.simulate.backends.kernels import (
    _CUT,
    _OPTIONS,
    TILE,
    _bitcast,
    _compile,
    _direction_words,
    _second_word,
    _to_length,
    fill_words,
)
from verify.simulate.noise.tables import PIECE_BITS

_i32, _u32, _u64, _f32 = np.int32, np.uint32, np.uint64, np.float32
_bits = _bitcast(types.float32, types.uint32, ir.IntType(32))
_float = _bitcast(types.uint32, types.float32, ir.FloatType())
_inline: Any = njit(forceinline=True, **_OPTIONS)

_SHIFT, _FIRST_PIECE = _u32(single.SHIFT), _u32(single.FIRST_PIECE)
_UP, _DOWN, _ONE, _SIGN_SHIFT = _u32(9 + PIECE_BITS), _u32(9), _u32(0x3F800000), _u32(31)
_WORD, _HALF_WORD, _FINE = _f32(2.0**-31), _f32(2.0**-32), _f32(2.0**-32)
_TOP, _TINY, _HALF, _CENTRE = single.TOP, single.TINY, _f32(0.5), _f32(1.5)


@_inline
def _split(v):
    """The piece of v, and its place z in it.  Casts keep the integers at 32 bits."""
    bits = _bits(v)
    mantissa = _u32(_u32(_u32(bits << _UP) >> _DOWN) | _ONE)
    return _u32(_u32(bits >> _SHIFT) - _FIRST_PIECE), _float(mantissa) - _CENTRE


@_inline
def _signed(q, sign):
    return _float(_u32(_bits(q) ^ _u32(sign << _SIGN_SHIFT)))


@_inline
def _place(w):
    return min(_f32(_i32(w >> _u32(1))) * _WORD + _HALF_WORD, _TOP)


@njit(**_OPTIONS)
def _scratch():
    """Of ``_look_up``: pieces, and rows of coefficients."""
    return np.empty(TILE, _u32), np.empty(TILE, np.complex128)


@njit(**_OPTIONS)
def _look_up(X, W, table, scale, sign_mask, least, scratch):
    """``kernels._look_up``; a row of four coefficients is one complex number."""
    rows, (piece, copied) = table.reshape(-1).view(np.complex128), scratch
    c = copied.view(_f32)
    for s in range(X.shape[0]):
        smallest = _u32(0xFFFFFFFF)
        for begin in range(0, X.shape[1], TILE):
            x, w = X[s, begin : begin + TILE], W[s, begin : begin + TILE]
            for i in range(len(x)):
                smallest = min(smallest, w[i])
                piece[i], x[i] = _split(_place(w[i]))
            for i in range(len(x)):
                copied[i] = rows[_u64(piece[i])]
            for i in range(len(x)):
                z = x[i]
                q = ((c[4 * i + 3] * z + c[4 * i + 2]) * z + c[4 * i + 1]) * z + c[4 * i]
                x[i] = scale * _signed(q, w[i] & sign_mask)
        least[s] = smallest


@_compile
def add_up(totals, S, rows):
    """These rows of the state move to the float64 ``totals``."""
    for k in range(len(rows)):
        row, total = S[rows[k]], totals[k]
        for i in range(S.shape[1]):
            total[i] += row[i]
            row[i] = 0.0


@_compile
def fill_table(X, W, table, scale, sign_mask, first, t0, stream, k0, k1):
    """``kernels.fill_table``."""
    least, scratch = np.empty(4, _u32), _scratch()
    for t in range(0, X.shape[0], 4):
        row = t % W.shape[0]
        x, w4 = X[t : t + 4], W[row : row + 4]
        fill_words(w4, first, t0 + t, stream, k0, k1)
        _look_up(x, w4, table, scale, sign_mask, least, scratch)
        for s in range(x.shape[0]):
            if least[s] >> _u32(1) < _CUT:
                for i in range(x.shape[1]):
                    w = w4[s, i]
                    if w >> _u32(1) < _CUT:
                        r = _second_word(_u64(first + i), t0 + t + s, stream, k0, k1)
                        v = (_f32(_i32(w >> _u32(1))) + (_f32(r) + _HALF) * _FINE) * _WORD
                        p, z = _split(v)
                        q = ((table[p, 3] * z + table[p, 2]) * z + table[p, 1]) * z + table[p, 0]
                        x[s, i] = scale * _signed(q, w & sign_mask)


@_compile
def fill_directions(Y, R, table, first, t0, stream, k0, k1):
    """``kernels.fill_directions``."""
    W, size = np.empty(((Y.shape[1] + 3) // 4 * 4, Y.shape[2]), _u32), np.empty(Y.shape[2], _f32)
    least, scratch = np.empty(Y.shape[1], _u32), _scratch()
    for s in range(Y.shape[0]):
        _direction_words(W, t0 + s, first, stream, k0, k1)
        _look_up(Y[s], W, table, _f32(1.0), _u32(1), least, scratch)
        _to_length(Y[s], R[s], _TINY, size)
