"""The compiled loop is generated from ``bounds.methods.update``: change the method and the loop changes."""

import re
from dataclasses import replace

import numpy as np
import pytest
from instances import LAWS, VARIANTS

from bounds import methods
from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_SGD
from counterexamples.problems import quadratic
from verify.simulate import HyperParameters, simulate
from verify.simulate.metric import METRICS
from verify.simulate.noise.sampler import draw, sampler
from verify.simulate.program import symbols, trace

HP = HyperParameters(gamma=0.3, lam=2.0, eta=0.5, beta1=0.8, beta2=0.99)


def test_every_method_has_its_own_source():
    family = [*methods.METHODS.values(), *VARIANTS.values()]
    kinds = [(replace(m, clipped=c), metric) for m in family for c in (True, False) for metric in METRICS]
    assert len({trace.source(m, "huber", metric, "f") for m, metric in kinds}) == len(kinds) == 4 * len(family)


def test_shared_subexpressions_are_computed_once():
    """Delayed: the weight u_t is the stepsize w_t, so there is one square root; not delayed: two."""
    assert trace.source(CLIP_ADAGRAD_NORM_DELAYED, "huber", "gap", "f").count("sqrt(") == 1
    assert trace.source(CLIP_ADAGRAD_NORM, "huber", "gap", "f").count("sqrt(") == 2


def test_a_changed_update_changes_the_compiled_simulation(monkeypatch):
    def mutant(method, ops, state, g, hp):  # the accumulator sees the unclipped gradient
        x_next, m, _ = methods.update(method, ops, state, g, hp)
        return x_next, m, state.b_sq + hp.eta * ops.sq_norm(g)

    renamed = replace(CLIP_ADAGRAD_NORM, name="mutant")  # not yet compiled
    arguments = {"hp": HP, "steps": 40, "runs": 20, "seed": 1}
    honest = simulate(CLIP_ADAGRAD_NORM, quadratic(1.0, 1.0), LAWS["stable"], **arguments)
    monkeypatch.setattr(trace, "update", mutant)
    mutated = simulate(renamed, quadratic(1.0, 1.0), LAWS["stable"], **arguments)
    assert not np.array_equal(honest.last_values, mutated.last_values)


def test_data_dependent_branches_are_refused():
    with pytest.raises(TypeError, match="may not branch"):
        bool(symbols.Symbol(symbols.Program(), "x"))


class TorchOps:
    """``bounds.methods.Ops`` on torch tensors."""

    @staticmethod
    def clip(v, lam):
        return v.clamp(-lam, lam)

    @staticmethod
    def sq_norm(v):
        return v * v

    @staticmethod
    def inv_sqrt(s):
        return 1.0 / s.sqrt()


MOMENTUM = {k: VARIANTS[k] for k in ("momentum", "momentum-sgd", "adam-delayed-momentum")}


@pytest.mark.parametrize("method", (methods.METHODS | MOMENTUM).values(), ids=methods.METHODS | MOMENTUM)
@pytest.mark.parametrize("name", ["stable", "pareto", "two-point"])
def test_update_on_torch_tensors_agrees(method, name):
    """Same words, same ``update``, eager torch in float64: bitwise for SGD.  With an accumulator up to the last
    bits, because torch's vectorised square root is not correctly rounded for about 1 % of arguments."""
    import torch

    steps, runs, seed = 50, 64, 3
    law, problem, ids = sampler(LAWS[name]), quadratic(1.0, 1.0), np.arange(64, dtype=np.uint64)
    x, m = torch.ones(runs, dtype=torch.float64), torch.zeros(runs, dtype=torch.float64)
    past = [torch.ones(runs, dtype=torch.float64)] * 2
    for t in range(steps):
        g = problem.L * x + torch.from_numpy(draw(law, t, 0, ids, seed))
        x, m, b_sq = methods.update(method, TorchOps, methods.State(x, m, past[0], past[1]), g, HP)
        past = [b_sq, past[0]]
    fast = simulate(method, problem, LAWS[name], hp=HP, steps=steps, runs=runs, seed=seed, delay=2)
    slow = (problem.L * x * x / 2).numpy()
    if method is CLIP_SGD:
        assert np.array_equal(fast.last_values, problem.L * abs(x.numpy()) * (abs(x.numpy()) - abs(x.numpy()) / 2))
    np.testing.assert_allclose(fast.last_values, slow, rtol=1e-9, atol=1e-13)


def test_what_is_the_same_before_and_after_a_step_is_computed_once():
    """gamma/b of the weight is carried, without gamma where gamma changes; a delayed weight has nothing to carry."""
    for method, changing, kept in (
        (CLIP_ADAGRAD_NORM, (), "gamma * "),
        (methods.CLIP_ADAM_NORM, ("gamma",), "1.0 / "),
        (CLIP_ADAGRAD_NORM_DELAYED, (), None),
        (CLIP_SGD, (), None),
    ):
        lean = trace.source(method, "huber", "gap", "advance", changing=changing, carry=True)
        step = lean[lean.index("for s in") :]
        plain = trace.source(method, "huber", "gap", "advance", changing=changing)
        assert plain.count("sqrt(") == {"clip-sgd": 0, "clip-adagrad-norm-delayed": 1}.get(method.name, 2)
        if kept is None:
            assert lean == plain
        else:
            assert step.count("sqrt(") == step.count("1.0 /") == 1
            name = re.search(r"(\w+) = K\[0, i\]", step)[1]
            assert f"{name} = {kept}" in lean and f"{name} = {kept}" not in step
