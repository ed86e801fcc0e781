"""The operations of a method on lists of torch tensors: all parameters, seen as one vector.

``foreach`` runs each operation on all tensors in one call (``torch._foreach_*``); the bits are those of the loop,
except in norms, where the order of the sum is torch's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch


class Tensors:
    """A vector in several tensors; ``+``, ``-`` with another one, ``*`` with a number or with ``Stepsizes``."""

    def __init__(self, parts: list[torch.Tensor], foreach: bool) -> None:
        self.parts, self.foreach = parts, foreach

    def _with(self, other: Tensors, loop: Callable, at_once: Callable) -> Tensors:
        if self.foreach:
            return Tensors(list(at_once(self.parts, other.parts)), True)
        return Tensors([loop(a, b) for a, b in zip(self.parts, other.parts, strict=True)], False)

    def __add__(self, other: Tensors) -> Tensors:
        return self._with(other, torch.add, torch._foreach_add)

    def __sub__(self, other: Tensors) -> Tensors:
        return self._with(other, torch.sub, torch._foreach_sub)

    def __rmul__(self, factor: Any) -> Tensors:
        if isinstance(factor, Stepsizes):
            scaled = [_on(w, p) * p for w, p in zip(factor.values, self.parts, strict=True)]
            return Tensors(scaled, self.foreach)
        one_device = not isinstance(factor, torch.Tensor) or all(p.device == factor.device for p in self.parts)
        if self.foreach and one_device:
            return Tensors(list(torch._foreach_mul(self.parts, factor)), True)
        return Tensors([_on(factor, p) * p for p in self.parts], self.foreach)

    __mul__ = __rmul__


class Stepsizes:
    """One stepsize for each tensor: the groups of parameters may have different ``lr``."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __mul__(self, factor: Any) -> Any:
        if isinstance(factor, Tensors):
            return NotImplemented
        return Stepsizes([v * factor for v in self.values])

    __rmul__ = __mul__


class TensorOps:
    """``bounds.methods.Ops``; the norm runs over all tensors."""

    @staticmethod
    def clip(v: Tensors, lam: float) -> Tensors:
        return v if math.isinf(lam) else (lam / _norm(v).clamp(min=lam)) * v

    @staticmethod
    def sq_norm(v: Tensors) -> torch.Tensor:
        norm = _norm(v)
        return norm * norm

    @staticmethod
    def inv_sqrt(s: torch.Tensor) -> torch.Tensor:
        return 1 / s.sqrt()


def _norm(v: Tensors) -> torch.Tensor:
    """||v||, at least in float32, on the device of the first tensor."""
    wide = torch.promote_types(v.parts[0].dtype, torch.float32)
    norms = list(torch._foreach_norm(v.parts)) if v.foreach else [torch.linalg.vector_norm(p) for p in v.parts]
    return torch.linalg.vector_norm(torch.stack([n.to(v.parts[0].device, wide) for n in norms]))


def _on(factor: Any, p: torch.Tensor) -> Any:
    return factor.to(p.device) if isinstance(factor, torch.Tensor) else factor
