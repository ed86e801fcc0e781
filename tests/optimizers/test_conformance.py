"""Every true optimizer conforms, every mutant departs and is named."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mutants import MUTANTS, Base, KeepsTheGradient, StartsAtZero

from bounds.methods import METHODS
from verify.optimizers.catalogue import begin, departures, recipe, step
from verify.optimizers.conformance import SHAPES, compare, follows, probing, run, stated
from verify.optimizers.envelope import UNIT, Number, Vector, vector
from verify.optimizers.reference import ClipAdaGradNorm, ClipAdamNorm
from verify.optimizers.subject import subject

HP = {"gamma": 0.1, "lam": 1.3, "eta": 0.4, "b0": 0.7}


def ours(method, hp, delay=1, corrected=False):
    """The library's own torch optimizer for a method."""
    delay = delay if METHODS[method].delayed else 0
    shared = {"lr": hp["gamma"], "max_norm": hp["lam"], "b0": hp["b0"], "beta1": hp.get("beta1", 0.0), "delay": delay}
    if "adam" in method:
        return subject(ClipAdamNorm, **shared, beta2=hp["beta2"], bias_correction=corrected)
    return subject(ClipAdaGradNorm, **shared, eta=hp["eta"])


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    method=st.sampled_from([m for m in METHODS if m != "clip-sgd"]),
    delay=st.integers(1, 4),
    corrected=st.booleans(),
    gamma=st.floats(1e-3, 10),
    lam=st.floats(0.1, 50),
    b0=st.floats(0.1, 10),
    eta=st.floats(1e-3, 2),
    beta1=st.one_of(st.just(0.0), st.floats(0.1, 0.99)),
    beta2=st.floats(0.5, 0.999),
)
def test_true_ones_conform_and_their_neighbour_departs(method, delay, corrected, beta1, **numbers):
    corrected = corrected and "adam" in method
    hp = numbers | {"beta1": beta1}
    who = ours(method, hp, delay, corrected)
    assert compare(who, method, hp, delay=delay, corrected=corrected).status == "CONFORMS"
    other = compare(who, method, hp | {"gamma": hp["gamma"] * (1 + 1e-12)}, delay=delay, corrected=corrected)
    assert other.status == "DEPARTS"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.__name__)
@pytest.mark.parametrize("delay", [0, 1])
def test_mutants_are_named(mutant, delay):
    if mutant.step is not Base.step or mutant is StartsAtZero:
        delay = 0  # written for the method that is not delayed; a delayed one that starts at 0 divides by 0
    method = "clip-adagrad-norm-delayed" if delay else "clip-adagrad-norm"
    assert compare(subject(partial(Base, delay=delay)), method, HP).status == "CONFORMS"
    found = compare(subject(partial(mutant, delay=delay)), method, HP)
    assert (found.status, found.departure) == ("DEPARTS", MUTANTS[mutant])


def test_the_wrong_denominator_is_named_both_ways():
    late, now = subject(partial(Base, delay=1)), subject(Base)
    assert compare(late, "clip-adagrad-norm", HP).departure == "denominator-delayed"
    assert compare(now, "clip-adagrad-norm-delayed", HP).departure == "denominator-not-delayed"
    assert compare(late, "clip-adagrad-norm-delayed", HP, delay=2).departure == "denominator-delayed"


def test_a_kept_gradient_is_seen_by_the_mode_of_zero_grad():
    """As in the published code of the delayed method: right when gradients are dropped, wrong when they are zeroed."""
    found = compare(subject(KeepsTheGradient), "clip-adagrad-norm-delayed", HP)
    assert (found.status, found.departure) == ("DEPARTS", "gradient-alias")
    assert "p.grad itself, not a copy; with set_to_none=False" in found.sentence


@pytest.mark.parametrize(
    ("beta1", "change", "name"),
    [
        (0.0, "corrected", "bias-correction-missing"),
        (0.0, "added", "bias-correction-added"),
        (0.9, "dampened", "momentum-not-dampened"),
        (0.9, "after", "clip-after-momentum"),
    ],
)
def test_departures_of_adam_and_momentum_are_named(beta1, change, name):
    hp = {"gamma": 0.1, "lam": 1.3, "b0": 0.7, "beta2": 0.95, "beta1": beta1}

    def rule(x, g, state):  # Clip-Adam-Norm with one thing wrong
        m, b_sq, t = state or (np.zeros_like(x), 0.49, 1)
        clip = lambda v: v * min(1.0, 1.3 / max(np.sqrt(v @ v), 1e-300))  # noqa: E731
        gc = g if change == "after" else clip(g)
        m = beta1 * m + (1.0 if change == "dampened" else 1 - beta1) * gc
        b_sq = 0.95 * b_sq + 0.05 * (gc @ gc)
        w = 0.1 / np.sqrt(b_sq) * (np.sqrt(1 - 0.95**t) if change == "added" else 1.0)
        return x - w * (clip(m) if change == "after" else m), (m, b_sq, t + 1)

    assert compare(subject(rule), "clip-adam-norm", hp, corrected=change == "corrected").departure == name


