"""Every true optimizer conforms, whatever the order of its operations; no false one does; both say what was seen."""

import math
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mutants import Wrong
from variants import VARIANTS

from bounds.methods import METHODS
from verify.optimizers.catalogue import departures
from verify.optimizers.conformance import compare, stated
from verify.optimizers.probing import BELOW, probings
from verify.optimizers.recipe import stated as recipe_of
from verify.optimizers.reference import ClipAdaGradNorm, ClipAdamNorm, ClipSGD
from verify.optimizers.subject import subject

HP = {"gamma": 0.1, "lam": 1.3, "eta": 0.4, "b0": 0.7}
INF = float("inf")
SETTINGS = settings(max_examples=15, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


def positive(low, high):
    """Log-uniform."""
    return st.floats(math.log(low), math.log(high)).map(math.exp)


QUESTIONS = st.fixed_dictionaries({
    "method": st.sampled_from(sorted(METHODS)),
    "delay": st.sampled_from([1, 1, 2, 7]),
    "corrected": st.booleans(),
    "hp": st.fixed_dictionaries({
        "gamma": positive(1e-8, 1e3),
        "lam": st.one_of(positive(1e-3, 1e3), st.just(INF)),
        "eta": st.one_of(positive(1e-6, 10), st.just(0.0)),
        "b0": positive(1e-3, 1e3),
        "beta1": st.one_of(st.just(0.0), st.floats(0.01, 0.99)),
        "beta2": st.one_of(st.floats(0.1, 0.99), positive(1e-6, 0.1).map(lambda x: 1 - x)),
    }),
})  # fmt: skip


def options(q):
    """kind, delay (0: not delayed) and corrected of a question."""
    name = q["method"]
    kind = "none" if name == "clip-sgd" else "adam" if "adam" in name else "adagrad"
    return kind, q["delay"] if "delayed" in name else 0, q["corrected"] and kind == "adam"


def ours(q, **more):
    """The library's own torch optimizer for a question."""
    kind, delay, corrected = options(q)
    hp = q["hp"]
    shared = {"lr": hp["gamma"], "max_norm": hp["lam"], "beta1": hp.get("beta1", 0.0), **more}
    if kind == "none":
        return subject(ClipSGD, **shared)
    shared |= {"b0": hp["b0"], "delay": delay}
    if kind == "adam":
        return subject(ClipAdamNorm, **shared, beta2=hp["beta2"], bias_correction=corrected)
    return subject(ClipAdaGradNorm, **shared, eta=hp["eta"])


def asked(who, q):
    return compare(who, q["method"], q["hp"], delay=q["delay"], corrected=options(q)[2])


@SETTINGS
@given(QUESTIONS, st.booleans(), st.sampled_from([1, -1]))
def test_true_ones_conform_and_their_neighbours_depart(q, foreach, sign):
    """No false alarm at random hyper-parameters, and a stepsize that is off by 1e-11 is seen.

    For Adam by 1e-7: beta2 comes as near to 1 as 1e-6, and then 1 - beta2 has ten digits.
    """
    found = asked(ours(q, foreach=foreach), q)
    assert (found.status, found.departures) == ("CONFORMS", ()), found
    factor = 1 + sign * (1e-7 if options(q)[0] == "adam" else 1e-11)
    other = asked(ours(q | {"hp": q["hp"] | {"gamma": q["hp"]["gamma"] * factor}}), q)
    assert other.status == "DEPARTS"


@SETTINGS
@given(QUESTIONS, st.sampled_from(sorted(VARIANTS)))
def test_other_orders_of_evaluation_conform(q, variant):
    _, delay, corrected = options(q)
    found = asked(subject(VARIANTS[variant](q["method"], q["hp"], delay, corrected)), q)
    assert found.status == "CONFORMS", found


@SETTINGS
@given(QUESTIONS, st.data())
def test_random_sins_are_found(q, data):
    """It departs by its name; or it is none at these hyper-parameters, and that is said."""
    kind, delay, corrected = options(q)
    true = recipe_of(stated(q["method"], beta1=q["hp"]["beta1"], corrected=corrected), q["delay"])
    names = sorted({d.name for d in departures(true, q["hp"], 3, 2)} | {"another-stepsize", "aliased-gradient-dropped"})
    sin = data.draw(st.sampled_from(names))
    found = asked(subject(Wrong, kind=kind, sin=sin, delay=delay, corrected=corrected, **q["hp"]), q)
    if found.status == "CONFORMS":
        assert sin in found.indistinguishable, (sin, found)
    else:
        assert found.status == "DEPARTS" and sin in (*found.departures, *found.alternatives), (sin, found)
        assert len(found.departures) == 1


def test_what_the_hyper_parameters_hide_is_said():
    """eta = 0: the denominator never moves, and nobody can tell when it is read."""
    q = {"method": "clip-adagrad-norm", "delay": 1, "corrected": False, "hp": HP | {"eta": 0.0}}
    found = asked(ours(q), q)
    assert found.status == "CONFORMS" and "denominator-delayed" in found.indistinguishable
    q["hp"] = HP
    assert "denominator-delayed" not in asked(ours(q), q).indistinguishable


def test_the_wrong_denominator_is_named_both_ways():
    late, now = subject(partial(Wrong, delay=1)), subject(Wrong)
    assert compare(late, "clip-adagrad-norm", HP).departure == "denominator-delayed"
    assert compare(now, "clip-adagrad-norm-delayed", HP).departure == "denominator-not-delayed"
    assert compare(late, "clip-adagrad-norm-delayed", HP, delay=2).departure == "denominator-wrong-delay"
    found = compare(subject(partial(Wrong, delay=41)), "clip-adagrad-norm-delayed", HP, delay=40)
    assert (found.departure, found.first_step) == ("denominator-wrong-delay", 40)
    assert found.sentence.endswith("the denominator is b_(t-41) instead of b_(t-40)")


def test_a_kept_gradient_is_named_with_the_mode_that_shows_it():
    late = compare(subject(Wrong, sin="aliased-gradient-zeroed"), "clip-adagrad-norm-delayed", HP)
    assert late.departure == "aliased-gradient-zeroed" and "set_to_none=False" in late.sentence
    cached = compare(subject(Wrong, sin="aliased-gradient-dropped"), "clip-adagrad-norm", HP)
    assert cached.departure == "aliased-gradient-dropped" and "set_to_none=True" in cached.sentence


@pytest.mark.parametrize(("eps", "root"), [(3.7e-9, "outside"), (0.0123, "inside"), (2e-4, "outside")])
def test_an_epsilon_is_measured(eps, root):
    found = compare(subject(Wrong, sin=f"eps-{root}-root", by=eps, delay=1), "clip-adagrad-norm-delayed", HP)
    assert found.departures == (f"eps-{root}-root",) and f"{eps:.3g}" in found.sentence


def test_a_stepsize_is_measured():
    found = compare(subject(Wrong, gamma=0.03), "clip-adagrad-norm", HP)
    assert found.departures == ("another-stepsize",)
    assert found.sentence == "DEPARTS from clip-adagrad-norm at step 0: the stepsize is 0.3 times the stated one"


def test_a_wrong_hyper_parameter_is_measured():
    hp = {"gamma": 0.1, "lam": 1.3, "b0": 0.7, "beta1": 0.9, "beta2": 0.99}
    adam = {"lr": 0.1, "max_norm": 1.3, "beta2": 0.99, "b0": 0.7, "beta1": 0.9}
    for change, name, value in (
        ({"max_norm": 1.0}, "another-lam", "lam is 1 instead of 1.3"),
        ({"b0": 0.5}, "another-b0", "b0 is 0.5 instead of 0.7"),
        ({"beta2": 0.999}, "another-beta2", "beta2 is 0.999 instead of 0.99"),
        ({"beta1": 0.8}, "another-beta1", "beta1 is 0.8 instead of 0.9"),
    ):
        found = compare(subject(ClipAdamNorm, **adam | change), "clip-adam-norm", hp)
        assert found.departures == (name,) and found.sentence.endswith(value)


@pytest.mark.parametrize("beta", [0.01, 0.5, 0.85, 0.91, 0.95, 0.999])
def test_any_other_beta_is_measured(beta):
    """Far away and near, on both sides; the stated one conforms."""
    stated, told = {"gamma": 0.1, "lam": 1.0, "b0": 1.0, "beta1": 0.9, "beta2": 0.99}, f"is {beta:g} instead of 0."
    sgd = {"lr": 0.1, "max_norm": 1.0, "beta1": 0.9}
    for own, name, who in (
        ({"beta1": beta}, "beta1", "clip-sgd"),
        ({"beta1": beta}, "beta1", "clip-adam-norm"),
        ({"beta2": beta}, "beta2", "clip-adam-norm"),
        ({}, "", "clip-sgd"),
    ):
        more = {"beta2": 0.99, "b0": 1.0} if "adam" in who else {}
        found = compare(subject(ClipAdamNorm if more else ClipSGD, **sgd | more | own), who, stated)
        assert found.departures == ((f"another-{name}",) if name else ())
        assert f"{name} {told}" in found.sentence if name else found.status == "CONFORMS"


@pytest.mark.parametrize(("dampening", "how"), [(0.5, ""), (0.0, ", without the factor 1 - beta1")])
def test_an_added_momentum_is_named(dampening, how):
    def step(beta, x, g, m):
        fresh = g * min(1.0, 1.0 / max(np.linalg.norm(g), 1e-300))
        m = beta * (0.0 if m is None else m) + (1 - beta if dampening else 1.0) * fresh
        return x - 0.1 * m, m

    hp = {"gamma": 0.1, "lam": 1.0}
    found, none = (compare(subject(partial(step, beta)), "clip-sgd", hp) for beta in (0.3, 0.0))
    assert found.departures == ("momentum-added",) and none.status == "CONFORMS"
    assert found.sentence.endswith(f"a momentum that the method has not, beta1 = 0.3{how}")


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"b0": 1.1}, "another-b0", "b0 is 1.1 instead of 1"),
        ({"sin": "eps-inside-root", "by": 0.2}, "eps-inside-root", "b^2 + 0.2)"),
    ],
)
def test_the_shorter_number_gives_the_name(change, name, value):
    """b0 = 1.1 is an epsilon of 0.21, and an epsilon of 0.2 is a b0 of 1.0954451."""
    hp = {"gamma": 0.1, "lam": 1.3, "eta": 0.4, "b0": 1.0}
    found = compare(subject(Wrong, **{"delay": 1, "b0": 1.0} | change), "clip-adagrad-norm-delayed", hp)
    assert found.departures == (name,) and found.sentence.endswith(value)
    assert {name, *found.alternatives} >= {"another-b0", "eps-inside-root"}


