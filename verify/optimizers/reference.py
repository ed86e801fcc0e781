"""The methods of the theory as torch optimizers, to train with.

With g_t the gradient of all parameters as one vector and gc_t = g_t min(1, lam/||g_t||),

    m_t     = beta1 m_{t-1} + (1 - beta1) gc_t
    b_t^2   = b_{t-1}^2 + eta ||gc_t||^2                      ClipAdaGradNorm
    b_t^2   = beta2 b_{t-1}^2 + (1 - beta2) ||gc_t||^2        ClipAdamNorm
    x_{t+1} = x_t - gamma/b_t m_t                             delay = 0
    x_{t+1} = x_t - gamma/b_{t-delay} m_t                     delay >= 1, b_j = b0 for j < 0

The norm runs over all parameters of all groups; only ``lr`` (gamma) may differ between groups.  The step direction is
always the current gradient.  Conventions are torch's: a closure is evaluated first, sparse gradients are refused,
parameters without a gradient are left alone, ``state_dict`` holds everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

SHARED = ("max_norm", "eta", "beta1", "beta2", "b0", "delay", "bias_correction")


def _check(name: str, good: bool, expected: str, got: Any) -> None:
    if not good:
        raise ValueError(f"{name}: expected {expected}, got {got!r}")


class _ClipNorm(torch.optim.Optimizer):
    """What both methods share; the state of the whole vector is kept with the first parameter."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        _check("lr", defaults["lr"] > 0, "a number > 0", defaults["lr"])
        _check("max_norm", defaults["max_norm"] > 0, "a number > 0 (inf: no clip)", defaults["max_norm"])
        _check("beta1", 0 <= defaults["beta1"] < 1, "a number in [0, 1)", defaults["beta1"])
        delay = defaults["delay"]
        _check("delay", isinstance(delay, int) and 0 <= delay <= 64, "an integer in 0 .. 64", delay)
        _check("b0", defaults["b0"] > 0, "a number > 0", defaults["b0"])
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As in torch; only ``lr`` may differ from the other groups."""
        super().add_param_group(param_group)
        group, first = self.param_groups[-1], self.param_groups[0]
        for name in SHARED:
            if name in group and group[name] != first[name]:
                self.param_groups.pop()
                raise ValueError(
                    f"{name}: expected {first[name]!r} in every group, got {group[name]!r}; only lr may differ"
                )

    def _next(self, b_sq: torch.Tensor, gc_sq: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the value of the closure, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        moved = [(group, p) for group in self.param_groups for p in group["params"] if p.grad is not None]
        if not moved:
            return loss
        if any(p.grad.is_sparse for _, p in moved):
            raise RuntimeError(f"{type(self).__name__}: expected dense gradients, got a sparse one")
        shared, first = self.param_groups[0], self.param_groups[0]["params"][0]
        sizes = [(p.grad * p.grad).sum() for _, p in moved]
        g_sq = sizes[0]
        for size in sizes[1:]:
            g_sq = g_sq + size.to(g_sq.device)
        norm = g_sq.sqrt()
        factor = (
            shared["max_norm"] / norm.clamp(min=shared["max_norm"])
            if shared["max_norm"] < float("inf")
            else norm * 0 + 1
        )
        own = self.state[first]
        if "b_sq" not in own:
            own["b_sq"] = torch.full_like(g_sq, shared["b0"] ** 2)
            own["past"] = [own["b_sq"]] * shared["delay"]
            own["t"] = 0
        before = own["past"][0] if shared["delay"] else None
        own["b_sq"] = self._next(own["b_sq"], factor * factor * g_sq, shared)
        if before is not None:
            own["past"] = [*own["past"][1:], own["b_sq"]]
        own["t"] += 1
        w = 1 / (own["b_sq"] if before is None else before).sqrt()
        if shared.get("bias_correction"):
            w = w * ((1 - shared["beta2"] ** own["t"]) ** 0.5 / (1 - shared["beta1"] ** own["t"]))
        for group, p in moved:
            direction = factor.to(p.device) * p.grad
            if shared["beta1"]:
                m = self.state[p].get("m")
                direction = (1 - shared["beta1"]) * direction
                if m is not None:
                    direction = shared["beta1"] * m + direction
                self.state[p]["m"] = direction
            p.sub_(group["lr"] * w.to(p.device) * direction)
        return loss


class ClipAdaGradNorm(_ClipNorm):
    """Clip-AdaGrad-Norm; ``lr`` gamma, ``max_norm`` lam, ``eta`` >= 0 (0: Clip-SGD with stepsize lr/b0).

    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = ClipAdaGradNorm([w], lr=0.1, max_norm=1.0, delay=1)
    >>> w.grad = torch.tensor([3.0, 4.0])
    >>> optimizer.step()
    >>> w.detach()
    tensor([0.9400, 0.9200])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        max_norm: float,
        eta: float = 1.0,
        b0: float = 1.0,
        beta1: float = 0.0,
        delay: int = 0,
    ) -> None:
        _check("eta", 0 <= eta < float("inf"), "a finite number >= 0", eta)
        super().__init__(params, {"lr": lr, "max_norm": max_norm, "eta": eta, "b0": b0, "beta1": beta1, "delay": delay})

    def _next(self, b_sq: torch.Tensor, gc_sq: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        return b_sq + group["eta"] * gc_sq


class ClipAdamNorm(_ClipNorm):
    """Clip-Adam-Norm; the theory takes beta2 = 1 - 1/N for N steps.

    ``bias_correction`` multiplies the stepsize by sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1)).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        max_norm: float,
        beta2: float,
        b0: float = 1.0,
        beta1: float = 0.0,
        delay: int = 0,
        bias_correction: bool = False,
    ) -> None:
        _check("beta2", 0 < beta2 < 1, "a number in (0, 1)", beta2)
        defaults = {"lr": lr, "max_norm": max_norm, "beta2": beta2, "b0": b0, "beta1": beta1, "delay": delay}
        super().__init__(params, {**defaults, "bias_correction": bias_correction})

    def _next(self, b_sq: torch.Tensor, gc_sq: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
        return group["beta2"] * b_sq + (1 - group["beta2"]) * gc_sq
