"""Broken torch optimizers, each with the sin that the diagnosis must name; written like somebody's first attempt."""

import torch


class Base(torch.optim.Optimizer):
    """A correct Clip-AdaGrad-Norm, one method per ingredient."""

    def __init__(self, params, lr=0.1, lam=1.3, eta=0.4, b0=0.7, delay=0):
        super().__init__(params, {"lr": lr})
        self.lam, self.eta, self.delay = lam, eta, delay
        self.b_sq = [torch.tensor(b0**2, dtype=torch.float64)] * (delay + 1)

    def params(self):
        return [p for group in self.param_groups for p in group["params"]]

    def clipped(self, grads):
        norm = torch.sqrt(sum((g * g).sum() for g in grads))
        return [g * min(1.0, self.lam / norm.item()) if norm > 0 else g for g in grads]

    def size(self, grads):
        return sum((g * g).sum() for g in grads)

    def root(self, b_sq):
        return b_sq.sqrt()

    def direction(self, grads):
        return grads

    def seen(self, raw, clipped):
        return clipped

    @torch.no_grad()
    def step(self, closure=None):
        raw = [p.grad for p in self.params()]
        grads = self.clipped(raw)
        self.b_sq = [*self.b_sq[1:], self.b_sq[-1] + self.eta * self.size(self.seen(raw, grads))]
        w = self.param_groups[0]["lr"] / self.root(self.b_sq[-1 - self.delay])
        for p, g in zip(self.params(), self.direction(grads), strict=True):
            p -= w * g


class NoClip(Base):
    def clipped(self, grads):
        return grads


class ClipByValue(Base):
    def clipped(self, grads):
        return [g.clamp(-self.lam, self.lam) for g in grads]


class ClipPerTensor(Base):
    def clipped(self, grads):
        return [super(ClipPerTensor, self).clipped([g])[0] for g in grads]


class ClipAfterAccumulate(Base):
    def seen(self, raw, clipped):
        return raw


class EpsOutside(Base):
    def root(self, b_sq):
        return b_sq.sqrt() + 1e-8


class EpsInside(Base):
    def root(self, b_sq):
        return (b_sq + 1e-8).sqrt()


class PreviousGradient(Base):
    last = None

    def direction(self, grads):
        before, self.last = self.last, grads
        return before or [0 * g for g in grads]


class CoordinateWise(Base):
    @torch.no_grad()
    def step(self, closure=None):
        grads = self.clipped([p.grad for p in self.params()])
        for p, g in zip(self.params(), grads, strict=True):
            b_sq = self.state[p].setdefault("b_sq", torch.full_like(p, 0.49))
            b_sq += self.eta * g * g
            p -= self.param_groups[0]["lr"] / b_sq.sqrt() * g


class PerTensorDenominator(Base):
    @torch.no_grad()
    def step(self, closure=None):
        grads = self.clipped([p.grad for p in self.params()])
        for p, g in zip(self.params(), grads, strict=True):
            state = self.state[p]
            state["b_sq"] = state.get("b_sq", 0.49) + self.eta * (g * g).sum()
            p -= self.param_groups[0]["lr"] / state["b_sq"].sqrt() * g


class StartsAtZero(Base):
    def __init__(self, params, **options):
        super().__init__(params, **options, b0=0.0)


class KeepsTheGradient(Base):
    """Remembers p.grad itself for the next step's accumulator: delayed if gradients are dropped, not if they are
    zeroed in place and filled again."""

    kept = None

    @torch.no_grad()
    def step(self, closure=None):
        if self.kept is not None:
            self.b_sq = [self.b_sq[-1] + self.eta * self.size(self.clipped(self.kept))]
        self.kept = [p.grad for p in self.params()]
        w = self.param_groups[0]["lr"] / self.b_sq[-1].sqrt()
        for p, g in zip(self.params(), self.clipped([p.grad for p in self.params()]), strict=True):
            p -= w * g


MUTANTS = {
    NoClip: "no-clip",
    ClipByValue: "clip-by-value",
    ClipPerTensor: "clip-per-tensor",
    ClipAfterAccumulate: "clip-after-accumulate",
    EpsOutside: "eps-outside-root",
    EpsInside: "eps-inside-root",
    PreviousGradient: "previous-gradient",
    CoordinateWise: "denominator-coordinate-wise",
    PerTensorDenominator: "denominator-per-tensor",
    StartsAtZero: "denominator-starts-at-zero",
}