def test_a_level_that_is_nearly_right_is_printed_with_all_its_digits():
    """lam is 1 instead of 1."""
    hp = {"gamma": 0.1, "lam": 1.0}
    found, other = (compare(subject(ClipSGD, lr=0.1, max_norm=lam), "clip-sgd", hp) for lam in (1 + 1e-9, 1.25))
    assert found.sentence.endswith(": lam is 1.000000001 instead of 1")
    assert other.sentence.endswith(": lam is 1.25 instead of 1")


def test_a_random_optimizer_is_not_decided():
    class Random(ClipSGD):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.grad.add_(torch.randn_like(p))
            super().step()

    found = compare(subject(Random, lr=0.1, max_norm=1.3), "clip-sgd", HP)
    assert (found.status, found.departure) == ("UNKNOWN", None) and "two runs" in found.sentence


@pytest.mark.parametrize(("lr", "status"), [(HP["gamma"], "UNKNOWN"), (1.1 * HP["gamma"], "DEPARTS")])
def test_one_that_is_random_late_is_not_decided_unless_it_departs_before(lr, status):
    class RandomLate(ClipSGD):
        steps = 0

        def step(self, closure=None):
            self.steps += 1
            for p in (p for group in self.param_groups for p in group["params"] if self.steps > 60):
                p.grad.add_(torch.randn_like(p))
            super().step()

    found = compare(subject(RandomLate, lr=lr, max_norm=HP["lam"]), "clip-sgd", HP)
    assert found.status == status and ("two runs" in found.sentence) == (status == "UNKNOWN")


