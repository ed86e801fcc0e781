"""The torch optimizers: the recursion of the theory, and the conventions of torch."""

import copy
import doctest
import math

import numpy as np
import pytest
import torch

from verify.optimizers import ClipAdaGradNorm, ClipAdamNorm, ClipSGD, reference

SHAPES = ((3,), (2, 2), ())


def by_hand(gradients, *, lr, lam, eta=None, beta2=None, b0=1.0, beta1=0.0, delay=0, corrected=False):
    """The recursion of theory.md, written again with plain numbers: x_1, x_2, ... from x_0 = 0."""
    x = np.zeros(sum(math.prod(s) for s in SHAPES))
    m, past, path = np.zeros_like(x), [b0**2], []
    for t, g in enumerate(gradients):
        norm = math.sqrt(math.fsum(g * g))
        gc = g if norm <= lam else g * (lam / norm)
        m = beta1 * m + (1 - beta1) * gc
        size = math.fsum(gc * gc)
        if eta is not None:
            past.append(past[-1] + eta * size)
        elif beta2 is not None:
            past.append(beta2 * past[-1] + (1 - beta2) * size)
        else:
            past.append(1.0)
        b = math.sqrt(past[-1] if delay == 0 else past[max(len(past) - 1 - delay, 0)])
        s = math.sqrt(1 - beta2 ** (t + 1)) / (1 - beta1 ** (t + 1)) if corrected else 1.0
        x = x - lr * s / b * m
        path.append(x)
    return np.array(path)


def gradients(steps=12, seed=3):
    g = np.random.default_rng(seed).standard_normal((steps, 8)) * 10.0 ** np.linspace(-1, 1, 8)
    g[4] = 0.0
    g[5] *= 1e-3
    return g


def split(v):
    out, at = [], 0
    for shape in SHAPES:
        out.append(torch.tensor(v[at : at + math.prod(shape)]).reshape(shape))
        at += math.prod(shape)
    return out


def feed(optimizer, parameters, gradients, set_to_none=True):
    """The path of x, flat."""
    path = []
    for g in gradients:
        optimizer.zero_grad(set_to_none=set_to_none)
        for p, part in zip(parameters, split(g), strict=True):
            p.grad = part.to(p.dtype) if p.grad is None else p.grad.add_(part)
        optimizer.step()
        path.append(torch.cat([p.detach().reshape(-1) for p in parameters]).numpy().copy())
    return np.array(path)


def fresh(dtype=torch.float64):
    return [torch.nn.Parameter(torch.zeros(s, dtype=dtype)) for s in SHAPES]


def grouped(parameters):
    return [{"params": parameters[:2]}, {"params": parameters[2:]}]


CASES = [
    (ClipSGD, {}, {}),
    (ClipSGD, {"beta1": 0.7}, {}),
    (ClipAdaGradNorm, {"eta": 0.3, "b0": 0.5}, {}),
    (ClipAdaGradNorm, {"eta": 0.3, "b0": 0.5, "delay": 1}, {}),
    (ClipAdaGradNorm, {"eta": 0.0, "b0": 0.5, "delay": 3, "beta1": 0.9}, {}),
    (ClipAdamNorm, {"beta2": 0.9, "b0": 0.5, "beta1": 0.5}, {}),
    (ClipAdamNorm, {"beta2": 0.99, "delay": 2}, {}),
    (ClipAdamNorm, {"beta2": 0.9, "beta1": 0.8, "delay": 1}, {"bias_correction": True}),
]


@pytest.mark.parametrize(("kind", "options", "extra"), CASES)
@pytest.mark.parametrize("lam", [2.0, math.inf])
def test_the_recursion_is_that_of_the_theory(kind, options, extra, lam):
    g, parameters = gradients(), fresh()
    path = feed(kind(parameters, lr=0.1, max_norm=lam, **options, **extra), parameters, g)
    expected = by_hand(g, lr=0.1, lam=lam, corrected=bool(extra), **options)
    assert np.allclose(path, expected, rtol=1e-12, atol=1e-15)
    other = by_hand(g, lr=0.1, lam=lam, corrected=bool(extra), **{**options, "beta1": options.get("beta1", 0) + 0.01})
    assert not np.allclose(path, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("kind", "options", "extra"), CASES)
def test_modes_groups_and_foreach_do_not_matter(kind, options, extra):
    g, first = gradients(), fresh()
    path = feed(kind(first, lr=0.1, max_norm=2.0, **options, **extra), first, g)
    for groups, set_to_none, foreach in ((grouped, True, None), (list, False, None), (list, False, True)):
        parameters = fresh()
        optimizer = kind(groups(parameters), lr=0.1, max_norm=2.0, foreach=foreach, **options, **extra)
        again = feed(optimizer, parameters, g, set_to_none)
        assert np.array_equal(path, again) if foreach is None else np.allclose(path, again, rtol=1e-13, atol=0)


@pytest.mark.parametrize(("kind", "options", "extra"), CASES)
def test_a_state_dict_goes_on_where_it_stopped(kind, options, extra):
    g, parameters = gradients(), fresh()
    optimizer = kind(grouped(parameters), lr=0.1, max_norm=2.0, **options, **extra)
    feed(optimizer, parameters, g[:5])
    saved, twin = copy.deepcopy(optimizer.state_dict()), [torch.nn.Parameter(p.detach().clone()) for p in parameters]
    rest = feed(optimizer, parameters, g[5:])
    other = kind(grouped(twin), lr=0.5, max_norm=9.0, **options, **extra)
    other.load_state_dict(saved)
    assert np.array_equal(feed(other, twin, g[5:]), rest)
    unloaded = kind(grouped(twin), lr=0.1, max_norm=2.0, **options, **extra)
    if options.get("eta") != 0.0 and kind is not ClipSGD:
        assert not np.array_equal(feed(unloaded, twin, g[5:]), rest)


