"""The loops of ``reference`` on torch tensors, eager, in float64 or float32, on the CPU or another device.

On the CPU the bits are those of the other engines (tests).  Where torch's CPU kernels round otherwise there is a way
around it: the square root is numpy's, on the same memory (torch's differs for 1.4 % of arguments); number / tensor is
a division of two tensors (torch multiplies by the reciprocal); third and fourth powers are products.  Nothing here has
run on a GPU: what its kernels round is for the same tests to find out there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from verify.simulate import own, single
from verify.simulate.arguments import EngineError
from verify.simulate.noise.philox import WORDS, low_high
from verify.simulate.noise.sampler import Atoms, Continuous, Isotropic, Planned, Sampler, draw
from verify.simulate.noise.sphere import MARK, TINY, blocks, coefficients
from verify.simulate.noise.tables import OCTAVES, PIECE_BITS, PIECES, REFINED
from verify.simulate.program.ops import REAL

if TYPE_CHECKING:
    from verify.simulate.backends.compiled import Job
    from verify.simulate.own import OwnStep

LOW = 0xFFFFFFFF
ENTRIES = 2**20  # of the noise that is drawn at once
_WEYL, _MULTIPLIERS = (0x9E3779B9, 0xBB67AE85), (0xD2511F53, 0xCD9E8D57)


class TorchOps:
    """``ArrayOps`` on tensors."""

    @staticmethod
    def clip(v: Any, lam: Any) -> Any:
        if v.ndim == 2:
            size = TorchOps.norm(v)
            return v * TorchOps.where(size <= lam, 1.0, _like(lam, size) / size)
        level = _like(lam, v)
        return torch.minimum(torch.maximum(v, -level), level)

    @staticmethod
    def sq_norm(v: Any) -> Any:
        if v.ndim == 2:
            total = torch.zeros_like(v[0])
            for coordinate in v:
                total = total + coordinate * coordinate
            return total
        return v * v

    @staticmethod
    def norm(v: Any) -> Any:
        return TorchOps.sqrt(TorchOps.sq_norm(v)) if v.ndim == 2 else abs(v)

    @staticmethod
    def sqrt(v: Any) -> Any:
        """Correctly rounded."""
        return torch.from_numpy(np.sqrt(v.numpy())) if v.device.type == "cpu" else torch.sqrt(v)

    @staticmethod
    def inv_sqrt(s: Any) -> Any:
        return 1.0 / TorchOps.sqrt(s)

    @staticmethod
    def ratio(a: Any, b: Any) -> Any:
        return TorchOps.where(b > 0, a / b, 0.0)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        return torch.where(condition, _like(a, condition), _like(b, condition))


def _like(value: Any, other: Any) -> Any:
    """A tensor of the job's numbers on the device of the other one."""
    return torch.as_tensor(value, dtype=_TYPES[REAL.get()], device=other.device)


_TYPES: dict[type, torch.dtype] = {np.float64: torch.float64, np.float32: torch.float32}


class _Products(TorchFunctionMode):
    """Inside: number / tensor is one correctly rounded division, and a third or fourth power is a product."""

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        if func in (torch.Tensor.__rdiv__, torch.Tensor.__rtruediv__):
            return torch.div(_like(args[1], args[0]), args[0])
        if func is torch.Tensor.__pow__ and isinstance(args[1], int | float) and args[1] in (3, 4):
            square = args[0] * args[0]
            return square * args[0] if args[1] == 3 else square * args[0] * args[0]
        return func(*args, **(kwargs or {}))