def test_gradients_keep_their_digits_at_any_scale():
    for lam in (1e-50, 1e-3, 1e50):
        q = {"method": "clip-sgd", "delay": 1, "corrected": False, "hp": {"gamma": 1.0, "lam": lam}}
        assert asked(ours(q), q).status == "CONFORMS"
        assert compare(subject(torch.optim.SGD, lr=1.0), "clip-sgd", q["hp"]).departure == "no-clip"


def test_two_sins_are_both_named():
    class Both(Wrong):
        def clip(self, vectors):
            return [v * min(1.0, self.lam / float(v.norm() + 1e-300)) for v in vectors]

    found = compare(subject(Both, sin="eps-outside-root"), "clip-adagrad-norm", HP)
    assert found.departures == ("clip-per-tensor", "eps-outside-root")


def test_clipping_with_torch_adds_its_epsilon():
    class Torch(torch.optim.SGD):
        def step(self, closure=None):
            torch.nn.utils.clip_grad_norm_([p for g in self.param_groups for p in g["params"]], 1.3)
            return super().step(closure)

    found = compare(subject(Torch, lr=0.1), "clip-sgd", HP)
    assert found.departures == ("clip-eps",) and "clip_grad_norm_" in found.sentence


def test_torch_optimizers_that_are_methods():
    for lr, lam, who in (
        (0.1, INF, subject(torch.optim.SGD, lr=0.1)),
        (0.1, INF, subject(torch.optim.SGD, lr=0.1, foreach=True)),
        (0.2, INF, subject(lambda params: torch.optim.SGD(params, lr=0.2))),
    ):
        assert compare(who, "clip-sgd", {"gamma": lr, "lam": lam}).status == "CONFORMS"
    sgd = subject(torch.optim.SGD, lr=0.1)
    assert compare(sgd, "clip-sgd", {"gamma": 0.1, "lam": 1.3}).departure == "no-clip"
    heavy = subject(torch.optim.SGD, lr=0.1, momentum=0.9)
    assert compare(heavy, "clip-sgd", {"gamma": 0.1, "lam": INF, "beta1": 0.9}).departure == "momentum-not-dampened"
    damped = subject(torch.optim.SGD, lr=0.1, momentum=0.9, dampening=0.9)
    found = compare(damped, "clip-sgd", {"gamma": 0.1, "lam": INF, "beta1": 0.9})
    assert found.departure == "momentum-starts-undampened"
    decay = subject(torch.optim.SGD, lr=0.1, weight_decay=0.01)
    assert compare(decay, "clip-sgd", {"gamma": 0.1, "lam": INF}).departure == "weight-decay"