def test_a_state_dict_keeps_the_precision_of_the_accumulator():
    w = torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    one = ClipAdaGradNorm([w], lr=0.1, max_norm=1.0, eta=0.1)
    w.grad = torch.tensor([0.5, 0.25], dtype=torch.bfloat16)
    one.step()
    two = ClipAdaGradNorm([w], lr=0.1, max_norm=1.0, eta=0.1)
    two.load_state_dict(copy.deepcopy(one.state_dict()))
    assert two.state[w]["past"].dtype == torch.float32
    assert torch.equal(two.state[w]["past"], one.state[w]["past"])


def test_groups_may_have_their_own_lr_and_nothing_else():
    parameters, g = fresh(), gradients()
    groups = grouped(parameters)
    groups[1]["lr"] = 0.2
    path = feed(ClipAdamNorm(groups, lr=0.1, max_norm=2.0, beta2=0.9), parameters, g)
    expected = by_hand(g, lr=0.1, lam=2.0, beta2=0.9)
    assert np.allclose(path, expected * ([1] * 7 + [2]), rtol=1e-12, atol=1e-15)
    for name, value in (("max_norm", 1.0), ("beta1", 0.5), ("delay", 1), ("beta2", 0.5), ("b0", 2.0)):
        groups = grouped(fresh())
        groups[1][name] = value
        with pytest.raises(ValueError, match=f"{name}: expected .* in every group"):
            ClipAdamNorm(groups, lr=0.1, max_norm=2.0, beta2=0.9)


def test_a_closure_is_evaluated_first():
    w = torch.nn.Parameter(torch.tensor([3.0, 4.0], dtype=torch.float64))
    optimizer = ClipSGD([w], lr=1.0, max_norm=1.0)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum() / 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 12.5
    assert torch.allclose(w.detach(), torch.tensor([2.4, 3.2], dtype=torch.float64))


def test_gradients_are_neither_changed_nor_kept():
    for kind, options, extra in CASES:
        w = torch.nn.Parameter(torch.ones(3))
        optimizer = kind([w], lr=0.1, max_norm=0.5, **options, **extra)
        w.grad = torch.tensor([3.0, -1.0, 2.0])
        optimizer.step()
        assert torch.equal(w.grad, torch.tensor([3.0, -1.0, 2.0]))
        kept = [v.data_ptr() for v in optimizer.state[w].values() if isinstance(v, torch.Tensor)]
        assert w.grad.data_ptr() not in kept


def test_a_parameter_without_a_gradient_is_left_alone():
    a, b = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    optimizer = ClipAdaGradNorm([a, b], lr=0.1, max_norm=1.0, beta1=0.5, delay=1)
    optimizer.step()
    assert torch.equal(a.detach(), torch.ones(2)) and not optimizer.state
    b.grad = torch.tensor([0.3, 0.4])
    optimizer.step()
    assert torch.equal(a.detach(), torch.ones(2)) and not torch.equal(b.detach(), torch.ones(2))


def test_a_zero_gradient_is_no_step_and_no_nan():
    w = torch.nn.Parameter(torch.ones(2))
    for optimizer in (ClipSGD([w], 0.1, 1.0), ClipAdaGradNorm([w], 0.1, 1.0), ClipAdamNorm([w], 0.1, 1.0, 0.9)):
        w.grad = torch.zeros(2)
        optimizer.step()
        assert torch.equal(w.detach(), torch.ones(2))


def test_sparse_gradients_are_refused():
    w = torch.nn.Parameter(torch.ones(2))
    w.grad = torch.sparse_coo_tensor([[0]], [1.0], (2,), check_invariants=True)
    with pytest.raises(RuntimeError, match="expected dense gradients"):
        ClipSGD([w], lr=0.1, max_norm=1.0).step()


def test_a_schedule_of_torch_sets_lr():
    w = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = ClipSGD([w], lr=1.0, max_norm=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        w.grad = torch.full((1,), -1.0, dtype=torch.float64)
        optimizer.step()
        schedule.step()
    assert float(w.detach()) == 1.75


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (ClipSGD, {"lr": 0.0, "max_norm": 1.0}, "lr: expected a number > 0, got 0.0"),
        (ClipSGD, {"lr": 0.1, "max_norm": 0.0}, "max_norm: expected a number > 0"),
        (ClipSGD, {"lr": 0.1, "max_norm": 1.0, "beta1": 1.0}, "beta1: expected a number in"),
        (ClipAdaGradNorm, {"lr": 0.1, "max_norm": 1.0, "eta": -1.0}, "eta: expected a finite number >= 0"),
        (ClipAdaGradNorm, {"lr": 0.1, "max_norm": 1.0, "b0": 0.0}, "b0: expected a finite number > 0"),
        (ClipAdaGradNorm, {"lr": 0.1, "max_norm": 1.0, "delay": 1.5}, "delay: expected an integer"),
        (ClipAdamNorm, {"lr": 0.1, "max_norm": 1.0, "beta2": 1.0}, r"beta2: expected a number in \(0, 1\)"),
    ],
)
def test_bad_numbers_are_refused(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind([torch.nn.Parameter(torch.ones(1))], **options)


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(reference).failed == 0
