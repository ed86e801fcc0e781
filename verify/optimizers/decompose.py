"""Operations that torch cannot batch, taken apart into ones that it can.

    addcmul_, addcdiv_, lerp_   the operations that define them: fused ones fall back to one replica at a time
    _foreach_NAME               NAME on each tensor of the list
    tensor.data                 tensor.detach()
    maximum, amax with out=     computed, then copied

The result may differ in the rounding of a fused operation, in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


def _addcmul(s: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return s.add_(a * b if value == 1 else value * a * b)


def _addcdiv(s: Any, a: Any, b: Any, value: Any = 1) -> Any:
    return s.add_(a / b if value == 1 else value * a / b)


def _lerp(s: Any, end: Any, weight: Any) -> Any:
    return s.add_(weight * (end - s))


RULES: dict[str, Callable] = {"addcmul_": _addcmul, "addcdiv_": _addcdiv, "lerp_": _lerp}


def each(name: str, args: Any, kwargs: Any) -> list[Any]:
    """``_foreach_name`` on lists of tensors (and lists of numbers beside them), one by one."""
    tensors, *rest = args
    many = [x if isinstance(x, list | tuple) else [x] * len(tensors) for x in rest]
    operation = RULES.get(name) or getattr(torch.Tensor, name)
    return [operation(*each, **kwargs) for each in zip(tensors, *many, strict=True)]


class Decomposed(TorchFunctionMode):
    """``with Decomposed() as mode: ...``; ``mode.used``: whether there was anything to take apart."""

    def __init__(self) -> None:
        super().__init__()
        self.used = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        replacement = self._replacement(name, func, kwargs)
        if replacement is None:
            return func(*args, **kwargs)
        self.used = True
        return replacement(*args, **kwargs)

    def _replacement(self, name: str, func: Any, kwargs: Any) -> Callable | None:
        if name in RULES:
            return RULES[name]
        if name.startswith("_foreach_"):
            return lambda *args, **more: each(name.removeprefix("_foreach_"), args, more)
        if name == "__get__" and getattr(func, "__self__", None) is torch.Tensor.data:
            return torch.Tensor.detach
        if name in ("maximum", "amax") and kwargs.get("out") is not None:
            return lambda *args, out, **more: out.copy_(func(*args, **more))
        return None