def test_another_method_departs_in_no_way_of_the_catalogue():
    found = compare(subject(torch.optim.Adadelta, lr=0.1), "clip-adagrad-norm", HP)
    assert (found.status, found.departure, found.first_step) == ("DEPARTS", None, 0)
    assert "in no way of the catalogue" in found.sentence and "times what rounding explains" in found.detail


def test_adam_is_coordinate_wise_and_has_an_epsilon():
    """torch.optim.Adam against Adam-Norm: what is different is named, all of it."""
    hp = {"gamma": 0.1, "lam": INF, "b0": 1e-3, "beta1": 0.9, "beta2": 0.99}
    found = compare(subject(torch.optim.Adam, lr=0.1, betas=(0.9, 0.99)), "clip-adam-norm", hp, corrected=True)
    assert set(found.departures) == {
        "denominator-coordinate-wise", "denominator-starts-at-zero", "eps-outside-root"
    }  # fmt: skip


def single(x, g, state):
    """Clip-AdaGrad-Norm in single precision."""
    f = np.float32
    x, g, b_sq = f(x), f(g), f(0.49) if state is None else state
    norm = np.sqrt(np.sum(g * g, dtype=f), dtype=f)
    gc = g * (f(1.3) / max(norm, f(1.3)))
    b_sq = f(b_sq + f(0.4) * np.sum(gc * gc, dtype=f))
    return x - f(0.1) / np.sqrt(b_sq, dtype=f) * gc, b_sq


def test_single_precision_conforms_and_is_said():
    found = compare(subject(single), "clip-adagrad-norm", HP)
    assert (found.status, found.precision) == ("CONFORMS", "float32") and "single precision" in found.sentence
    other = compare(subject(single), "clip-adagrad-norm-delayed", HP)
    assert (other.departure, other.precision) == ("denominator-not-delayed", "float32")


