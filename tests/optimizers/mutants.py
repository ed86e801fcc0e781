"""Broken torch optimizers, written like somebody's first attempt: ``Wrong(params, sin="...")`` has one sin, by the name
that the diagnosis must give it; without a sin it is a method of the theory."""

import math

import torch


class Wrong(torch.optim.Optimizer):
    """kind: "none" (SGD), "adagrad" or "adam"; delay 0: not delayed.  ``by``: the size of the sin, if it has one."""

    def __init__(
        self, params, kind="adagrad", sin="", by=None, *, gamma=0.1, lam=1.3, eta=0.4, b0=0.7, beta1=0.0, beta2=0.9,
        delay=0, corrected=False,
    ):  # fmt: skip
        super().__init__(params, {"lr": gamma})
        self.kind, self.sin, self.by = kind, sin, by
        lam, eta, b0 = (v * 0.8 if sin == f"another-{k}" else v for k, v in (("lam", lam), ("eta", eta), ("b0", b0)))
        beta1, beta2 = (v - v / 7 if sin == f"another-{k}" else v for k, v in (("beta1", beta1), ("beta2", beta2)))
        beta1 = 0.5 if sin == "momentum-added" else beta1
        self.gamma, self.lam, self.eta, self.beta1, self.beta2 = gamma, lam, eta, beta1, beta2
        self.delay, self.corrected, self.t, self.m = delay, corrected, 0, None
        self.kept = self.before = self.buffers = None
        start = {"denominator-starts-at-zero": 0.0, "denominator-starts-at-b0": b0}.get(sin, b0**2)
        self.past = [beta2 * start if sin == "denominator-starts-decayed" else start]

    def tensors(self):
        groups = self.param_groups[:1] if self.sin == "first-group-only" else self.param_groups
        return [p for group in groups for p in group["params"]]

    def together(self, kind, vectors):
        """For every tensor, the tensors that share a norm with it."""
        if kind == "tensor":
            return [[v] for v in vectors]
        if kind == "group":
            rest, out = list(vectors), []
            for group in self.param_groups:
                mine, rest = rest[: len(group["params"])], rest[len(group["params"]) :]
                out += [mine] * len(mine)
            return out
        return [list(vectors)] * len(vectors)

    def factor(self, norm):
        if self.sin == "clip-always":
            return self.lam / norm if norm > 0 else 1.0
        if self.sin == "nan-at-zero-gradient":
            return float(
                torch.tensor(1.0).double().minimum(self.lam * (norm / norm)) if norm > self.lam else norm / norm
            )
        return (
            min(1.0, self.lam / (norm + (self.by or 1e-6)))
            if self.sin == "clip-eps"
            else self.lam / max(norm, self.lam)
        )

    def clip(self, vectors):
        if self.sin == "no-clip" or math.isinf(self.lam):
            return [v.clone() for v in vectors]
        if self.sin == "clip-by-value":
            return [v.clamp(-self.lam, self.lam) for v in vectors]
        kind = {"clip-per-tensor": "tensor", "clip-per-group": "group"}.get(self.sin, "all")
        out = []
        for v, mates in zip(vectors, self.together(kind, vectors), strict=True):
            norm = torch.sqrt(sum((u * u).sum() for u in mates))
            if self.sin == "nan-at-zero-gradient":
                out.append(v / norm * norm.clamp(max=self.lam))
            else:
                out.append(v * self.factor(norm.item()))
        return out

    def momentum(self, gc):
        b = self.beta1
        if not b or self.sin in ("momentum-missing", "momentum-of-steps"):
            return gc
        fresh = [v if self.sin == "momentum-not-dampened" else (1 - b) * v for v in gc]
        if self.m is None:
            self.m = [v.clone() for v in (gc if self.sin == "momentum-starts-undampened" else fresh)]
        else:
            self.m = [b * m + f for m, f in zip(self.m, fresh, strict=True)]
        if self.sin == "momentum-nesterov":
            return [b * m + (1 - b) * v for m, v in zip(self.m, gc, strict=True)]
        return [m.clone() for m in self.m]

    def accumulate(self, b_sq, square):
        kind = {"accumulator-adagrad": "adagrad", "accumulator-adam": "adam"}.get(self.sin, self.kind)
        if kind == "adagrad":
            eta = {"eta-ignored": 1.0, "eta-root": math.sqrt(self.eta)}.get(self.sin, self.eta)
            return b_sq + eta * square
        return self.beta2 * b_sq + (1.0 if self.sin == "accumulator-not-dampened" else 1 - self.beta2) * square

    def denominators(self, seen):
        """One for every tensor."""
        if self.sin == "denominator-coordinate-wise":
            squares = [v * v for v in seen]
        else:
            kind = {"denominator-per-tensor": "tensor", "denominator-per-group": "group"}.get(self.sin, "all")
            squares = [sum((u * u).sum() for u in mates) for mates in self.together(kind, seen)]
        if self.sin == "aliased-gradient-zeroed" and self.t == 1:
            return [torch.tensor(self.past[0], dtype=torch.float64).sqrt()] * len(seen)
        last = self.past[-1] if isinstance(self.past[-1], list) else [self.past[-1]] * len(seen)
        self.past.append([self.accumulate(b, s) for b, s in zip(last, squares, strict=True)])
        late = {
            "denominator-not-delayed": 0,
            "denominator-delayed": 1,
            "denominator-wrong-delay": self.delay + 1,
            "aliased-gradient-zeroed": 0,
        }
        late = late.get(self.sin, self.delay)
        used = self.past[max(len(self.past) - 1 - late, 0)]
        used = [
            torch.as_tensor(b, dtype=torch.float64) for b in (used if isinstance(used, list) else [used] * len(seen))
        ]
        eps = self.by or 1e-8
        if self.sin == "eps-inside-root":
            return [(b + eps).sqrt() for b in used]
        if self.sin == "denominator-without-root":
            return used
        return [b.sqrt() + (eps if self.sin == "eps-outside-root" else 0.0) for b in used]

    def correction(self):
        one, two = 1 - self.beta1**self.t, math.sqrt(1 - self.beta2**self.t)
        if self.sin.startswith("bias-correction"):
            return {"missing": 1.0, "added": two / one, "first-only": 1 / one, "second-only": two}[self.sin[16:]]
        return two / one if self.corrected else 1.0

    @torch.no_grad()
    def step(self, closure=None):
        self.t += 1
        raw = [p.grad for p in self.tensors()]
        if self.sin == "aliased-gradient-dropped":
            raw = self.buffers = self.buffers or raw
        if self.sin == "first-gradient":
            raw = self.kept = self.kept or [g.clone() for g in raw]
        if self.sin == "weight-decay":
            raw = [g + (self.by or 0.01) * p for g, p in zip(raw, self.tensors(), strict=True)]
        gc = self.clip(raw) if self.sin != "clip-after-momentum" else raw
        direction = self.momentum(raw if self.sin == "step-not-clipped" else gc)
        if self.sin == "clip-after-momentum":
            direction, gc = self.clip(direction), raw
        if self.sin == "aliased-gradient-zeroed":  # remembers p.grad for the accumulator of the next step
            gc, self.kept = self.clip(self.kept) if self.kept else [0 * g for g in raw], raw
        if self.sin.startswith("previous-gradient"):
            absent = direction if self.sin.endswith("*") else [0 * d for d in direction]
            direction, self.before = self.before or absent, direction
        scale = [self.gamma * self.correction()] * len(raw)
        if self.kind != "none":
            seen = {"clip-after-accumulate": raw, "accumulator-sees-momentum": direction}.get(self.sin, gc)
            scale = [s / b for s, b in zip(scale, self.denominators(seen), strict=True)]
        moves = [s * d for s, d in zip(scale, direction, strict=True)]
        if self.sin == "momentum-of-steps":
            moves = [(1 - self.beta1) * v for v in moves]
            self.m = moves = [self.beta1 * m + v for m, v in zip(self.m, moves, strict=True)] if self.m else moves
        for p, move in zip(self.tensors(), moves, strict=True):
            if self.sin == "weight-decay-decoupled":
                p *= 1 - self.gamma * (self.by or 0.01)
            p += {"ascent": 1, "another-stepsize": -(self.by or 0.25)}.get(self.sin, -1) * move


