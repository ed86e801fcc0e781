"""The recipe is the method, and every departure has a name that the diagnosis finds."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from mutants import Published, PublishedAdam, Wrong

from bounds.methods import METHODS
from verify.optimizers.catalogue import MEASURED, OTHER_NAMES, departures, severity
from verify.optimizers.conformance import GROUPS, SHAPES, compare, stated
from verify.optimizers.diagnosis import explains, together
from verify.optimizers.envelope import DOUBLE, numbers, vector
from verify.optimizers.following import follows
from verify.optimizers.probing import flat, probings, run
from verify.optimizers.recipe import Layout, begin, step
from verify.optimizers.recipe import stated as recipe_of
from verify.optimizers.subject import subject

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
HP = {"gamma": 0.1, "lam": 1.3, "eta": 0.4, "b0": 0.7, "beta1": 0.8, "beta2": 0.9}
KINDS = [(name, beta1, c) for name in METHODS for beta1 in (0.0, 0.8) for c in (False, True) if "adam" in name or not c]
WHOLE = [  # together they have every name
    ("clip-sgd", 0.8, False),
    ("clip-adagrad-norm-delayed", 0.0, False),
    ("clip-adam-norm", 0.8, True),
    ("clip-adam-norm-delayed", 0.8, False),
]


def known(name, beta1, corrected, delay=1):
    true = recipe_of(stated(name, beta1=beta1, corrected=corrected), delay)
    return list(departures(true, HP | {"beta1": beta1}, len(SHAPES), len(GROUPS)))


def sins(name, beta1, corrected):
    """What ``Wrong`` can do about a method."""
    found = [d.name for d in known(name, beta1, corrected)] + [*OTHER_NAMES, *MEASURED]
    never = {"clip-sgd": ["denominator-starts-at-zero", "aliased-gradient-zeroed", "another-b0"]}.get(name, [])
    never += ["another-eta"] * ("adagrad" not in name) + ["another-beta2"] * ("adam" not in name)
    never += ["momentum-added" if beta1 else "another-beta1"]
    never += ["aliased-gradient-zeroed"] * ("delayed" not in name)
    return [s for s in dict.fromkeys(found) if s not in never]


def wrong(name, beta1, corrected, sin="", **more):
    kind = "none" if name == "clip-sgd" else "adam" if "adam" in name else "adagrad"
    hp = HP | {"beta1": beta1}
    return subject(Wrong, kind=kind, sin=sin, delay=int("delayed" in name), corrected=corrected, **hp, **more)


def cases(kinds, most):
    """Every sin with the first ``most`` of the kinds that can have it."""
    seen, out = [], []
    for kind in kinds:
        for sin in sins(*kind):
            if seen.count(sin) < most:
                out.append(pytest.param(kind, sin, id=f"{kind[0]}-{kind[1]}-{kind[2]}-{sin}"))
            seen.append(sin)
    return out


def named(kind, sin):
    name, beta1, corrected = kind
    return compare(wrong(*kind, sin), name, HP | {"beta1": beta1}, corrected=corrected)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_without_a_sin_it_conforms(kind):
    found = named(kind, "")
    assert (found.status, found.departures, found.first_step) == ("CONFORMS", (), None)
    assert set(found.indistinguishable) <= {"eps-outside-root", "eps-inside-root"}  # of 1e-15 and less


@pytest.mark.parametrize(("kind", "sin"), cases(WHOLE, 2))
def test_every_sin_is_named(kind, sin):
    found = named(kind, sin)
    assert (found.status, found.departures) == ("DEPARTS", (sin,))
    assert found.departure == sin and found.first_step is not None and found.detail


def test_the_catalogue_the_mutants_and_the_page_have_the_same_names():
    names = {d.name for kind in KINDS for d in known(*kind)} | {*OTHER_NAMES, *MEASURED}
    text = Path(__file__).with_name("mutants.py").read_text(encoding="utf-8")
    ours = {sin for kind in WHOLE for sin in sins(*kind)}
    assert names == ours
    assert all(name in text or name.startswith(("bias-correction-", "another-")) for name in names)
    table = PAGE.read_text(encoding="utf-8").partition("| name |")[2].partition("\n\n")[0]
    assert names == set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)*)`", table))


def test_published_code_is_caught():
    """It steps along the previous gradient and keeps p.grad itself; and four things more."""
    found = compare(subject(Published), "clip-adagrad-norm-delayed", HP | {"beta1": 0.0})
    assert (found.status, found.departure, found.first_step) == ("DEPARTS", "previous-gradient", 0)
    assert set(found.departures) == {
        "previous-gradient", "aliased-gradient-zeroed", "denominator-coordinate-wise", "clip-per-tensor", "clip-eps",
        "eps-outside-root",
    }  # fmt: skip
    adam = compare(subject(PublishedAdam), "clip-adam-norm-delayed", HP | {"beta1": 0.9, "beta2": 0.99})
    assert set(adam.departures) == {
        "aliased-gradient-zeroed", "denominator-coordinate-wise", "clip-per-tensor", "clip-eps", "eps-outside-root",
        "denominator-starts-decayed",
    }  # fmt: skip
    assert not severity("previous-gradient") and severity("eps-outside-root")


@pytest.mark.parametrize("name", METHODS)
def test_a_recipe_without_a_change_is_the_method(name):
    """Against ``bounds.methods.update``: the same path is inside, and its neighbours leave both at the same step."""
    method = replace(METHODS[name], momentum=True, corrected="adam" in name)
    true, probe = recipe_of(method, 2), probings(SHAPES, GROUPS, HP["lam"], 2)[2]
    own, path = numbers(HP), [flat(probe.start)]
    memory = begin(true, probe.layout, own)
    for g in probe.gradients:
        x = vector(path[-1])
        x_next, memory = step(true, x, vector(flat(g)), memory, probe.layout, own)
        path.append([float(a.ball.mid()) for a in x_next.entries])
    assert follows(method, 2, probe, path, HP, DOUBLE) is None and explains(true, probe, path, own, DOUBLE)
    for t in (1, 9, 18):
        other = [list(x) for x in path]
        other[t][2] *= 1 + 1e-12
        assert follows(method, 2, probe, other, HP, DOUBLE).step == t - 1
        assert not explains(true, probe, other, own, DOUBLE)
        assert explains(true, replace(probe, gradients=probe.gradients[: t - 1]), other[:t], own, DOUBLE)


def test_no_departure_is_the_method():
    """Along the path of a true optimizer no recipe with a change of visible size survives."""
    for kind in KINDS:
        name, beta1, corrected = kind
        hp = HP | {"beta1": beta1}
        probes = probings(SHAPES, GROUPS, HP["lam"], 1)
        paths = [run(wrong(*kind), probe, "none") for probe in probes]
        true = recipe_of(stated(name, beta1=beta1, corrected=corrected), 1)
        for d in known(*kind):
            if d.change.get("eps", 1) > 1e-13:
                assert not all(
                    explains(d.of(true), p, x, numbers(hp), DOUBLE) for p, x in zip(probes, paths, strict=True)
                )


def test_sets_change_different_ingredients_and_come_smallest_first():
    found = list(together([d for d in known("clip-adagrad-norm", 0.0, False) if d.stage == 2], 0, 3))
    assert found[0] == () and [len(s) for s in found] == sorted(len(s) for s in found)
    for chosen in found:
        changed = [name for d in chosen for name in d.change]
        assert len(set(changed)) == len(changed)
    assert {("no-clip",), ("clip-per-tensor", "clip-eps")} <= {tuple(d.name for d in s) for s in found}
    assert ("no-clip", "clip-per-tensor") not in {tuple(d.name for d in s) for s in found}


def test_blocks():
    layout = Layout((3, 4, 1), (2, 1))
    assert [layout.blocks(k) for k in ("global", "group", "tensor")] == [(8,), (7, 1), (3, 4, 1)]
    assert layout.blocks("coordinate") == (1,) * 8
