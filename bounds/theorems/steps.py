"""How far one step can go without a clip: at most gamma/sqrt(eta) for AdaGrad-Norm that is not delayed.

A single extreme gradient cannot make the step large, because its own square is in the denominator; the harm that heavy
tails do to this method (``lower``) is of another kind.
"""

from __future__ import annotations

from dataclasses import replace

from bounds.exponents import exponent
from bounds.lemmas.accumulator import B0_SQ
from bounds.methods import CLIP_ADAGRAD_NORM, Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, b_sq, g, processes, shift, step_of, t, x
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import eq, forall, le, lt, mk, n, par, sq, time

IDS = ("norm-step-le-adagrad-norm",)
KIND = "lemma"
UNCLIPPED = replace(CLIP_ADAGRAD_NORM, name="adagrad-norm", clipped=False)
MOVE = x(shift(t, 1)) - x(t)


def variants(theorem_id: str) -> tuple[str, ...]:
    """One proof."""
    return ("plain",)


def method(theorem_id: str, variant: str) -> Method:
    """AdaGrad-Norm without its clip."""
    return UNCLIPPED


def statement(theorem_id: str, variant: str = "plain") -> Statement:
    """For all t: eta ||x_{t+1} - x_t||^2 <= gamma^2, whatever the gradients are."""
    return Statement(
        id=theorem_id,
        variant=variant,
        title="A step of AdaGrad-Norm without clipping is never longer than gamma/sqrt(eta)",
        source="arXiv 2406.04443, the method of Theorem 1; the inequality is our own",
        integers={},
        parameters={
            "alpha": Parameter("pos", "tail index, in (1, 2] (not used)"),
            "gamma": Parameter("pos", "stepsize numerator"),
            "b0": Parameter("pos", "initial accumulator"),
            "eta": Parameter("nonneg", "weight of the accumulator"),
        },
        vectors={"x0": "the start"},
        functions={"grad": ("vector", "the gradient of the objective")},
        noise="xi",
        processes=processes(UNCLIPPED),
        definitions={},
        assumptions={"alpha_range_low": lt(1, par("alpha")), "alpha_range_high": le(par("alpha"), 2)},
        conditions={},
        free_parameters=(),
        bound=None,
        conclusion=forall({"t": "nat"}, (), le(HP.eta * sq(MOVE), HP.gamma**2)),
    )


def proof(theorem_id: str, variant: str = "plain", of: Statement | None = None) -> Proof:
    """eta w_t^2 ||g_t||^2 = gamma^2 eta ||g_t||^2 / b_t^2 and b_t^2 = b_{t-1}^2 + eta ||g_t||^2."""
    s = Script(of or statement(theorem_id, variant))
    moved = s.define("x", shift(t, 1))
    step = moved.fact.args[1] - x(t)
    length = s.combine(eq(sq(MOVE), sq(step)), (moved, MOVE + step))
    old, power = b_sq(shift(t, -1)), HP.eta * sq(g(t))
    total = step_of(UNCLIPPED, t)[2]
    nonneg = s.nonneg(power)
    earlier = s.combine(lt(0, old), _accumulator_ge(s, nonneg))
    positive = s.combine(lt(0, total), earlier, nonneg)
    half = s.pow_split(positive, -HALF, -HALF)
    whole = s.pow_split(positive, exponent([-1]), exponent([1]))
    inverse = s.know(s.pow_pos(positive, exponent([-1])))
    rest = s.combine(le(0, old * mk("pow", total, exponent([-1]))), (inverse, old, earlier))
    line = s.combine(
        le(HP.eta * sq(MOVE), HP.gamma**2),
        (length, HP.eta),
        (half, HP.gamma**2 * power),
        (whole, HP.gamma**2),
        (rest, HP.gamma**2),
    )
    s.intro(line, t="nat")
    return s.proof()


def _accumulator_ge(s: Script, nonneg: Line) -> Line:
    """b0^2 <= b_{t-1}^2, from 0 <= eta ||g_t||^2."""
    claim = le(B0_SQ, b_sq(shift(t, -1)))
    start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
    base = s.combine(le(B0_SQ, b_sq(time(-1))), (start, -1))
    stepped = s.combine(le(B0_SQ, b_sq(t)), s.assume(claim), (s.define("b_sq", t), -1), nonneg)
    return s.induct("t", base, stepped, claim)
