"""check_optimizer and its command: verdicts, paths, bad optimizers, bad questions."""

import itertools
import math
import re
import sys
from dataclasses import replace
from fractions import Fraction as F
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from instances_of_noise import PROBLEM, law

import verify
from bounds.methods import CLIP_SGD
from counterexamples.noise import isotropic
from counterexamples.problems import Problem, huber, stretched
from verify.optimizers import check, paths, world
from verify.optimizers.conformance import Conformance
from verify.optimizers.growth import growth
from verify.optimizers.probe import probe
from verify.optimizers.reference import ClipAdaGradNorm
from verify.optimizers.report import advice, lines, record
from verify.optimizers.subject import SubjectError, load, subject
from verify.optimizers.tails import tail, worst
from verify.simulate import HyperParameters, simulate
from verify.statistics import INCONCLUSIVE, SUPPORTED, VIOLATED
from verify.target import instances

SMALL = {"steps": 100, "delta": "0.1", "sigma": "0.1", "level": "1e-3", "runs": 4096}
SHORT = SMALL | {"steps": 20, "runs": 256, "level": "1/2"}
LONGER = SMALL | {"steps": 1000, "delta": "0.01", "runs": 512}
TRUE = {"lr": "gamma", "max_norm": "lam", "eta": "eta", "b0": "b0", "delay": 1}


def test_the_method_itself_is_supported_and_conforms():
    """At its certified numbers, on every instance; level 1e-3 for all statuses together."""
    found = verify.check_optimizer(ClipAdaGradNorm, options=TRUE, method="clip-adagrad-norm-delayed", **SMALL)
    assert (found.status, found.tails, found.conformance.status) == (SUPPORTED, SUPPORTED, "CONFORMS")
    assert found.path.startswith("vmap")
    for row in found.rows:
        assert row.quantile.estimate == pytest.approx(row.reference_quantile.estimate, rel=0.05)


def test_sgd_with_a_large_stepsize_is_violated_and_the_report_says_what_to_do():
    """Without a clip the rare jumps are felt; the same stepsize with the theorem's clip is not violated by them."""
    found = verify.check_optimizer(partial(torch.optim.SGD, lr=0.5), **LONGER)
    text = "\n".join(lines(found))
    assert found.status == VIOLATED and "verdict: VIOLATED" in text
    assert "that clip-adagrad-norm-delayed keeps on the same noise" in text
    assert "clip the gradient to norm" in text and "growth: on three-point" in text
    assert [r.violations for r in found.rows if r.noise == "none"] == [0]
    assert worst(found.rows) is found.rows[8] and found.rows[8].violations > 20  # the rare jump
    departs = Conformance("DEPARTS", "clip-sgd", "ascent", 3, "", ("ascent",))
    assert list(advice(replace(found, conformance=departs)))[1:] == [
        "it departs from clip-sgd at step 3 (ascent): mend that first"
    ]
    conforms = Conformance("CONFORMS", "clip-sgd", None, None, "")
    assert "try: clip" in list(advice(replace(found, conformance=conforms)))[1]
    own = {"lr": 0.5, "max_norm": float(found.bound.parameters["lam"]), "eta": 0.0, "b0": 1.0, "delay": 1}
    path, jump = paths.Path("vmap", paths.vmapped, 0.0), instances(found.target)[8]
    clipped = tail(
        subject(ClipAdaGradNorm, **own), path, found.target, jump, runs=512, level=F(1, 10**4), seed=0, stream=8
    )
    assert (clipped.noise, clipped.violations) == (found.rows[8].noise, 0) and clipped.runs >= found.rows[8].runs