class TorchArrays:
    """torch on one device, float64 or float32."""

    ops = TorchOps

    def __init__(self, device: str, real: type = np.float64) -> None:
        self.device, self.real, self.type = torch.device(device), real, _TYPES[real]
        if self.device.type == "cuda" and not torch.cuda.is_available():
            raise EngineError(f"device: {device} was asked for, and torch sees no GPU; try engine='compiled'")

    def full(self, shape: tuple[int, ...], value: float) -> torch.Tensor:
        return torch.full(shape, float(value), dtype=self.type, device=self.device)

    def noise(self, job: Job, trajectories: np.ndarray) -> Callable[[int], torch.Tensor]:
        return Noise(job, trajectories, self.device)

    def call(self, step: OwnStep, x: Any, g: Any, state: Mapping[str, Any], hp: Any) -> tuple[Any, dict[str, Any]]:
        with _Products():
            return own.advance(step, x, g, state, hp)

    def fit(self, value: Any, shape: tuple[int, ...]) -> torch.Tensor:
        value = torch.as_tensor(value, dtype=self.type, device=self.device)
        return torch.broadcast_to(value, shape).clone()

    @staticmethod
    def doubled(value: Any) -> torch.Tensor:
        return value.to(torch.float64)

    def collect(self, rows: list[Any]) -> np.ndarray:
        return torch.stack(rows).cpu().numpy()


def philox(c0: Any, c1: int, c2: Any, c3: Any, k0: int, k1: int) -> list[Any]:
    """``philox.philox4x32`` on int64 tensors that hold 32-bit words."""
    c0, c1, c2, c3 = torch.broadcast_tensors(c0, torch.full_like(c2, c1), c2, c3)
    for _ in range(10):
        p0, p1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2  # modulo 2^64: the bits are those of the product
        c0, c2 = (p1 >> 32) & LOW ^ c1 ^ k0, (p0 >> 32) & LOW ^ c3 ^ k1
        c1, c3 = p1 & LOW, p0 & LOW
        k0, k1 = (k0 + _WEYL[0]) & LOW, (k1 + _WEYL[1]) & LOW
    return [c0, c1, c2, c3]


def evaluate(columns: Any, v: Any) -> Any:
    """``tables.evaluate`` and ``single.evaluate``; ``columns`` [degree + 1, pieces]."""
    piece, z = _split32(v) if v.dtype == torch.float32 else _split(v)
    value = columns[-1][piece]
    for column in reversed(columns[:-1]):
        value = value * z + column[piece]
    return value


def _split(v: Any) -> tuple[Any, Any]:
    """The piece of v, and its place in it."""
    bits = v.view(torch.int64)
    piece = (bits >> (52 - PIECE_BITS)) - (1023 - OCTAVES) * PIECES
    mantissa = ((bits << (12 + PIECE_BITS)) >> 12) & (2**52 - 1) | 0x3FF0000000000000
    return piece, mantissa.view(torch.float64) - 1.5


def _split32(v: Any) -> tuple[Any, Any]:
    bits = v.view(torch.int32).to(torch.int64)
    mantissa = ((bits << (9 + PIECE_BITS)) & LOW) >> 9 | 0x3F800000
    return (bits >> single.SHIFT) - single.FIRST_PIECE, mantissa.to(torch.int32).view(torch.float32) - 1.5


