"""Fused in-place operations as single ones, so that an Adam-type optimizer can be batched.

torch has no batching rule for addcmul_, addcdiv_ and lerp_ and falls back to one replica at a time.  Each is replaced
by the operations that define it; the result may differ in the rounding of that one operation, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode


def _addcmul(s: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return s.add_(a * b if value == 1 else value * a * b)


def _addcdiv(s: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return s.add_(a / b if value == 1 else value * a / b)


def _lerp(s: Any, end: Any, weight: Any) -> Any:
    return s.add_(weight * (end - s))


RULES: dict[str, Callable] = {"addcmul_": _addcmul, "addcdiv_": _addcdiv, "lerp_": _lerp}


class Decomposed(TorchFunctionMode):
    """``with Decomposed(): ...``"""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name in RULES:
            return RULES[name](*args, **kwargs)
        out = kwargs.get("out")
        if name in ("maximum", "amax") and out is not None:
            return out.copy_(func(*args, **{k: v for k, v in kwargs.items() if k != "out"}))
        return func(*args, **kwargs)
