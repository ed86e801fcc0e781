"""The methods of the theory as torch optimizers, to train with.

With g_t the gradient of all parameters, as one vector, and gc_t = g_t min(1, lam/||g_t||), gc_t = 0 at g_t = 0,

    m_t     = beta1 m_{t-1} + (1 - beta1) gc_t,   m_{-1} = 0          (m_t = gc_t if beta1 = 0)
    b_t^2   = b_{t-1}^2 + eta ||gc_t||^2                              ClipAdaGradNorm
    b_t^2   = beta2 b_{t-1}^2 + (1 - beta2) ||gc_t||^2                ClipAdamNorm
    x_{t+1} = x_t - w_t m_t
    w_t     = gamma / b_t                                             delay = 0
    w_t     = gamma / b_{t-delay},   b_j = b0 for j < 0               delay >= 1
    w_t     = gamma                                                   ClipSGD

``lr`` is gamma and ``max_norm`` is lam.  The recursion itself is ``bounds.methods.update``, run on tensors: the lines
whose bounds are proved are the lines that train.  The step direction is always the current gradient; a delay is one
of the denominator.

torch's conventions: groups of parameters (only ``lr`` may differ: there is one norm, over all groups), ``state_dict``
holds everything, a closure is evaluated before the step, sparse gradients are refused, a parameter without a gradient
is left alone, ``p.grad`` is neither changed nor kept, both modes of ``zero_grad`` give the same iterates,
``foreach=None`` means "on CUDA".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import torch

from bounds.methods import Method, State, update
from verify.optimizers.tensors import Stepsizes, TensorOps, Tensors

OWN_TO_A_GROUP = ("params", "param_names", "lr")
LONGEST_DELAY = 2**16


class _ClipNorm(torch.optim.Optimizer):
    """What the three classes share.  The state of the whole vector is kept with the first parameter:
    ``past``, the last max(delay, 1) values of b^2, newest first, and ``step``, how many steps were taken."""

    _method: Method

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        _check("lr", defaults["lr"], "a number > 0", lambda v: 0 < v < math.inf)
        _check("max_norm", defaults["max_norm"], "a number > 0 (inf: no clip)", lambda v: v > 0)
        _check("beta1", defaults["beta1"], "a number in [0, 1)", lambda v: 0 <= v < 1)
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As in torch.  Raises ValueError if anything but ``lr`` differs from the groups that are there."""
        super().add_param_group(param_group)
        group, first = self.param_groups[-1], self.param_groups[0]
        _check("lr", group["lr"], "a number > 0", lambda v: 0 < v < math.inf)
        for name in first.keys() - set(OWN_TO_A_GROUP):
            if group[name] != first[name]:
                self.param_groups.pop()
                raise ValueError(
                    f"{name}: expected {first[name]!r} in every group, got {group[name]!r}; only lr may differ"
                )

    def load_state_dict(self, state_dict: Any) -> None:
        """As in torch; the accumulator keeps its precision when the parameters have less."""
        super().load_state_dict(state_dict)
        for key, saved in state_dict["state"].items():
            if "past" in saved:
                (own,) = [self.state[p] for k, p in zip(_keys(state_dict), _parameters(self), strict=True) if k == key]
                own["past"] = saved["past"].to(own["past"].device, copy=True)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; the value of the closure, if there is one.  Raises RuntimeError for a sparse gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        moved = [(p, group["lr"]) for group in self.param_groups for p in group["params"] if p.grad is not None]
        if not moved:
            return loss
        if any(p.grad.is_sparse for p, _ in moved):
            raise RuntimeError(f"{type(self).__name__}: expected dense gradients, got a sparse one")
        hp, parameters = self.param_groups[0], [p for p, _ in moved]
        foreach = all(p.is_cuda for p in parameters) if hp["foreach"] is None else hp["foreach"]
        own = self._shared_state(hp, parameters[0])
        before = State(
            Tensors(parameters, foreach), self._momentum(hp, parameters, foreach), own["past"][0], own["past"][-1]
        )
        lrs = [lr for _, lr in moved]
        numbers = SimpleNamespace(
            gamma=lrs[0] if all(lr is lrs[0] or lr == lrs[0] for lr in lrs) else Stepsizes(lrs),
            lam=hp["max_norm"],
            eta=hp.get("eta"),
            beta1=hp["beta1"],
            beta2=hp.get("beta2"),
            correction=_correction(own["step"], hp) if hp.get("bias_correction") else None,
        )
        method = self._stated(hp)
        x, m, b_sq = update(method, TensorOps, before, Tensors([p.grad for p in parameters], foreach), numbers)
        for p, new in zip(parameters, x.parts, strict=True):
            p.copy_(new)
        if method.momentum:
            for p, new in zip(parameters, m.parts, strict=True):
                self.state[p]["momentum"] = new
        own["past"] = torch.cat([b_sq.reshape(1), own["past"][:-1]])
        own["step"] += 1
        return loss

    def _stated(self, hp: dict[str, Any]) -> Method:
        """The method of the theory with these options."""
        kind = self._method
        delayed, corrected = hp.get("delay", 0) > 0, bool(hp.get("bias_correction"))
        return Method(kind.name, kind.accumulator, delayed, momentum=hp["beta1"] > 0, corrected=corrected)

    def _shared_state(self, hp: dict[str, Any], like: torch.Tensor) -> dict[str, Any]:
        own = self.state[self.param_groups[0]["params"][0]]
        if "past" not in own:
            wide = torch.promote_types(like.dtype, torch.float32)
            start = hp.get("b0", 1.0) * hp.get("b0", 1.0)
            own["past"] = torch.full((max(hp.get("delay", 0), 1),), start, dtype=wide, device=like.device)
            own["step"] = 0
        return own

    def _momentum(self, hp: dict[str, Any], parameters: list[torch.Tensor], foreach: bool) -> Tensors | None:
        if not hp["beta1"]:
            return None
        kept = [self.state[p].get("momentum") for p in parameters]
        zeros = torch.zeros_like
        return Tensors([zeros(p) if m is None else m for p, m in zip(parameters, kept, strict=True)], foreach)


