"""Lower bounds (theory, section 8): without clipping the number of steps grows like a power of 1/delta.

The Huber function with threshold nu = sqrt(2 epsilon), a start beyond it, and noise in the first answer only, of size
sigma D in the directions +e and -e with probability P/2 each, P = D^(-alpha): its alpha-th moment is sigma^alpha.  With
H = sigma D - nu > 0, and for every stepsize gamma,

    P(f(x_{T+1}) - f* > epsilon) >= P/2     whenever  G(T) <= k K (1 - beta1) H,

and the same for the average of x_0 .. x_{T+1}.  G(T)/k = sum_{t=1..T} c_t growth^t, with <e, m_t> <= c_t and
growth = beta2^(-1/2) (1 for AdaGrad-type accumulators); K > 1 if the stepsize is delayed (by one step), K = 1 if not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bounds.lemmas import huber, jump, unclipped
from bounds.lemmas.escape import Escape, average
from bounds.lemmas.sums import T
from bounds.lemmas.unclipped_steps import START
from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_ADAM_NORM, CLIP_ADAM_NORM_DELAYED, Method
from bounds.script import Line, Script
from bounds.setting import gap, x, xstar
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both, eq, expect, forall, ind, inner, le, lt, mk, norm, num, shift
from bounds.theorems import common

# with a fixed beta2 < 1 the steps that are forced are only logarithmic in 1/delta
FORGETFUL = {"adagrad": "", "adam": " while beta2^T stays bounded below"}
SOURCE = "Chezhegov et al., ICML 2025 (arXiv 2406.04443), the case alpha = 2; every alpha: theory, section 8"
CLIPPED = (CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_ADAM_NORM, CLIP_ADAM_NORM_DELAYED)
METHODS: Mapping[str, Method] = {
    m.name.replace("clip", "lower", 1): replace(m, name=m.name.removeprefix("clip-"), clipped=False) for m in CLIPPED
}
IDS = tuple(METHODS)
KIND = "lower"
VARIANTS = ("plain", "momentum")

PARAMETERS = {
    "alpha": ("pos", "tail index, in (1, 2]"),
    "sigma": ("nonneg", "noise level: E[||xi_t||^alpha | F_{t-1}] <= sigma^alpha"),
    "D": ("pos", "size of the jump in units of sigma; at least 1, so that P is a probability"),
    "P": ("pos", "probability of a jump, D^(-alpha)"),
    "nu": ("pos", "threshold of the Huber function, sqrt(2 epsilon)"),
    "epsilon": ("pos", "accuracy that is missed"),
    "H": ("pos", "sigma D - nu: the length of the first gradient"),
    "gamma": ("pos", "stepsize numerator, whatever it is"),
    "b0": ("pos", "initial accumulator"),
    "eta": ("nonneg", "weight of the accumulator"),
    "beta1": ("pos", "momentum"),
    "beta1_c": ("pos", "1 - beta1"),
    "beta2": ("pos", "forgetting of the accumulator"),
    "beta2_c": ("pos", "1 - beta2"),
    "step_growth": ("pos", "beta2^(-1/2)"),
    "gain": ("pos", "K: the first stepsize divided by the largest later one"),
}


def variants(theorem_id: str) -> tuple[str, ...]:
    """Without momentum, or with a beta1 in (0, 1)."""
    return VARIANTS


def method(theorem_id: str, variant: str) -> Method:
    """The unclipped method of a theorem."""
    return replace(METHODS[theorem_id], momentum=variant == "momentum")


def _parameters(about: Method) -> dict[str, Parameter]:
    absent = {"adagrad": {"beta2", "beta2_c", "step_growth"}, "adam": {"eta"}}[about.accumulator]
    absent |= set() if about.momentum else {"beta1", "beta1_c"}
    absent |= set() if about.delayed else {"gain"}
    out = {k: Parameter(*p) for k, p in PARAMETERS.items() if k not in absent}
    if not about.delayed:  # the current gradient makes the accumulator positive
        out["b0"] = Parameter("nonneg", PARAMETERS["b0"][1])
    return out


def _events() -> tuple[Term, ...]:
    """What happens with probability at least P/2: the iterate misses the accuracy, and so does the average."""
    return tuple(lt(huber.epsilon, gap(v)) for v in (x(shift(T, 1)), average(T)))


def _conclusion(about: Method) -> Term:
    likely = both(*(le(jump.P / 2, expect(jump.BEFORE, ind(event))) for event in _events()))
    return both(jump.mean_fact(), jump.moment_fact(), forall({"T": "nat"}, (unclipped.enough(about, T),), likely))


def statement(theorem_id: str, variant: str = "plain") -> Statement:
    """The statement with the given id and variant."""
    about = method(theorem_id, variant)
    ranges = {k: fact for k, fact in common.ranges().items() if k != "delta_range"}
    start = lt(huber.nu, inner(huber.e, mk("vpar", "x0") - xstar))
    return Statement(
        id=theorem_id,
        variant=variant,
        title=f"Without clipping, {about.name} needs a power of 1/delta steps{FORGETFUL[about.accumulator]}",
        source=SOURCE,
        integers={},
        parameters=_parameters(about),
        vectors={"xstar": "the minimiser of f", "x0": "the start", "e": "a direction"},
        functions={"f": ("scalar", "the Huber function"), "grad": ("vector", "its gradient")},
        noise="xi",
        processes=unclipped.processes(about),
        definitions=huber.definitions() | jump.definitions() | unclipped.definitions(about),
        assumptions=ranges | {"unit": eq(norm(huber.e), 1), "start": start} | jump.assumptions(),
        conditions=unclipped.conditions(about),
        free_parameters=(),
        bound=None,
        conclusion=_conclusion(about),
    )


def proof(theorem_id: str, variant: str = "plain", of: Statement | None = None) -> Proof:
    """The statement with its proof; ``of`` tries the same proof on another statement (a mutant, in tests)."""
    about = method(theorem_id, variant)
    s = Script(of or statement(theorem_id, variant))
    path = Escape(s, about)
    misses = [
        jump.likely(s, _far(s, v, line))
        for v, line in zip((x(shift(T, 1)), average(T)), (path.beyond, path.average_beyond), strict=True)
    ]
    always = s.intro(s.conj(*misses), (unclipped.enough(about, T),), T="nat")
    s.conj(jump.mean(s), jump.moment(s), always)
    return s.proof()


def _far(s: Script, v: Term, beyond: Line) -> Line:
    """epsilon < f(v) - f* from <e, x_0> <= <e, v>."""
    first = s.define("x", START, "base", s.combine(le(1, num(1))))
    far = s.combine(lt(huber.nu, huber.along(v)), s.given("start"), beyond, (first, -1 * huber.e))
    return s.elim(huber.gap_gt_of_far(s), far, v=v)