def test_another_method_departs_in_no_way_of_the_catalogue():
    found = compare(subject(torch.optim.Adam, lr=0.1), "clip-adagrad-norm", HP)
    assert (found.status, found.departure, found.first_step) == ("DEPARTS", None, 0)


def test_clip_sgd_without_a_clip_is_sgd():
    sgd = subject(torch.optim.SGD, lr=0.1)
    assert compare(sgd, "clip-sgd", {"gamma": 0.1, "lam": float("inf")}).status == "CONFORMS"
    assert compare(sgd, "clip-sgd", {"gamma": 0.1, "lam": 1.3}).departure == "no-clip"


def test_an_optimizer_that_raises_or_returns_nan_is_not_conforming():
    def nan(x, g, state):
        return x * np.nan, state

    def broken(x, g, state):
        raise ArithmeticError("no")

    assert compare(subject(nan), "clip-sgd", HP).status == "DEPARTS"
    found = compare(subject(broken), "clip-sgd", HP)
    assert found.status == "UNKNOWN" and "ArithmeticError: no" in found.sentence


def test_a_recipe_without_a_change_is_the_method():
    """The catalogue's recursion against ``bounds.methods.update``: the same balls up to their radii."""
    for name, method in METHODS.items():
        hp = HP | {"beta1": 0.8, "beta2": 0.9}
        method = replace(method, momentum=True, corrected="adam" in name)
        gradients = [np.concatenate([np.ravel(v) for v in g]) for g in probing(SHAPES, 1.3)]
        memory, x = begin(recipe(method, 2), 8, hp, UNIT["float64"]), np.ones(8)
        path = [x]
        for g in gradients:
            after, memory = step(
                recipe(method, 2), vector(path[-1].tolist()), vector(g.tolist()), memory, (3, 4, 1), hp
            )
            path.append(np.array([float(a.ball.mid()) for a in after.entries]))
        assert follows(method, 2, path, gradients, hp) is None
        path[5] = path[5] * (1 + 1e-13)
        assert follows(method, 2, path, gradients, hp) == 4


def test_every_departure_of_the_catalogue_is_a_departure():
    """The true trajectory is in the balls of none."""
    method = METHODS["clip-adagrad-norm"]
    gradients = probing(SHAPES, HP["lam"])
    path = run(ours("clip-adagrad-norm", HP), gradients, "none")
    flat = [np.concatenate([np.ravel(v) for v in g]) for g in gradients]
    from verify.optimizers.conformance import explains

    assert [d.name for d in departures(method, 1) if explains(d, path, flat, (3, 4, 1), HP)] == []


def test_the_envelope_contains_other_orders_of_evaluation_and_excludes_neighbours():
    rng = np.random.default_rng(3)
    v, w = rng.standard_normal(50), rng.standard_normal(50)
    total = Vector(tuple(Number(a.ball, a.unit) for a in vector(v.tolist()).entries)) + vector(w.tolist())
    assert all(a.ball.contains(float(x)) for a, x in zip(total.entries, (w + v), strict=True))
    product = 0.3 * vector(v.tolist())
    for other in (v * 0.3, v * 3 / 10, v / (1 / 0.3)):
        assert all(a.ball.contains(float(x)) for a, x in zip(product.entries, other, strict=True))
    assert not product.entries[0].ball.contains(float(v[0] * 0.3 * (1 + 2.0**-47)))


@pytest.mark.parametrize(
    ("name", "hp", "message"),
    [
        ("clip-adagrad", HP, "method: expected one of"),
        ("clip-adam-norm", HP, "beta2 is missing"),
    ],
)
def test_bad_questions_are_refused(name, hp, message):
    with pytest.raises(ValueError, match=message):
        compare(subject(torch.optim.SGD, lr=0.1), name, hp)
    with pytest.raises(ValueError, match="no bias correction"):
        stated("clip-sgd", corrected=True)
