"""The compiled loops: words, noise from words, and one step of a method on many trajectories.

Strict IEEE float64 throughout: no reassociation, no contraction, no fast-math.  A noise loop exists per kind
of law (a table or atoms) and an advance loop per method, shape of problem and metric; every parameter is an argument,
so there is little to compile, and what was compiled is cached on disk.  Loops work on blocks small enough for the L2
cache:

    W uint32 [steps, lanes]  first words,      X float64 [steps, lanes]  noise,      S  state (``emit.Layout``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

from bounds.methods import Method
from verify.simulate.metric import Metric
from verify.simulate.noise.philox import philox4x32
from verify.simulate.noise.sphere import MARK, TINY
from verify.simulate.noise.tables import DEGREE, OCTAVES, PIECE_BITS, REFINED
from verify.simulate.own import OwnStep
from verify.simulate.program.trace import Also, Geometry, own_source, source

_u32, _u64 = np.uint32, np.uint64
PAGE = 4096
# nothing calls a loop from C
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "boundscheck": False, "no_cfunc_wrapper": True}


_COMPILED_IN = ("backends/kernels", "backends/kernels32", "noise/philox", "noise/sphere", "noise/tables", "single")
_FOLDER = Path(__file__).parents[1]
_SOURCES = sha256(b"".join((_FOLDER / f"{n}.py").read_bytes() for n in _COMPILED_IN)).hexdigest()[:16]


def _compile(function: Callable) -> Callable:
    """Compile, and cache on disk under a name that changes with everything that is compiled in."""
    function.__qualname__ += "_" + _SOURCES
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # no writable place for the cache
        return njit(**_OPTIONS)(function)


def _bitcast(source: Any, target: Any, llvm_target: Any) -> Any:
    """Compiled reinterpretation of the bits of a ``source`` as a ``target``."""

    @intrinsic
    def cast(typing_context, x):
        def generate(context, builder, signature, args):
            return builder.bitcast(args[0], llvm_target)

        return target(source), generate

    return cast


_bits = _bitcast(types.float64, types.uint64, ir.IntType(64))
_float = _bitcast(types.uint64, types.float64, ir.DoubleType())
_philox = njit(forceinline=True)(philox4x32)


@_compile
def fill_words(W, first, t0, stream, k0, k1):
    """First words of steps t0 .. t0 + len(W) - 1 (multiples of 4) for trajectories first, first + 1, .."""
    for r in range(W.shape[0] // 4):
        block = _u32(t0 // 4 + r)
        for i in range(W.shape[1]):
            ident = _u64(first + i)
            w = _philox(block, _u32(stream), _u32(ident), _u32(ident >> _u64(32)), _u32(k0), _u32(k1))
            W[4 * r, i] = w[0]
            W[4 * r + 1, i] = w[1]
            W[4 * r + 2, i] = w[2]
            W[4 * r + 3, i] = w[3]


@njit(**_OPTIONS)
def _second_word(ident, t, stream, k0, k1):
    """The word that refines the first word of step t: same place in the next stream."""
    w = _philox(_u32(t // 4), _u32(stream + 1), _u32(ident), _u32(ident >> _u64(32)), _u32(k0), _u32(k1))
    phase = t % 4
    return w[0] if phase == 0 else (w[1] if phase == 1 else (w[2] if phase == 2 else w[3]))


_PIECE_SHIFT, _FIRST_PIECE = _u64(52 - PIECE_BITS), _u64((1023 - OCTAVES) * 2**PIECE_BITS)
_UP, _DOWN, _ONE, _SIGN_SHIFT = _u64(12 + PIECE_BITS), _u64(12), _u64(0x3FF0000000000000), _u64(63)
_CUT, _MARK = _u32(REFINED), _u32(MARK >> 32)


@njit(forceinline=True, **_OPTIONS)
def _split(v):
    """The piece of v, and its place z in it: ``tables.evaluate``."""
    bits = _bits(v)
    piece = (bits >> _PIECE_SHIFT) - _FIRST_PIECE
    return piece, _float(((bits << _UP) >> _DOWN) | _ONE) - 1.5


@njit(forceinline=True, **_OPTIONS)
def _quantile(table, v):
    """Q(v): ``tables.evaluate``."""
    piece, z = _split(v)
    q = table[piece, DEGREE]
    for m in range(DEGREE - 1, -1, -1):
        q = q * z + table[piece, m]
    return q


@njit(forceinline=True, **_OPTIONS)
def _signed(q, sign):
    return _float(_bits(q) ^ (_u64(sign) << _SIGN_SHIFT))


TILE = 256  # lanes whose coefficients are copied at a time: they fit the L1 cache


@njit(**_OPTIONS)
def _scratch():
    """Of ``_look_up``: pieces, and pairs of coefficients."""
    return (
        np.empty(TILE, _u32),
        np.empty(TILE, np.complex128),
        np.empty(TILE, np.complex128),
        np.empty(TILE, np.complex128),
    )


@njit(**_OPTIONS)
def _look_up(X, W, table, scale, sign_mask, least, scratch):
    """X = scale * (±) Q(v), v = (k + 1/2) 2^-31, row by row; ``least``: the smallest word of each row.

    Coefficients move in pairs, as complex numbers: copying 16 bytes at a time and then reading with a stride takes half
    of the time that gathering single coefficients takes.
    """
    pairs, (piece, a, b, c) = table.reshape(-1).view(np.complex128), scratch
    low, middle, high = a.view(np.float64), b.view(np.float64), c.view(np.float64)
    for s in range(X.shape[0]):
        smallest = _u32(0xFFFFFFFF)
        for begin in range(0, X.shape[1], TILE):
            x, w = X[s, begin : begin + TILE], W[s, begin : begin + TILE]
            for i in range(len(x)):
                smallest = min(smallest, w[i])
                found, x[i] = _split((float(w[i] >> _u32(1)) + 0.5) * 2.0**-31)
                piece[i] = _u32(found)
            for i in range(len(x)):
                p = _u64(3) * _u64(piece[i])
                a[i], b[i], c[i] = pairs[p], pairs[p + _u64(1)], pairs[p + _u64(2)]
            for i in range(len(x)):
                z = x[i]
                q = (high[2 * i + 1] * z + high[2 * i]) * z + middle[2 * i + 1]
                q = ((q * z + middle[2 * i]) * z + low[2 * i + 1]) * z + low[2 * i]
                x[i] = scale * _signed(q, w[i] & sign_mask)
        least[s] = smallest


@_compile
def fill_table(X, W, table, scale, sign_mask, first, t0, stream, k0, k1):
    """Words, then X = scale * (±) Q(v): see ``tables``.  ``sign_mask``: 1 for symmetric laws, 0 for one-sided ones.

    W has the rows of X, or only four, which are used again and again and stay in the L1 cache.
    """
    least, scratch = np.empty(4, _u32), _scratch()
    for t in range(0, X.shape[0], 4):
        row = t % W.shape[0]
        x, w4 = X[t : t + 4], W[row : row + 4]
        fill_words(w4, first, t0 + t, stream, k0, k1)
        _look_up(x, w4, table, scale, sign_mask, least, scratch)
        for s in range(x.shape[0]):
            if least[s] >> _u32(1) < _CUT:  # rare: a loop of its own keeps the others free of branches
                for i in range(x.shape[1]):
                    w = w4[s, i]
                    if w >> _u32(1) < _CUT:
                        r = _second_word(_u64(first + i), t0 + t + s, stream, k0, k1)
                        v = (float(w >> _u32(1)) + (float(r) + 0.5) * 2.0**-32) * 2.0**-31
                        x[s, i] = scale * _signed(_quantile(table, v), w & sign_mask)


@_compile
def fill_atoms(X, W, thresholds, values, first, t0, stream, k0, k1):
    """X = values[0] if U < thresholds[0], values[1] if U < thresholds[1], else values[2], for a 64-bit uniform
    U whose second word is drawn only where the first one does not decide."""
    low, high = thresholds[0], thresholds[1]
    low_first, high_first = _u32(low >> _u64(32)), _u32(high >> _u64(32))
    for s in range(X.shape[0]):
        for i in range(X.shape[1]):
            w = W[s, i]
            u = _u64(w) << _u64(32)
            if (w == low_first) | (w == high_first):
                u = u | _u64(_second_word(_u64(first + i), t0 + s, stream, k0, k1))
            X[s, i] = values[0] if u < low else (values[1] if u < high else values[2])


@njit(**_OPTIONS)
def _direction_words(W, t, first, stream, k0, k1):
    """The words of all coordinates of step t."""
    blocks = W.shape[0] // 4
    for b in range(blocks):
        for i in range(W.shape[1]):
            ident = _u64(first + i)
            high = _u32(ident >> _u64(32)) | _MARK
            w = _philox(_u32(t * blocks + b), _u32(stream), _u32(ident), high, _u32(k0), _u32(k1))
            W[4 * b, i] = w[0]
            W[4 * b + 1, i] = w[1]
            W[4 * b + 2, i] = w[2]
            W[4 * b + 3, i] = w[3]


@njit(**_OPTIONS)
def _to_length(G, r, tiny, size):
    """G [dim, lanes] becomes r G / sqrt(||G||^2 + tiny); ``size`` [lanes] is scratch."""
    for i in range(len(r)):
        size[i] = 0.0
    for j in range(G.shape[0]):
        for i in range(len(r)):
            size[i] += G[j, i] * G[j, i]
    for i in range(len(r)):
        size[i] = r[i] / np.sqrt(size[i] + tiny)
    for j in range(G.shape[0]):
        for i in range(len(r)):
            G[j, i] = size[i] * G[j, i]


@_compile
def fill_directions(Y, R, table, first, t0, stream, k0, k1):
    """Y[s, :, i] = R[s, i] times a random direction: see ``sphere``."""
    W, size = np.empty(((Y.shape[1] + 3) // 4 * 4, Y.shape[2]), _u32), np.empty(Y.shape[2])
    least, scratch = np.empty(Y.shape[1], _u32), _scratch()
    for s in range(Y.shape[0]):
        _direction_words(W, t0 + s, first, stream, k0, k1)
        _look_up(Y[s], W, table, 1.0, _u32(1), least, scratch)
        _to_length(Y[s], R[s], TINY, size)


@njit(**_OPTIONS)
def _beside(S, rows):
    """Scratch of the type of S, [rows, lanes], that begins at the same place of a page of memory as S.

    A load waits for an earlier store to another page at the same place or a little behind it, as if it were to the same
    address; with scratch at any place an inner loop takes up to twice as long.
    """
    size = rows * S.shape[1]
    room = np.empty(size + PAGE // S.itemsize, S.dtype)
    begin = _u64(S.ctypes.data - room.ctypes.data) % _u64(PAGE) // _u64(S.itemsize)
    return room[begin : begin + _u64(size)].reshape((rows, S.shape[1]))


@lru_cache(maxsize=256)
def advance(
    method: Method,
    shape: str,
    metric: Metric,
    steered: bool,
    geometry: Geometry,
    also: Also,
    changing: tuple[str, ...],
    real: type,
) -> Callable:
    """The compiled loop of ``trace.source``."""
    return _loop(source(method, shape, metric, "advance", steered, geometry, also, changing, True), real)


@lru_cache(maxsize=256)
def advance_own(
    step: OwnStep,
    names: tuple[str, ...],
    shape: str,
    metric: Metric,
    geometry: Geometry,
    also: Also,
    changing: tuple[str, ...],
    real: type,
) -> Callable:
    """The compiled loop of ``trace.own_source``, for hyper-parameters of these names."""
    text = own_source(step, dict.fromkeys(names, 0.0), shape, metric, "advance", geometry, also, changing, True)
    return _loop(text, real)


_LITERAL = re.compile(r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+|inf)(?!\w)")


@lru_cache(maxsize=256)
def _loop(text: str, real: type) -> Callable:
    """Compile ``def advance(..)``, under a name of its own; literals are of the type ``real`` (a float64 literal would
    draw everything it meets to float64)."""
    kind = real.__name__
    text = _LITERAL.sub(rf"{kind}(\1)", text)
    name = "advance_" + sha256(text.encode()).hexdigest()[:16]
    # This module stands in as the place of the generated code: numba keys its disk cache by file and name.
    namespace: dict[str, Any] = {"__name__": __name__, "sqrt": np.sqrt, "beside": _beside, "inf": np.inf, kind: real}
    exec(compile(text.replace("def advance(", f"def {name}(", 1), __file__, "exec"), namespace)
    return _compile(namespace[name])