@pytest.mark.parametrize(
    ("count", "runs", "shown"),
    [(256, 256, "100"), (4095, 4096, "99.9"), (255, 256, "99.6"), (40, 256, "16"), (1, 4096, "0.024")],
)
def test_all_of_the_runs_are_100_percent(count, runs, shown):
    """Two digits of 99.97 were 1e+02."""
    row = SimpleNamespace(
        problem="p", noise="n", runs=runs, violations=count, reference_violations=0, status=VIOLATED,
        violation_rate=(F(1, 2), F(1)), quantile=SimpleNamespace(estimate=1.0),
        reference_quantile=SimpleNamespace(estimate=1.0),
    )  # fmt: skip
    target = SimpleNamespace(delta=F(1, 10), alpha=F(3, 2), upper=F(1), lam=F(2), method=CLIP_SGD)
    line = next(advice(SimpleNamespace(tails=VIOLATED, rows=(row,), target=target, conformance=None)))
    assert f": {shown} % of {runs} runs exceed" in line


def test_a_departure_is_a_violation():
    """Not delayed, said to be delayed: the tails are fine, the verdict is not."""
    found = verify.check_optimizer(
        ClipAdaGradNorm, options=TRUE | {"delay": 0}, method="clip-adagrad-norm-delayed", **(SMALL | {"steps": 20})
    )
    assert found.conformance.departure == "denominator-not-delayed" and found.status == VIOLATED
    assert record(found)["conformance"]["status"] == "DEPARTS"


def test_the_loop_runs_the_engine_s_own_method():
    """SGD one replica at a time against the engine on the same words, to rounding."""
    noise = world.noise(law(), 50, 0, 20, 3, 0)
    batch = paths.loop(subject(torch.optim.SGD, lr=0.1), PROBLEM, world.start(PROBLEM, 1), noise)
    hp = HyperParameters(gamma=0.1, lam=math.inf)
    engine = simulate(CLIP_SGD, PROBLEM, law(), hp=hp, steps=50, runs=20, seed=3)
    np.testing.assert_allclose(world.value(PROBLEM, batch.average), engine.values, rtol=1e-12)
    np.testing.assert_allclose(world.value(PROBLEM, batch.last), engine.last_values, rtol=1e-9, atol=1e-14)


def test_the_loop_runs_the_engine_s_own_method_in_space():
    """Noise in all directions of R^3: the engine's words, vector by vector; along e1 it is another run."""
    problem, wide = replace(PROBLEM, dim=3), isotropic(law())
    x0, who = world.start(problem, 3), subject(torch.optim.SGD, lr=0.1)
    noise = world.noise(wide, 50, 4, 20, 3, 1, 3)
    hp = HyperParameters(gamma=0.1, lam=math.inf)
    engine = simulate(CLIP_SGD, problem, wide, hp=hp, steps=50, runs=20, first=4, seed=3, stream=1)
    for run in (paths.loop, paths.vmapped):
        batch = run(who, problem, x0, noise)
        np.testing.assert_allclose(world.value(problem, batch.average), engine.values, rtol=1e-12)
        np.testing.assert_allclose(world.value(problem, batch.last), engine.last_values, rtol=1e-9, atol=1e-14)
    line = paths.loop(who, problem, x0, world.noise(law(), 50, 4, 20, 3, 1))
    assert not np.allclose(world.value(problem, line.last), engine.last_values)


@pytest.mark.parametrize(("name", "expected"), [("SGD", "vmap"), ("Adagrad", "vmap-decomposed")])
def test_batches_agree_with_the_loop_in_space(name, expected):
    noise, x0 = world.noise(isotropic(law()), 12, 0, 64, 1, 0, 3), world.start(PROBLEM, 3)
    path = paths.choose(subject(getattr(torch.optim, name), lr=0.1), PROBLEM, x0, noise)
    assert path.name == expected and path.deviation < 1e-14
    again = paths.again(path, subject(getattr(torch.optim, name), lr=0.1), PROBLEM, x0, noise[:, :16])
    assert np.array_equal(
        again.last, path.run(subject(getattr(torch.optim, name), lr=0.1), PROBLEM, x0, noise).last[:16]
    )