class Published(torch.optim.Optimizer):
    """What published code of a delayed AdaGrad does, in our words: coordinate-wise, with an epsilon, each tensor
    clipped by torch, and along the previous gradient, of which it keeps p.grad itself."""

    def __init__(self, params, gamma=0.1, lam=1.3, eta=0.4, b0=0.7, eps=1e-10):
        super().__init__(params, {"lr": gamma})
        self.lam, self.eta, self.b0, self.eps = lam, eta, b0, eps

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                torch.nn.utils.clip_grad_norm_(p, self.lam)
                state = self.state[p]
                square = state.setdefault("square", torch.full_like(p, self.b0**2))
                last = state.get("last", torch.zeros_like(p))
                square.addcmul_(last, last, value=self.eta)
                state["last"] = p.grad
                p.addcdiv_(last, square.sqrt().add_(self.eps), value=-group["lr"])


class PublishedAdam(torch.optim.Optimizer):
    """The same for Adam, which steps along the momentum and keeps p.grad for the denominator alone."""

    def __init__(self, params, gamma=0.1, lam=1.3, b0=0.7, beta1=0.9, beta2=0.99, eps=1e-6):
        super().__init__(params, {"lr": gamma})
        self.lam, self.b0, self.beta1, self.beta2, self.eps = lam, b0, beta1, beta2, eps

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                torch.nn.utils.clip_grad_norm_(p, self.lam)
                state = self.state[p]
                square = state.setdefault("square", torch.full_like(p, self.b0**2))
                mean = state.setdefault("mean", torch.zeros_like(p))
                last = state.get("last", torch.zeros_like(p))
                mean.mul_(self.beta1).add_(p.grad, alpha=1 - self.beta1)
                square.mul_(self.beta2).addcmul_(last, last, value=1 - self.beta2)
                state["last"] = p.grad
                p.addcdiv_(mean, square.sqrt().add_(self.eps), value=-group["lr"])