def test_numbers_that_happen_to_fit_single_precision_are_not_it():
    """Every number of the first step fits float32; the third one is off by 1e-9, which float32 would not see."""

    def rule(x, g, state):
        t = state or 0
        return x - 0.5 * g * (1.0 if t < 2 else 1 + 1e-9), t + 1

    found = compare(subject(rule), "clip-sgd", {"gamma": 0.5, "lam": INF})
    assert (found.status, found.first_step, found.precision) == ("DEPARTS", 2, "float64")


def test_optax_transformations():
    def init(params):
        return 0.49

    def update(gradients, b_sq, params=None):
        norm = math.sqrt(sum(float((g * g).sum()) for g in gradients))
        clipped = [g * (1.3 / max(norm, 1.3)) for g in gradients]
        b_sq += 0.4 * sum(float((g * g).sum()) for g in clipped)
        return [-0.1 / math.sqrt(b_sq) * g for g in clipped], b_sq

    def cast(gradients, b_sq, params=None):
        updates, b_sq = update(gradients, b_sq)
        return [u.astype(np.float32) for u in updates], b_sq

    made = subject(SimpleNamespace(init=init, update=update))
    assert compare(made, "clip-adagrad-norm", HP).status == "CONFORMS"
    assert compare(made, "clip-adagrad-norm", HP | {"eta": 0.41}).status == "DEPARTS"
    found = compare(subject(SimpleNamespace(init=init, update=cast)), "clip-adagrad-norm", HP)
    assert (found.status, found.precision) == ("CONFORMS", "float32")