def test_noise_in_all_directions_has_rows_of_its_own(monkeypatch):
    """Up to 64 dimensions, and where the batch is known to be the loop there, too; else a note says why not."""

    def run(dim):
        return verify.check_optimizer(torch.optim.SGD, options={"lr": 0.01}, dim=dim, **SHORT)

    def choose(who, problem, x0, noise):
        if noise.ndim == 3:
            return paths.Path("loop", paths.loop, 0.0, ("vmap: not here",))
        return chosen(who, problem, x0, noise)

    found, chosen = [run(2), run(65)], check.choose
    monkeypatch.setattr(check, "choose", choose)
    found.append(run(2))
    noises = [[row.noise for row in each.rows] for each in found]
    assert noises[1] == noises[2] == [n for n in noises[0] if "isotropic" not in n]
    assert sum("isotropic" in n for n in noises[0]) == 5
    assert found[2].path == found[0].path == "vmap" and not found[0].notes
    assert "  note  no rows with noise in all directions: vmap: not here" in lines(found[2])


def test_other_problems_in_several_dimensions_are_refused():
    """Their gradient is another one; on one coordinate every shape is right."""
    plateau = Problem("plateau", 1.0, 0.5, 2.0, shape="plateau", reach=2.0)
    for other in (plateau, stretched(huber(1.0, 0.5, 1.0, 3), 10.0)):
        with pytest.raises(ValueError, match="expected a radial Huber function in R"):
            world.start(other, 3)
    assert world.start(plateau, 1) == [2.0] and world.start(huber(1.0, 0.5, 1.0, 3), 3).tolist() == [1.0, 0.0, 0.0]


OPTIMIZERS = {
    "SGD": ({"lr": 0.1}, "vmap"),
    "Adam": ({"lr": 0.1}, "vmap-decomposed"),
    "Adamax": ({"lr": 0.1}, "vmap-decomposed"),
    "Rprop": ({"lr": 0.1}, "loop"),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dim", [1, 3])
def test_batches_agree_with_the_loop(name, dim):
    options, expected = OPTIMIZERS[name]
    who, noise = subject(getattr(torch.optim, name), **options), world.noise(law(), 12, 0, 64, 1, 0)
    path = paths.choose(who, PROBLEM, world.start(PROBLEM, dim), noise)
    assert path.name == expected and path.deviation < 1e-14
    if expected == "loop":
        assert all("dynamic shape" in reason for reason in path.refused)


def test_a_norm_over_the_batch_is_found_out():
    """Negative twin: given all replicas as one array, a norm couples them; one at a time it does not."""

    def normalised(x, g, state):
        return x - 0.1 * g / np.sqrt((g * g).sum()), state

    noise = world.noise(law(), 12, 0, 64, 1, 0)
    path = paths.choose(subject(normalised), PROBLEM, world.start(PROBLEM, 1), noise)
    assert path.name == "loop" and path.refused == ("arrays: replicas influence each other",)

    def clipped(x, g, state):  # does nothing to a few replicas without a jump, and something to thousands
        return x - 0.1 * g * min(1, 100 / np.linalg.norm(g)), state

    path = paths.choose(subject(clipped), PROBLEM, world.start(PROBLEM, 1), noise)
    assert path.name == "loop" and path.refused == ("arrays: replicas influence each other",)

    def late(x, g, state):  # only after a warm-up
        t = (state or 0) + 1
        return (clipped(x, g, None)[0] if t > 60 else x - 0.1 * g), t

    longer = world.noise(law(), 80, 0, 64, 1, 0)
    path = paths.choose(subject(late), PROBLEM, world.start(PROBLEM, 1), longer)
    assert path.name == "loop" and path.refused == ("arrays: replicas influence each other",)

    def fair(x, g, state):  # the same clip, of each replica
        return x - 0.1 * g * np.minimum(1, 100 / np.linalg.norm(g, axis=-1, keepdims=True)), state

    path = paths.choose(subject(fair), PROBLEM, world.start(PROBLEM, 1), noise)
    assert path.name == "arrays" and path.deviation == 0
    plain = paths.choose(subject(lambda x, g, state: (x - 0.1 * g, state)), PROBLEM, world.start(PROBLEM, 1), noise)
    assert plain.name == "arrays" and plain.deviation == 0


class Transformation:
    """The shape of an optax GradientTransformation: heavy-ball momentum."""

    @staticmethod
    def init(params):
        return [np.zeros_like(p) for p in params]

    @staticmethod
    def update(grads, state, params):
        m = [0.9 * s + g for s, g in zip(state, grads, strict=True)]
        return [-0.1 * v for v in m], m


def test_a_transformation_runs_like_the_torch_optimizer_it_is():
    noise, x0 = world.noise(law(), 12, 0, 8, 1, 0), world.start(PROBLEM, 1)
    theirs = paths.loop(subject(torch.optim.SGD, lr=0.1, momentum=0.9), PROBLEM, x0, noise)
    ours = paths.loop(subject(Transformation), PROBLEM, x0, noise)
    np.testing.assert_allclose(ours.last, theirs.last, rtol=1e-12)


def test_an_instance_is_refused_with_the_fix():
    bound = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))], lr=0.1)
    with pytest.raises(SubjectError, match=r"bound to its parameters; pass Adam itself, or functools.partial\(Adam"):
        subject(bound)
    for wrong in (3, lambda a, b: a, lambda: 1 / 0):
        with pytest.raises(SubjectError, match=r"expected|ZeroDivisionError"):
            subject(wrong)