class Noise:
    """The noise of a job for some trajectories, drawn for several steps at once: a tensor [lanes] or [dim, lanes]."""

    def __init__(self, job: Job, trajectories: np.ndarray, device: torch.device) -> None:
        self.job, self.device = job, device
        ids = trajectories.astype(np.int64)
        self.low, self.high = (torch.from_numpy(part).to(device) for part in (ids & LOW, ids >> 32))
        self.key = low_high(job.seed)
        per_step = len(ids) * (job.problem.dim if job.wide else 1)
        self.rows = max(min(ENTRIES // per_step, job.steps + WORDS - 1) // WORDS, 1) * WORDS
        self.begun = -1
        radius = job.law.radius if isinstance(job.law, Isotropic) else job.law
        self.columns = self._columns(radius.table.coefficients) if isinstance(radius, Continuous) else None
        normal = single.normal_cubics if self.job.real is np.float32 else coefficients
        self.normal = self._columns(normal()) if job.wide else None
        self.trajectories = trajectories

    def _columns(self, table: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(table.T.copy()).to(self.device)

    def __call__(self, t: int) -> torch.Tensor:
        law = self.job.law
        begun = t - t % self.rows
        if begun != self.begun:
            radius = self._radii(law.radius if isinstance(law, Isotropic) else law, begun)
            self.drawn = self._directed(radius, begun) if isinstance(law, Isotropic) else radius
            self.begun = begun
        return self.drawn[t - begun]

    def _words(self, first: int, count: int, stream: int, mark: int = 0) -> torch.Tensor:
        """The words of blocks first .. first + count - 1: int64 [4 count, lanes]."""
        steps = torch.arange(first, first + count, device=self.device)[:, None]
        w = philox(steps, 2 * self.job.stream + stream, self.low[None], self.high[None] | mark, *self.key)
        return torch.stack(w, dim=1).reshape(WORDS * count, len(self.low))

    def _second(self, places: torch.Tensor, begun: int) -> torch.Tensor:
        """The words that refine those at ``places`` [n, 2] = (step - begun, lane)."""
        row, lane = places[:, 0], places[:, 1]
        t = row + begun
        w = philox(t // WORDS, 2 * self.job.stream + 1, self.low[lane], self.high[lane], *self.key)
        return torch.stack(w).gather(0, (t % WORDS)[None])[0]

    def _radii(self, law: Sampler, begun: int) -> torch.Tensor:
        if isinstance(law, Planned):  # few trajectories: on arrays
            steps, job = range(begun, begun + self.rows), self.job
            drawn = [draw(law, t, 2 * job.stream, self.trajectories, job.seed) for t in steps]
            return torch.from_numpy(np.stack(drawn)).to(self.device)
        if not isinstance(law, Continuous | Atoms):
            return torch.zeros((self.rows, len(self.low)), dtype=_TYPES[self.job.real], device=self.device)
        w = self._words(begun // WORDS, self.rows // WORDS, 0)
        if isinstance(law, Atoms):
            return self._atoms(law, w, begun)
        k = w >> 1
        v, places = self._place(k), torch.nonzero(k < REFINED)
        fine = (self._second(places, begun).to(v.dtype) + 0.5) * 2.0**-32
        v[places[:, 0], places[:, 1]] = (k[places[:, 0], places[:, 1]].to(v.dtype) + fine) * 2.0**-31
        size = evaluate(self.columns, v)
        return law.scale * torch.where(w & int(law.table.symmetric) == 1, -size, size)

    def _place(self, k: torch.Tensor) -> torch.Tensor:
        """v of 31-bit numbers k."""
        if self.job.real is np.float32:
            return torch.clamp(k.to(torch.float32) * 2.0**-31 + 2.0**-32, max=float(single.TOP))
        return (k.to(torch.float64) + 0.5) * 2.0**-31

    def _atoms(self, law: Atoms, w: torch.Tensor, begun: int) -> torch.Tensor:
        cuts = [low_high(int(cut)) for cut in law.thresholds]
        undecided = torch.nonzero((w == cuts[0][1]) | (w == cuts[1][1]))
        second = torch.zeros_like(w)
        second[undecided[:, 0], undecided[:, 1]] = self._second(undecided, begun)
        first, other = ((w < high) | ((w == high) & (second < low)) for low, high in cuts)
        a, b, c = (float(value) for value in law.values)
        return TorchOps.where(first, a, TorchOps.where(other, b, c))

    def _directed(self, radius: torch.Tensor, begun: int) -> torch.Tensor:
        """``sphere.direct`` of all steps: [rows, dim, lanes]."""
        dim, count = self.job.problem.dim, blocks(self.job.problem.dim)
        words = self._words(count * begun, count * self.rows, 0, MARK >> 32)
        w = words.reshape(self.rows, WORDS * count, -1)[:, :dim]
        size = evaluate(self.normal, self._place(w >> 1))
        G = torch.where(w & 1 == 1, -size, size)
        total = torch.zeros_like(radius)
        for j in range(dim):
            total = total + G[:, j] * G[:, j]
        tiny = float(single.TINY) if self.job.real is np.float32 else TINY
        return (radius / TorchOps.sqrt(total + tiny))[:, None] * G