def test_a_difference_of_many_roundings_is_not_decided():
    """Just outside the model of rounding: neither conforming nor, without a reason, departing."""

    def careless(x, g, state):
        t = state or 0
        return x - 0.1 * g * (1 + (-1) ** (t // 2) * 100 * 2.0**-53), t + 1

    found = compare(subject(careless), "clip-sgd", HP | {"lam": INF})
    assert (found.status, found.departure) == ("UNKNOWN", None) and found.first_step == 0


def test_a_factory_that_takes_no_groups_is_compared_without_them():
    def make(params):
        return Wrong([p for p in params if p.requires_grad])

    assert compare(subject(make), "clip-adagrad-norm", HP).status == "CONFORMS"


def test_an_optimizer_that_raises_or_returns_nan_does_not_conform():
    def nan(x, g, state):
        return x * np.nan, state

    def broken(x, g, state):
        raise ArithmeticError("no")

    assert compare(subject(nan), "clip-sgd", HP).status == "DEPARTS"
    found = compare(subject(broken), "clip-sgd", HP)
    assert found.status == "UNKNOWN" and "ArithmeticError: no" in found.sentence


@pytest.mark.parametrize("method", ["clip-sgd", "clip-adagrad-norm-delayed"])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_nonsense_departs_and_raises_nothing(method):
    rules = [
        lambda x, g, s: (x, s),
        lambda x, g, s: (x - 1e-300 * g, s),
        lambda x, g, s: (x * 0 + np.inf, s),
        lambda x, g, s: (x - 1e200 * g, s),
    ]
    for rule in rules:
        found = compare(subject(rule), method, HP | {"beta2": 0.9})
        assert found.status == "DEPARTS" and found.detail


def test_the_gradients_reach_both_sides_of_the_level_and_fit_single_precision():
    for probe, below in zip(probings(((3,), (2, 2), (1,)), (2, 1), 1.3, 1), (True, True, False), strict=True):
        flat = [np.concatenate([v.ravel() for v in g]) for g in probe.gradients]
        norms = np.array([np.linalg.norm(v) for v in flat])
        assert (norms.max() < 1.3) == below and len(norms) >= len(BELOW)
        assert all(np.array_equal(v, v.astype(np.float32)) for v in flat)
        assert below or (norms.min() == 0 and norms.max() > 13)


def test_a_record_is_ready_for_json():
    record = compare(subject(Wrong, sin="no-clip"), "clip-adagrad-norm", HP).as_json()
    assert record["status"] == "DEPARTS" and record["departures"] == ["no-clip"]
    assert not any(isinstance(v, float) for v in record.values())


@pytest.mark.parametrize(
    ("name", "hp", "delay", "message"),
    [
        ("clip-adagrad", HP, 1, "method: expected one of"),
        ("clip-adam-norm", HP, 1, "beta2 is missing"),
        ("clip-sgd", HP | {"gamma": 0.0}, 1, "gamma: expected a number in"),
        ("clip-sgd", HP | {"lam": float("nan")}, 1, "lam: expected a number in"),
        ("clip-sgd", HP | {"lam": 1e70}, 1, "lam: expected a number in"),
        ("clip-sgd", HP | {"beta1": 1.0}, 1, "beta1: expected a number in"),
        ("clip-adagrad-norm-delayed", HP, 0, "delay: expected an integer in 1 .. 64"),
    ],
)
def test_bad_questions_are_refused(name, hp, delay, message):
    with pytest.raises(ValueError, match=message):
        compare(subject(torch.optim.SGD, lr=0.1), name, hp, delay=delay)


def test_a_method_without_a_correction_is_refused_one():
    with pytest.raises(ValueError, match="no bias correction"):
        stated("clip-sgd", corrected=True)


class Changing(ClipAdaGradNorm):
    """The method for ``good`` steps, or below ``large``; then along minus the gradient."""

    good, large = 10**9, INF

    def step(self, closure=None):
        self.calls = getattr(self, "calls", 0) + 1
        (p,) = [p for group in self.param_groups for p in group["params"]][:1]
        if self.calls > self.good or p.grad.norm() > self.large:
            p.grad = -p.grad
        return super().step(closure)


@pytest.mark.parametrize(
    ("change", "steps", "first"),
    [({"good": 60}, 100, 60), ({"good": 60}, 50, None), ({"large": 1e4 * HP["lam"]}, 100, 98)],
)
def test_what_comes_late_or_at_a_huge_gradient_is_seen(change, steps, first):
    """Beyond the steps of the other probes; not beyond those asked for."""
    made = type("Changing", (Changing,), change)
    who = subject(made, lr=HP["gamma"], max_norm=HP["lam"], eta=HP["eta"], b0=HP["b0"], delay=1)
    found = compare(who, "clip-adagrad-norm-delayed", HP, steps=steps)
    assert (found.status, found.first_step) == ("DEPARTS" if first else "CONFORMS", first)
    assert "not before" in found.sentence if first else f"for {steps} steps" in found.sentence


@pytest.mark.parametrize(("dtype", "departs"), [(torch.float32, True), (torch.float64, False)])
def test_a_state_in_single_precision_is_guessed(dtype, departs):
    """The accumulator of an optimizer of float64 parameters; its twin in double precision conforms."""

    class Mixed(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})
            self.b_sq = torch.tensor(HP["b0"] ** 2, dtype=dtype)

        @torch.no_grad()
        def step(self):
            own = [p for group in self.param_groups for p in group["params"]]
            norm = torch.sqrt(sum((p.grad**2).sum() for p in own))
            scale, b = HP["lam"] / torch.clamp(norm, min=HP["lam"]), self.b_sq.sqrt()
            for p in own:
                p -= HP["gamma"] / b * (scale * p.grad)
            self.b_sq += HP["eta"] * (scale * norm) ** 2

    found = compare(subject(Mixed), "clip-adagrad-norm-delayed", HP)
    assert found.status == ("DEPARTS" if departs else "CONFORMS") and found.departure is None
    assert ("single precision" in found.sentence) == departs


@pytest.mark.parametrize("lam", [1e-10, 1e11, 1e14])
def test_single_precision_conforms_at_large_and_small_levels(lam):
    """Squares of the late probe's largest gradients stay within the range of float32."""

    class Single(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {})

        @torch.no_grad()
        def step(self):
            own = [p for group in self.param_groups for p in group["params"]]
            norm = torch.sqrt(sum((p.grad.float() ** 2).sum() for p in own))
            for p in own:
                p.copy_(p.float() - 0.1 / lam * (lam / torch.clamp(norm, min=lam) * p.grad.float()))

    found = compare(subject(Single), "clip-sgd", {"gamma": 0.1 / lam, "lam": lam})
    assert (found.status, found.precision) == ("CONFORMS", "float32")
