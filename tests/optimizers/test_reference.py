"""The reference optimizers follow torch's conventions."""

import copy

import pytest
import torch

from verify.optimizers import reference
from verify.optimizers.reference import ClipAdaGradNorm, ClipAdamNorm

MAKERS = {
    "adagrad": lambda p: ClipAdaGradNorm(p, lr=0.1, max_norm=1.0, eta=0.5, beta1=0.9, delay=2),
    "adam": lambda p: ClipAdamNorm(p, lr=0.1, max_norm=1.0, beta2=0.9, beta1=0.9, delay=1, bias_correction=True),
}


def parameters(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(s, generator=generator, dtype=torch.float64)) for s in ((3,), (2, 2))]


def train(optimizer, params, steps, seed=1):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        optimizer.zero_grad()
        for p in params:
            p.grad = p.detach() + torch.randn(p.shape, generator=generator, dtype=torch.float64)
        optimizer.step()
    return torch.cat([p.detach().ravel() for p in params])


@pytest.mark.parametrize("name", MAKERS)
def test_a_saved_state_continues_bit_for_bit(name):
    whole, part = parameters(), parameters()
    expected = train(MAKERS[name](whole), whole, 5)
    first = MAKERS[name](part)
    train(first, part, 3)
    saved, generator = copy.deepcopy(first.state_dict()), torch.Generator().manual_seed(1)
    for _ in range(3):  # the gradients seen so far
        for p in part:
            torch.randn(p.shape, generator=generator, dtype=torch.float64)
    fresh = MAKERS[name](part)
    forgetful = [torch.nn.Parameter(p.detach().clone()) for p in part]
    fresh.load_state_dict(saved)
    others = MAKERS[name](forgetful)
    for _ in range(2):
        for p, q in zip(part, forgetful, strict=True):
            xi = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            p.grad, q.grad = p.detach() + xi, q.detach() + xi
        fresh.step()
        others.step()
    assert torch.equal(torch.cat([p.detach().ravel() for p in part]), expected)
    assert not torch.equal(torch.cat([p.detach().ravel() for p in forgetful]), expected)


def test_groups_share_one_norm_and_may_differ_in_lr_only():
    one, two = parameters(), parameters()
    together = train(ClipAdaGradNorm(one, lr=0.1, max_norm=1.0), one, 4)
    grouped = ClipAdaGradNorm([{"params": [two[0]]}, {"params": [two[1]]}], lr=0.1, max_norm=1.0)
    assert torch.equal(train(grouped, two, 4), together)
    with pytest.raises(ValueError, match=r"max_norm: expected 1\.0 in every group, got 2\.0; only lr may differ"):
        grouped.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "max_norm": 2.0})
    assert len(grouped.param_groups) == 2
    grouped.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.5})


def test_closure_missing_and_sparse_gradients():
    params = parameters()
    optimizer = MAKERS["adagrad"](params)

    def closure():
        optimizer.zero_grad()
        loss = sum((p * p).sum() for p in params)
        loss.backward()
        return loss

    assert optimizer.step(closure).item() > 0
    before = params[1].detach().clone()
    params[1].grad = None
    optimizer.step()
    assert torch.equal(params[1].detach(), before)  # left alone
    params[0].grad = torch.ones(3, dtype=torch.float64).to_sparse()
    with pytest.raises(RuntimeError, match="expected dense gradients, got a sparse one"):
        optimizer.step()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"lr": 0.0}, "lr"),
        ({"max_norm": 0.0}, "max_norm"),
        ({"beta1": 1.0}, "beta1"),
        ({"delay": -1}, "delay"),
        ({"eta": -1.0}, "eta"),
    ],
)
def test_bad_options_are_refused(options, name):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        ClipAdaGradNorm(parameters(), **({"lr": 0.1, "max_norm": 1.0} | options))


def test_the_docstring_runs():
    import doctest

    assert doctest.testmod(reference).failed == 0