COUNT = itertools.count(1)
WRONG = {
    "step 0 raised ZeroDivisionError": lambda x, g, s: (x / (1 if x is None else 0 // 0), s),
    "not finite after step 0": lambda x, g, s: (x * np.inf, s),
    r"has shape \(2,\) after a step": lambda x, g, s: (np.ones(2), s),
    r"expected a pair \(x, state\)": lambda x, g, s: x,
    "the point is complex": lambda x, g, s: (x - 0.1j * g, s),
}


@pytest.mark.parametrize(("slow", "steps"), [(0.0, 15), (10.0, 20)])
def test_a_slow_optimizer_is_compared_for_fewer_steps(monkeypatch, slow, steps):
    monkeypatch.setattr(check, "SLOW", slow)
    monkeypatch.setattr(check, "LATEST", 150)
    found = verify.check_optimizer(
        ClipAdaGradNorm, options=TRUE, method="clip-adagrad-norm-delayed", **(SHORT | {"delta": "0.5"})
    )
    assert found.conformance.sentence.endswith(f"for {steps} steps")


def test_the_program_is_not_ended():
    """Else its exit code would be the verdict, in the first step or later."""

    def late(x, g, state):
        t = (state or 0) + 1
        return (x - 0.1 * g, t) if t < 15 else sys.exit(0)

    with pytest.raises(SubjectError, match="it ends the program, with exit code 0"):
        verify.check_optimizer(lambda x, g, s: sys.exit(0), **SMALL)
    found = verify.check_optimizer(late, **SMALL)
    assert found.status == INCONCLUSIVE and "it ends the program" in found.fatal


@pytest.mark.parametrize("message", WRONG)
def test_a_broken_optimizer_is_one_line_in_the_result(message):
    found = verify.check_optimizer(WRONG[message], **SMALL)
    assert found.status == INCONCLUSIVE and not found.rows
    assert re.search(message, found.fatal)
    starts = [line[:7] for line in lines(found)]
    assert starts.count("  error") == 1 and "  path " not in starts


def test_strange_optimizers_are_noted():
    random = probe(subject(lambda x, g, s: (x - 0.1 * g * np.random.random(), s)))
    leaky = probe(subject(lambda x, g, s: (x - g / next(COUNT), s)))
    assert "not deterministic" in random.notes[0] and "keeps state outside itself" in leaky.notes[0]
    assert probe(subject(lambda x, g, s: (x - 0.1 * g, s))).notes == ()
    closure = probe(subject(torch.optim.LBFGS))
    assert "closure" in closure.fatal


def test_replicas_that_share_a_state_support_nothing():
    """Independent runs are what the confidence statements are about; its twin without the shared counter is judged."""
    count = itertools.count(1)
    shared = verify.check_optimizer(lambda x, g, s: (x - 0.05 * g / next(count) ** 0.01, s), **SHORT)
    alone = verify.check_optimizer(lambda x, g, s: (x - 0.05 * g, s), **SHORT)
    assert (shared.status, alone.status) == (INCONCLUSIVE, SUPPORTED) and "outside itself" in shared.notes[0]


def test_growth_tells_a_power_from_a_logarithm():
    """10^5 exact quantiles of (1/U)^(1/2) and of ln(1/U): no chance involved."""
    u = (np.arange(10**5) + 0.5) / 10**5
    power, logarithm = growth((u**-0.5).tolist()), growth((-np.log(u)).tolist())
    assert power.kind == "power" and power.lower < 0.5 < power.upper
    assert logarithm.kind == "undecided"  # exactly on the border
    assert growth(np.linspace(1.0, 1.01, 10**4).tolist()).kind == "at most logarithmic"
    mostly = growth(np.where(u < 0.1, u**-0.5, 0.0).tolist())  # a quantile of 0 has no multiple
    assert mostly.kind != "at most logarithmic" and mostly.upper == math.inf
    with pytest.raises(ValueError, match="at least 160 runs"):
        growth([1.0] * 159)  # one delta: nothing can grow
    assert len(growth([1.0] * 160).deltas) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "best"}, "metric: expected average or last"),
        ({"theorem": "nonconvex-clip-sgd"}, "theorem: expected a convex theorem"),
        ({"runs": 0}, "runs: expected"),
        ({"method": "adam"}, "method: expected one of"),
        (
            {"method": "clip-adam-norm", "theorem": "convex-clip-sgd"},
            "beta2, b0 is missing; the numbers are those of",
        ),
        ({"options": {"lr": "beta2"}}, "has no beta2"),
        ({"options": {"lr": "gama"}}, "lr: expected a number, or one of the bound's, gamma, .*; got 'gama'$"),
        ({"options": {"lr": 0.1, "momentun": 0.9}}, "SGD has no option 'momentun'; nearest: momentum$"),
        ({"options": {"lr": -1.0}}, "SGD: making it with lr=-1.0 raised ValueError: Invalid learning rate: -1.0$"),
    ],
)
def test_bad_questions_are_one_line(changes, message):
    with pytest.raises(ValueError, match=message):
        verify.check_optimizer(torch.optim.SGD, **({"options": {"lr": 0.1}} | SMALL | changes))