def _check(name: str, value: Any, expected: str, good: Callable[[Any], bool]) -> None:
    if not good(value):
        raise ValueError(f"{name}: expected {expected}, got {value!r}")


def _keys(state_dict: Any) -> list[Any]:
    return [key for group in state_dict["param_groups"] for key in group["params"]]


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _correction(t: int, hp: dict[str, Any]) -> float:
    """s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1))."""
    by1 = 1.0 if hp["beta1"] == 0 else -math.expm1((t + 1) * math.log(hp["beta1"]))
    return math.sqrt(-math.expm1((t + 1) * math.log(hp["beta2"]))) / by1


def _check_accumulator(delay: Any, b0: Any) -> None:
    whole = isinstance(delay, int) and not isinstance(delay, bool)
    _check("delay", delay, f"an integer in 0 .. {LONGEST_DELAY}", lambda d: whole and 0 <= d <= LONGEST_DELAY)
    _check("b0", b0, "a finite number > 0", lambda v: 0 < v < math.inf)


class ClipSGD(_ClipNorm):
    """Clip-SGD with momentum ``beta1``: x_{t+1} = x_t - lr m_t, m_t = beta1 m_{t-1} + (1 - beta1) clip(g_t, max_norm).

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = ClipSGD([w], lr=1.0, max_norm=1.0)
    >>> w.grad = torch.tensor([0.0, -4.0])
    >>> optimizer.step()
    >>> w.detach()
    tensor([0., 1.])
    """

    _method = Method("clip-sgd", "none")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        max_norm: float,
        beta1: float = 0.0,
        *,
        foreach: bool | None = None,
    ) -> None:
        super().__init__(params, {"lr": lr, "max_norm": max_norm, "beta1": beta1, "foreach": foreach})


class ClipAdaGradNorm(_ClipNorm):
    """Clip-AdaGrad-Norm, the stepsize delayed by ``delay`` >= 0 steps.

    eta: weight of the accumulator, >= 0.  1 is AdaGrad-Norm as it is known; (lr/R)^2 with R >= ||x_0 - x*|| is the
    weight of the certified bounds (``verify bound-check`` prints gamma, lam, eta, b0); 0 is Clip-SGD, stepsize lr/b0.

    Source: Chezhegov et al., ICML 2025 (arXiv 2406.04443); delay = 1 is the paper's Clip-AdaGradD-Norm.

    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = ClipAdaGradNorm([w], lr=0.1, max_norm=1.0, delay=1)
    >>> w.grad = torch.tensor([3.0, 4.0])
    >>> optimizer.step()
    >>> w.detach()
    tensor([0.9400, 0.9200])
    """

    _method = Method("clip-adagrad-norm", "adagrad")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        max_norm: float,
        eta: float = 1.0,
        b0: float = 1.0,
        beta1: float = 0.0,
        delay: int = 0,
        *,
        foreach: bool | None = None,
    ) -> None:
        _check("eta", eta, "a finite number >= 0", lambda v: 0 <= v < math.inf)
        _check_accumulator(delay, b0)
        defaults = {"lr": lr, "max_norm": max_norm, "eta": eta, "b0": b0, "beta1": beta1, "delay": delay}
        super().__init__(params, {**defaults, "foreach": foreach})


class ClipAdamNorm(_ClipNorm):
    """Clip-Adam-Norm, the stepsize delayed by ``delay`` >= 0 steps.

    beta2: the theory takes 1 - 1/N for N steps.
    bias_correction: multiplies the stepsize by s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1)).

    Source: Chezhegov et al., ICML 2025 (arXiv 2406.04443); delay = 1 is the paper's Clip-AdamD-Norm.

    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = ClipAdamNorm([w], lr=0.1, max_norm=1.0, beta2=0.75, b0=0.5)
    >>> w.grad = torch.tensor([0.6, 0.8])
    >>> optimizer.step()  # b_0^2 = 3/4 1/4 + 1/4 1
    >>> w.detach()
    tensor([0.9093, 0.8791])
    """

    _method = Method("clip-adam-norm", "adam")

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
        *,
        foreach: bool | None = None,
    ) -> None:
        _check("beta2", beta2, "a number in (0, 1)", lambda v: 0 < v < 1)
        _check_accumulator(delay, b0)
        defaults = {"lr": lr, "max_norm": max_norm, "beta2": beta2, "b0": b0, "beta1": beta1, "delay": delay}
        super().__init__(params, {**defaults, "bias_correction": bias_correction, "foreach": foreach})
