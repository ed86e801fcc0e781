"""How far rounding can carry one run of a torch optimizer: a radius beside every number, operation by operation.

A ``Tracked`` tensor holds values and radii; each operation bounds what the errors of its arguments do to its result,
and adds its own rounding: at most K u times the size of its terms, u = 2^-53, K = 16, the model of ``envelope``.  Two
runs of the same operations that round differently (fused or not, scalar or vector) both lie within the radius of the
exact run, so they differ by twice the radius at most.  A rule knows the numbers of one run: the exact ones are within a
radius, those of another run within two.  An operation without a rule raises ``Untracked``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from counterexamples.problems import Problem
from verify.optimizers.decompose import each
from verify.optimizers.envelope import K
from verify.optimizers.subject import Subject
from verify.optimizers.world import TorchVectors, pushed, replicas, slope

UNIT = K * 2.0**-53
SLACK = 1 + 2.0**-30  # the radii are rounded, too


class Untracked(Exception):
    """An operation whose rounding is not followed."""


Pair = tuple[Any, Any]  # values and radii


def _add(a: Pair, b: Pair, alpha: float = 1.0) -> Pair:
    c = alpha * b[0]
    return a[0] + c, a[1] + abs(alpha) * b[1] + UNIT * (abs(a[0]) + abs(c))


def _sub(a: Pair, b: Pair, alpha: float = 1.0) -> Pair:
    return _add(a, b, -alpha)


def _mul(a: Pair, b: Pair) -> Pair:
    value = a[0] * b[0]
    return value, abs(a[0]) * b[1] + abs(b[0]) * a[1] + 3 * a[1] * b[1] + UNIT * abs(value)


def _div(a: Pair, b: Pair) -> Pair:
    value, room = a[0] / b[0], abs(torch.as_tensor(b[0])) - 2 * b[1]
    radius = (a[1] + abs(value) * b[1]) / room * (1 + b[1] / room) + UNIT * abs(value)
    return value, torch.where(torch.as_tensor(room > 0), radius, torch.inf)


def _sqrt(a: Pair) -> Pair:
    value = a[0].sqrt()
    return value, (a[0] + a[1]).sqrt() - (a[0] - 2 * a[1]).clamp(min=0).sqrt() + UNIT * value


def _pow(a: Pair, b: Pair) -> Pair:
    if b[0] == 2:
        return _mul(a, a)
    if b[0] == 0.5:
        return _sqrt(a)
    raise Untracked(f"pow {b[0]!r}")


def _sum(a: Pair, *axes: Any, **more: Any) -> Pair:
    axes = tuple(x[0] if isinstance(x, tuple) else x for x in axes)
    count = a[0].numel()
    value = a[0].sum(*axes, **more)
    return value, a[1].sum(*axes, **more) + (UNIT + count * 2.0**-53) * abs(a[0]).sum(*axes, **more)


def _norm(a: Pair, p: Any = 2, *rest: Any, **more: Any) -> Pair:
    if p not in (2, 2.0, "fro") or rest or any(more.values()):
        raise Untracked("norm")
    return _sqrt(_sum(_mul(a, a)))


def _lerp(a: Pair, end: Pair, weight: Pair) -> Pair:
    value, radius = _add(a, _mul(weight, _sub(end, a)))
    other = _sub(end, _mul(_sub((1.0, 0.0), weight), _sub(end, a)))  # what torch computes for weight >= 1/2
    return value, torch.maximum(radius, other[1])


def _largest(a: Pair, b: Pair) -> Pair:
    return torch.maximum(*torch.broadcast_tensors(*map(torch.as_tensor, (a[0], b[0])))), _wider(a, b)


def _wider(a: Pair, b: Pair) -> Any:
    return torch.maximum(*torch.broadcast_tensors(*(torch.as_tensor(x, dtype=torch.float64) for x in (a[1], b[1]))))


def _clamp(a: Pair, low: Any = None, high: Any = None, **more: Any) -> Pair:
    """Two runs whose arguments are within a radius of the exact one are within two of this one: beyond an end, nothing
    moves."""
    ends = [_exact(x) for x in (more.get("min", low), more.get("max", high))]
    spread = (a[0] + 2 * a[1]).clamp(*ends) - (a[0] - 2 * a[1]).clamp(*ends)
    return a[0].clamp(*ends), torch.minimum(spread, torch.zeros_like(spread) + a[1])


def _exact(x: Any) -> Any:
    """A number without a radius."""
    if isinstance(x, tuple):
        if isinstance(x[1], torch.Tensor):
            raise Untracked("clamp between computed numbers")
        return x[0]
    return x


def _sign(a: Pair) -> Pair:
    return a[0].sign(), torch.where((abs(a[0]) > 2 * a[1]) | (a[1] == 0), 0.0, torch.inf)


def _constant(value: Any) -> Pair:
    return value, 0.0


RULES: dict[str, Callable[..., Pair]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "true_divide": _div,
    "truediv": _div,
    "sqrt": _sqrt,
    "pow": _pow,
    "square": lambda a: _mul(a, a),
    "sum": _sum,
    "norm": _norm,
    "lerp": _lerp,
    "addcmul": lambda s, a, b, value=1.0: _add(s, _mul(_mul((value, 0.0), a), b)),
    "addcdiv": lambda s, a, b, value=1.0: _add(s, _div(_mul((value, 0.0), a), b)),
    "maximum": _largest,
    "clamp": _clamp,
    "sign": _sign,
    "sgn": _sign,
    "neg": lambda a: (-a[0], a[1]),
    "abs": lambda a: (a[0].abs(), a[1]),
    "clone": lambda a, **_: a,
    "detach": lambda a: a,
    "copy": lambda a, b, *_: b,
    "zero": lambda a: _constant(torch.zeros_like(a[0])),
    "zeros_like": lambda a, **_: _constant(torch.zeros_like(a[0])),
    "ones_like": lambda a, **_: _constant(torch.ones_like(a[0])),
    "full_like": lambda a, v, **_: _constant(torch.full_like(a[0], v[0] if isinstance(v, tuple) else v)),
    "rsub": lambda a, b, alpha=1.0: _sub(b, a, alpha),
    "radd": lambda a, b: _add(b, a),
    "rmul": lambda a, b: _mul(b, a),
    "rdiv": lambda a, b: _div(b, a),
    "rtruediv": lambda a, b: _div(b, a),
}
PLAIN = frozenset(("__get__", "__set__", "is_complex", "is_floating_point", "size", "dim", "numel", "__len__"))
IN_PLACE = {"iadd": "add", "isub": "sub", "imul": "mul", "idiv": "div", "itruediv": "div"}


class Tracked(torch.Tensor):
    """Values with radii."""

    radius: torch.Tensor

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name.startswith("_foreach_"):
            return each(name.removeprefix("_foreach_"), args, kwargs)
        if kwargs.get("out") is not None:
            out = kwargs.pop("out")
            return out.copy_(func(*args, **kwargs))
        with torch._C.DisableTorchFunctionSubclass():
            if name in PLAIN:
                return func(*args, **kwargs)
            base = name.strip("_")
            in_place = (name.endswith("_") and not name.endswith("__")) or base in IN_PLACE
            base = IN_PLACE.get(base, base)
            if base not in RULES:
                raise Untracked(name)
            kwargs = {k: v for k, v in kwargs.items() if k not in ("memory_format", "dtype", "device", "out")}
            value, radius = RULES[base](*map(_pair, args), **kwargs)
            if in_place:
                plain = args[0].as_subclass(torch.Tensor)
                plain.copy_(value)
                args[0].radius = (radius + torch.zeros_like(plain)) * SLACK
                return args[0]
            return track(value, radius * SLACK)


def _pair(x: Any) -> Any:
    if isinstance(x, Tracked):
        return x.as_subclass(torch.Tensor), x.radius
    if isinstance(x, int | float | torch.Tensor) and not isinstance(x, bool):
        return x, 0.0
    return x


def track(value: torch.Tensor, radius: Any = 0.0) -> Tracked:
    """A tensor with its radius."""
    out = value.detach().clone().as_subclass(Tracked)
    out.radius = radius + torch.zeros_like(value)
    return out


def radii(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each replica (column of ``noise``) how far the average and the last iterate can be from the exact run.

    Raises Untracked.
    """
    averages, lasts = [], []
    for lane in replicas(noise):
        x: Any = track(torch.from_numpy(x0))
        total: Any = track(torch.zeros(len(x0), dtype=torch.float64))
        optimizer = who.make([x])
        getattr(optimizer, "train", lambda: None)()
        for xi in lane:
            total = total + x
            push = torch.from_numpy(pushed(np.zeros(len(x0)), xi))
            x.grad = slope(problem, TorchVectors, x) + push
            with torch.no_grad():
                optimizer.step()
        averages.append((total / len(lane)).radius.numpy())
        lasts.append(x.radius.numpy())
    return np.stack(averages), np.stack(lasts)