def test_load_names_the_nearest(tmp_path, monkeypatch):
    (tmp_path / "bad_module.py").write_text("raise ValueError('two\\nlines')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert load("torch.optim:SGD") is torch.optim.SGD
    for spec, message in (
        ("torch.optim:Adm", "nearest: Adam"),
        ("torch", "try torch.optim:Adam"),
        ("./mine.py:Adam", "expected package.module:name"),
        ("bad_module:x", "importing bad_module raised ValueError: two lines$"),
        ("nope:x", "no module"),
    ):
        with pytest.raises(SubjectError, match=message):
            load(spec)


def test_the_command(cli, monkeypatch):
    """The README runs the same in text, alone; here one run is printed in both formats."""
    arguments, run, kept = "optimizer torch.optim:SGD --lr 0.5 --level 1e-3 --runs 512", check.check_optimizer, {}

    def once(obj, **asked):
        key = obj, repr(sorted((k, v) for k, v in asked.items() if not callable(v)))
        if key not in kept:
            kept[key] = run(obj, **asked)
        return kept[key]

    monkeypatch.setattr(check, "check_optimizer", once)
    text, json = cli(arguments), cli(f"{arguments} --format json")
    monkeypatch.undo()
    assert len(kept) == 1  # both ask the same
    assert text.code == json.code == 1 and text.out.splitlines()[-1] == "verdict: VIOLATED"
    assert json.json["path"] == "vmap" and json.json["tails"]["status"] == "VIOLATED"
    for wrong, message in (
        ("optimizer torch.optim:Nothing", "has no 'Nothing'"),
        ("optimizer torch.optim:SGD --arg lr", "expected name=value"),
        ("optimizer torch.optim:SGD --steps 0", "expected an integer"),
        ("optimizer torch.optim:SGD --lr gama", "lr: expected a number"),
        ("optimizer torch.optim:SGD --arg nestrov=true", "nearest: nesterov"),
    ):
        found = cli(wrong)
        assert found.code == 2 and message in found.err and found.err.count("\n") == 1
