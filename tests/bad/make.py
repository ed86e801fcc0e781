"""Certificates that must be refused, one sin each.  ``python -m tests.bad.make`` rewrites the files beside this one.

Each sin is a function that writes a short, otherwise correct script whose last step commits it; ``SINS`` maps the name
of the file to the function and to the reason with which the kernel must refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import bounds
from bounds.exponents import ALPHA, exponent
from bounds.lemmas import clip, concentration, scheme, sums
from bounds.lemmas.accumulator import stepsize_bounds
from bounds.methods import CLIP_SGD
from bounds.script import Line, Script
from bounds.setting import HP, N, b_sq, gc, p, stepsize, t, x, xi, xstar
from bounds.statement import Parameter, Process, Proof, Step
from bounds.terms import (
    Term,
    eq,
    expect,
    forall,
    inner,
    le,
    lt,
    mk,
    n,
    norm,
    num,
    par,
    shift,
    time,
    total,
    veq,
    whp,
)  # fmt: skip
from verify.kernel.certificate import digest, encode

HERE = Path(__file__).parent
PAST = shift(t, -1)
T = time(0, T=1)
Sin = Callable[[Script], None]


def assume_the_future(s: Script) -> None:
    """E_mono under a hypothesis about the clipped gradient of the same step."""
    future = s.assume(le(norm(gc(t)), HP.lam / 2))
    half = s.combine(le(inner(gc(t), gc(t)), HP.lam**2 / 4), (future, norm(gc(t)) + HP.lam / 2))
    full = s.combine(le(inner(gc(t), gc(t)), HP.lam**2), (clip.norm_clip_le(s), norm(gc(t)) + HP.lam))
    low = s.combine(le(-inner(gc(t), gc(t)), HP.lam**2))
    s.e_mono(PAST, half, (full, low), clip.reflexive(s, HP.lam**2 / 4))


def infinite_second_moment(s: Script) -> None:
    """Linearity for ||xi||^2, which need not be integrable when alpha < 2."""
    square = inner(xi(t), xi(t))
    s.e_lin(PAST, square - square, (1, square, clip.reflexive(s, square)), (-1, square, clip.reflexive(s, square)))


def random_factor_pulled_out(s: Script) -> None:
    """A factor that depends on the current noise is taken out of the expectation."""
    s.e_lin(PAST, norm(xi(t)) * norm(gc(t)), (norm(gc(t)), norm(xi(t)), clip.reflexive(s, norm(xi(t)))))


def bound_variable_hides_a_free_one(s: Script) -> None:
    """sum(j<t: sum(t<1: ...)): the outer t is free, the inner one is bound; the noise reaches up to the outer t - 1."""
    late = total("j", t, total("t", time(1), inner(xstar, xi(time(0, j=1)))))
    s.e_lin(time(-1), late, (late,))


def noise_tested_against_itself(s: Script) -> None:
    """E<a, xi> = 0 used for an a that is not predictable."""
    s.elim(s.given("noise_mean"), t=t, a=gc(t))


def unpredictable_stepsize(s: Script) -> None:
    """The stepsize gamma/b_t, which depends on the current gradient, treated as predictable."""
    root = b_sq(t) ** -exponent([Fraction(1, 2)])
    size = norm(xi(t))
    s.e_lin(PAST, root * size, (root, size, clip.reflexive(s, size)))


def good_event_in_its_own_proof(s: Script) -> None:
    """Strong induction whose step uses the claim at the same time."""
    claim = s.assume(scheme.near(CLIP_SGD, T))
    s.induct_strong("T", "t", s.combine(scheme.near(CLIP_SGD, T), claim))
    step = s._steps[-1]
    s._steps[-1] = replace(step, hyps=())


def induction_over_the_horizon(s: Script) -> None:
    """Induction over N, which is a fixed integer of the statement."""
    claim = le(0, n(N))
    base = s.combine(le(0, n(time(0))))
    s.induct("N", base, s.combine(le(0, n(shift(N, 1))), s.assume(claim)), claim)


def generalise_a_hypothesis_away(s: Script) -> None:
    """Generalisation over a variable that is free in a hypothesis."""
    s._add("intro", forall({"t": "nat"}, (), scheme.near(CLIP_SGD, t)), (s.assume(scheme.near(CLIP_SGD, t)),))


def vector_inside_an_expectation(s: Script) -> None:
    """From "for each vector v" to "for all vectors at once" where v sits inside a conditional expectation."""
    v = mk("vvar", "v")
    body = inner(v, gc(t))
    s.intro(s.combine(le(expect(PAST, body), expect(PAST, body))), v="vec")


def captured_variable(s: Script) -> None:
    """Substitution of a time that mentions a bound variable of the fact."""
    claim = le(total("t", T, n(T)), total("t", T, n(T)))
    general = s.intro(s.combine(claim), T="nat")
    bad = le(total("t", time(0, t=1), n(time(0, t=1))), total("t", time(0, t=1), n(time(0, t=1))))
    s._add("elim", bad, (general,), sub=(("T", time(0, t=1)),))


def zero_to_a_negative_power(s: Script) -> None:
    """Monotonicity of a negative power from 0 <= a instead of 0 < a."""
    y = norm(xi(t))
    s.pow_mono(s.combine(le(0, y)), s.combine(le(y, y + 1)), -ALPHA)


def exponent_of_changing_sign(s: Script) -> None:
    """A power whose exponent alpha - 3/2 changes sign on (1, 2]."""
    y = HP.lam
    s.pow_mono(s.combine(lt(0, y)), s.combine(le(y, y + 1)), exponent([Fraction(-3, 2), 1]))


def power_of_a_constant_too_long(s: Script) -> None:
    """2^(10^9) is positive, but nobody writes it down."""
    s.combine(lt(0, num(2) ** 10**9))


def power_of_a_norm_too_long(s: Script) -> None:
    """||v||^(2 * 10^9) = <v, v>^(10^9), one factor after the other."""
    s.combine(le(0, norm(xi(t)) ** (2 * 10**9)))


def recursion_at_a_number(s: Script) -> None:
    """The recursion at something that is no time."""
    s.define("x", t)
    s._steps[-1] = replace(s._steps[-1], args={**s._steps[-1].args, "time": num(1)})


def young_outside_the_unit_interval(s: Script) -> None:
    """Weighted AM-GM with weight alpha > 1."""
    s.amgm(s.combine(le(0, HP.lam)), s.combine(le(0, norm(xi(t)))), ALPHA)


def unknown_sign_multiplier(s: Script) -> None:
    """An inequality multiplied by an inner product of unknown sign."""
    progress = inner(x(t) - xstar, gc(t))
    s.combine(le(progress * norm(gc(t)), progress * HP.lam), (clip.norm_clip_le(s), progress, s.combine(le(0, 0))))


def equation_from_an_inequality(s: Script) -> None:
    """||gc|| = lam from ||gc|| <= lam."""
    s.combine(eq(norm(gc(t)), HP.lam), clip.norm_clip_le(s))


def strict_from_nothing(s: Script) -> None:
    """A strict inequality from a weak one."""
    s.combine(lt(norm(gc(t)), HP.lam), clip.norm_clip_le(s))


def wrong_constant(s: Script) -> None:
    """||gc|| <= (1 - 1/1000) lam."""
    s.combine(le(norm(gc(t)), Fraction(999, 1000) * HP.lam), clip.norm_clip_le(s))


def cases_not_exhaustive(s: Script) -> None:
    """Two strict cases, equality forgotten."""
    a, b = norm(gc(t)), HP.lam
    goal = le(0, a)
    s.cases(lt(a, b), s.combine(goal), lt(b, a), s.combine(goal))


def sum_of_one_term_less(s: Script) -> None:
    """The sum over t < T + 1 without its last term."""
    body = inner(gc(t), gc(t))
    fact = eq(total("t", shift(T, 1), body), total("t", T, body))
    s._add("sum_step", fact)


def sum_bound_with_one_step_less(s: Script) -> None:
    """N - 1 terms for N."""
    line = sums.sum_const(s, "t", HP.lam)
    s.combine(le(total("t", T, HP.lam), (n(T) - 1) * HP.lam), line)


def inner_product_captured(s: Script) -> None:
    """<x_t, sum over t of w> taken inside a sum over the same t."""
    inside = total("t", T, xi(t))
    s._add("inner_sum", eq(inner(x(t), inside), total("t", T, inner(x(t), xi(t)))))


def delay_of_zero(s: Script) -> None:
    """b_{t-d}^2 at t - d = -1 by the recursion, which starts at 0."""
    s.define("b_sq", time(-1))


def _events(s: Script) -> tuple[Line, Line]:
    positive, cap = stepsize_bounds(s, CLIP_SGD)
    u = stepsize(CLIP_SGD, t)
    s.know(s.combine(le(0, u), positive))
    first = concentration.freedman_x(s, CLIP_SGD, u, HP.gamma, cap)
    return first, concentration.freedman_z(s, CLIP_SGD, HP.gamma, par("A"))


def union_forgets_a_delta(s: Script) -> None:
    """Two events of failure probability exp(-A) each, together exp(-A)."""
    first, second = _events(s)
    facts = s.conj(*(s.assume(e.fact.args[1]) for e in (first, second)))
    once = mk("exp", -par("A"))
    s.whp(once, [first, second], facts, s.combine(le(once, once)))


def event_out_of_thin_air(s: Script) -> None:
    """A high-probability conclusion that rests on an event which was never established."""
    first, _ = _events(s)
    wish = s.assume(le(n(T), par("z2")))
    twice = 2 * mk("exp", -par("A"))
    s.whp(twice, [first], wish, s.combine(le(mk("exp", -par("A")), twice)))
    s._steps[-1] = replace(s._steps[-1], hyps=())


def _ville_with(s: Script, **changes: Term) -> None:
    _events(s)
    k = max(i for i, step in enumerate(s._steps) if step.rule == "ville")
    del s._steps[k + 1 :]
    step = s._steps[k]
    args = {**step.args, **changes}
    fact = forall({"T": "nat"}, (le(n(T), n(N)),), le(total("t", T, args["Y"]), args["A"]))
    s._steps[k] = replace(step, concl=whp(mk("exp", -args["A"]), fact), args=args)


def negative_level(s: Script) -> None:
    """Ville's inequality at a negative level."""
    _ville_with(s, A=num(-1))


def random_level(s: Script) -> None:
    """Ville's inequality at a level that depends on the path."""
    _ville_with(s, A=norm(x(t)))


def supermartingale_without_its_compensator(s: Script) -> None:
    """exp of r X alone, whose conditional mean exceeds 1."""
    _ville_with(s, Y=concentration.gate(CLIP_SGD, concentration.bare_z(HP.gamma)))


def level_of_another_event(s: Script) -> None:
    """Ville's inequality at twice the level that was shown."""
    _ville_with(s, A=2 * par("A"))
    s._steps[-1] = replace(s._steps[-1], args={**s._steps[-1].args, "A": par("A")})


def smaller_quantile(s: Script) -> None:
    """Freedman's inequality with half the quantile: the condition on z2 does not give it."""
    _events(s)
    largest, z = HP.gamma, par("z2") / 2
    m, v = concentration.range_z(largest), concentration.variance_z(largest)
    s.combine(le(2 * par("A") * (n(N) * v + m * z / 3), z**2), s.given("freedman2"))


def series_at_a_negative_argument(s: Script) -> None:
    """The bound of exp(x) - 1 - x without the sign of x."""
    s.exp_bernstein(s.combine(le(-1, HP.lam)))


def series_with_a_larger_denominator(s: Script) -> None:
    """2 (1 - x/4) (exp(x) - 1 - x) <= x^2, which fails already for small x."""
    y = HP.lam
    bad = le(2 * (1 - y / 4) * (mk("exp", y) - 1 - y), y**2)
    s._add("exp_bernstein", bad, (s.combine(le(0, y)),), x=y)


def product_of_norms_in_another_order(s: Script) -> None:
    """True, but not as the rule displays it: <v, w> <= ||w|| ||v||."""
    v, w = xi(t), x(t)
    s._add("cauchy_schwarz", le(inner(v, w), norm(w) * norm(v)))


def power_times_one(s: Script) -> None:
    """True, but not as the rule displays it: s^1 s^2 = s^3 s^0."""
    s._add("pow_split", eq(HP.lam**1 * HP.lam**2, HP.lam**3 * HP.lam**0), (s.combine(lt(0, HP.lam)),))


def positive_power_times_two(s: Script) -> None:
    """True, but not as the rule displays it: 0 < 2 s^3."""
    s._add("pow_pos", lt(0, 2 * HP.lam**3), (s.combine(lt(0, HP.lam)),))


def tangent_in_another_order(s: Script) -> None:
    """True, but not as the rule displays it: a + 1 <= exp(a)."""
    s._add("exp_tangent", le(HP.lam + 1, mk("exp", HP.lam)))


def expectation_times_one(s: Script) -> None:
    """True, but not as the rule displays it: <a, E[v | F]> = 1 E[<a, v> | F]."""
    a, v = x(t), xi(t)
    dominated = (s.combine(le(norm(v), norm(v))),)
    s._add("E_vec", eq(inner(a, expect(PAST, v)), 1 * expect(PAST, inner(a, v))), dominated)


def means_in_another_order(s: Script) -> None:
    """True, but not as the rule displays it: z^(1-theta) x^theta <= theta x + (1 - theta) z with theta = 1/3."""
    a, b, third, rest = HP.lam, norm(xi(t)), exponent([Fraction(1, 3)]), exponent([Fraction(2, 3)])
    goal = le(b**rest * a**third, mk("expo", third) * a + mk("expo", rest) * b)
    s._add("amgm", goal, (s.combine(le(0, a)), s.combine(le(0, b))), theta=third)


def forward_reference(s: Script) -> None:
    """A step that uses a later step."""
    s.combine(le(0, HP.lam))
    s._steps[0] = replace(s._steps[0], prem=(1,))
    s.combine(le(0, par("R")))


def unknown_hypothesis(s: Script) -> None:
    """A fact that the statement does not give."""
    s._add("given", le(par("sigma"), HP.lam), name="sigma_small")


def easier_hypothesis(s: Script) -> None:
    """A given fact quoted with a weaker constant than the statement's."""
    s._add("given", le(par("L") * par("kappa") * par("R"), 2 * par("rho") * HP.lam), name="grad")


def hypothesis_left_over(s: Script) -> None:
    """A last step that still has a hypothesis."""
    s.assume(s.statement.conclusion)


def conclusion_not_reached(s: Script) -> None:
    """A correct script that stops before the conclusion."""
    clip.norm_clip_le(s)


def distance_is_not_negative(s: Script) -> None:
    """0 <= -(distance squared): a wrong sign."""
    s.combine(le(0, -1 * scheme.dist_sq(CLIP_SGD)), squares=((1, x(t) - xstar),))


def gradient_vanishes_everywhere(s: Script) -> None:
    """grad f(x*) = 0 quoted at x_t."""
    s.combine(veq(p(t), 0 * p(t)), (s.given("minimiser"), 1))


def member_that_is_not_there(s: Script) -> None:
    """Picking from a conjunction what it does not contain."""
    pair = s.conj(clip.norm_clip_le(s), s.combine(le(0, HP.lam)))
    s._add("pick", le(norm(gc(t)), HP.lam / 2), (pair,))


SINS: dict[str, tuple[Sin, str]] = {
    "assume_the_future": (assume_the_future, "is not F[t-1]-measurable"),
    "infinite_second_moment": (infinite_second_moment, "does not dominate"),
    "bound_variable_hides_a_free_one": (bound_variable_hides_a_free_one, "is not F[-1]-measurable"),
    "random_factor_pulled_out": (random_factor_pulled_out, "is not F[t-1]-measurable"),
    "noise_tested_against_itself": (noise_tested_against_itself, "is not F[t-1]-measurable"),
    "unpredictable_stepsize": (unpredictable_stepsize, "is not F[t-1]-measurable"),
    "good_event_in_its_own_proof": (good_event_in_its_own_proof, "of a premise is not available"),
    "induction_over_the_horizon": (induction_over_the_horizon, "not a declared integer"),
    "generalise_a_hypothesis_away": (generalise_a_hypothesis_away, "is free in the hypothesis"),
    "vector_inside_an_expectation": (vector_inside_an_expectation, "occurs inside an expectation or a whp"),
    "captured_variable": (captured_variable, "captured"),
    "zero_to_a_negative_power": (zero_to_a_negative_power, "expected 0 < "),
    "exponent_of_changing_sign": (exponent_of_changing_sign, "is not constant on (1,2]"),
    "power_of_a_constant_too_long": (power_of_a_constant_too_long, "2 to the power 1000000000 is too long"),
    "power_of_a_norm_too_long": (power_of_a_norm_too_long, "to the power 2000000000 is too long"),
    "recursion_at_a_number": (recursion_at_a_number, "is not of the expected sort"),
    "young_outside_the_unit_interval": (young_outside_the_unit_interval, "not in [0, 1]"),
    "unknown_sign_multiplier": (unknown_sign_multiplier, "expected the sign"),
    "equation_from_an_inequality": (equation_from_an_inequality, "does not follow from inequalities"),
    "strict_from_nothing": (strict_from_nothing, "nothing strict was used"),
    "wrong_constant": (wrong_constant, "residual -1/1000*lam"),
    "cases_not_exhaustive": (cases_not_exhaustive, "not exhaustive"),
    "sum_of_one_term_less": (sum_of_one_term_less, "conclusion: expected"),
    "sum_bound_with_one_step_less": (sum_bound_with_one_step_less, "residual"),
    "inner_product_captured": (inner_product_captured, "the bound variable t is free in x[t]"),
    "delay_of_zero": (delay_of_zero, "expected 1 premises"),
    "union_forgets_a_delta": (union_forgets_a_delta, "exp(-A) + exp(-A) <= exp(-A), got exp(-A) <= exp(-A)"),
    "event_out_of_thin_air": (event_out_of_thin_air, "of a premise is not available"),
    "negative_level": (negative_level, "expected 0 <= -1"),
    "random_level": (random_level, "is not deterministic"),
    "supermartingale_without_its_compensator": (supermartingale_without_its_compensator, "premise 0: expected"),
    "level_of_another_event": (level_of_another_event, "conclusion: expected"),
    "smaller_quantile": (smaller_quantile, "residual"),
    "series_at_a_negative_argument": (series_at_a_negative_argument, "premise 0: expected 0 <= "),
    "series_with_a_larger_denominator": (series_with_a_larger_denominator, "conclusion: expected"),
    "product_of_norms_in_another_order": (product_of_norms_in_another_order, "expected exactly"),
    "power_times_one": (power_times_one, "expected exactly"),
    "positive_power_times_two": (positive_power_times_two, "expected a power"),
    "tangent_in_another_order": (tangent_in_another_order, "expected exactly"),
    "expectation_times_one": (expectation_times_one, "expected exactly"),
    "means_in_another_order": (means_in_another_order, "expected x^(1/3) z^(2/3) <= ..."),
    "forward_reference": (forward_reference, "premises must come before"),
    "unknown_hypothesis": (unknown_hypothesis, "no definition, assumption or condition"),
    "easier_hypothesis": (easier_hypothesis, "conclusion: expected"),
    "hypothesis_left_over": (hypothesis_left_over, "not the statement's conclusion"),
    "conclusion_not_reached": (conclusion_not_reached, "not the statement's conclusion"),
    "distance_is_not_negative": (distance_is_not_negative, "residual"),
    "gradient_vanishes_everywhere": (gradient_vanishes_everywhere, "residual"),
    "member_that_is_not_there": (member_that_is_not_there, "is not a member"),
}


def certificate(sin: Sin) -> dict[str, Any]:
    """The certificate that commits the sin."""
    statement = bounds.theorem("convex-clip-adagrad-norm-delayed" if sin in DELAYED else "convex-clip-sgd")
    s = Script(statement)
    sin(s)
    return encode(s.proof())


DELAYED = (unpredictable_stepsize, delay_of_zero)


def always(fact: Term, *premises: Term) -> Term:
    """For all vectors v."""
    return forall({"v": "vec"}, premises, fact)


def with_functions(proof: Proof, **definitions: Term) -> Proof:
    """The proof with two more functions g, h, a parameter ``top`` and definitions of them."""
    st = proof.statement
    functions = {**st.functions, **dict.fromkeys("gh", ("scalar", "a function to be defined"))}
    parameters = {**st.parameters, "top": Parameter("real", "a number to be defined")}
    changed = replace(st, functions=functions, parameters=parameters, definitions={**st.definitions, **definitions})
    return Proof(changed, proof.steps)


def bad_statements() -> dict[str, tuple[dict[str, Any], str]]:
    """Certificates whose statement is the sin."""
    good = bounds.proof("convex-clip-adagrad-norm-delayed")
    st = good.statement
    position, accumulator = st.processes

    def changed(**fields: Any) -> dict[str, Any]:
        return encode(Proof(replace(st, **fields), good.steps))

    ahead = Process(**{**accumulator.__dict__, "step": b_sq(shift(t, 1))})
    window = total("t", time(2, t=1), b_sq(shift(t, -1)))  # the last term is b_sq at the time that is being defined
    hidden = Process(**{**accumulator.__dict__, "step": 1 + window})
    early = Process(**{**position.__dict__, "level": -2})
    past = Process("ghost", "scalar", 3, -3, None, mk("proc", "ghost", time(-1, t=-1)) + 1, "starts too early")
    circular = {**st.definitions, "again": eq(par("b0"), par("b0") + 1)}
    pole = forall({"v": "vec"}, (), le(0, par("sigma") ** exponent([1], [-3, 2])))
    v = mk("vvar", "v")
    flat = eq(mk("app", "f", v), mk("app", "f", mk("vvar", "w")))
    g, h = (mk("app", name, v) for name in "gh")
    scaled = veq(norm(v) * mk("vapp", "clip", v), par("lam") * mk("vpar", "xstar"))  # at v = 0: lam xstar = 0
    average = forall({"v": "vec"}, (), eq(expect(time(0), inner(mk("vvar", "v"), xi(time(1)))), 0))
    atoms = forall({"v": "vec"}, (), whp(0, lt(0, norm(xi(time(0)) - mk("vvar", "v")))))
    endless = replace(st, bound=None, conclusion=lt(0, num(2) ** 10**9))
    sealed = encode(good)
    edited = {**sealed, "statement": {**sealed["statement"], "title": "something else"}}
    more = {**sealed, "statement": {**sealed["statement"], "hypotheses": sealed["statement"]["assumptions"]}}
    more["sha256"] = digest({k: v for k, v in more.items() if k != "sha256"})
    short = {**sealed, "steps": sealed["steps"][:-1]}
    short["sha256"] = digest({k: v for k, v in short.items() if k != "sha256"})
    return {
        "recursion_into_the_future": (changed(processes=(position, ahead)), "not well founded"),
        "recursion_into_itself_under_a_sum_over_t": (changed(processes=(position, hidden)), "is over t"),
        "iterate_known_too_early": (changed(processes=(early, accumulator)), "not measurable at its declared level"),
        "delay_may_be_zero": (changed(integers={**st.integers, "d": (0, "delay")}), "is not F[t-1]-measurable"),
        "recursion_from_a_negative_time": (changed(processes=(position, accumulator, past)), "expected a start >= 0"),
        "circular_definition": (changed(definitions=circular), "circular or not deterministic"),
        "definition_of_a_given_parameter": (
            changed(definitions={**st.definitions, "again": eq(par("alpha"), num(3))}),
            "which is given",
        ),
        "definition_that_is_a_wish": (
            changed(definitions={**st.definitions, "wish": le(par("A"), par("sigma"))}),
            "defines neither a parameter nor the value of a function",
        ),
        "definition_of_nothing": (
            changed(definitions={**st.definitions, "clip_norm": forall({"v": "vec"}, (), le(1, 0))}),
            "defines neither a parameter nor the value of a function",
        ),
        "definition_that_is_a_bound": (
            changed(definitions={**st.definitions, "small": forall({"v": "vec"}, (), le(mk("app", "f", v), 0))}),
            "defines neither a parameter nor the value of a function",
        ),
        "definition_of_two_variables": (
            changed(definitions={**st.definitions, "flat": forall({"v": "vec", "w": "vec"}, (), flat)}),
            "defines neither a parameter nor the value of a function",
        ),
        "definition_with_a_factor_that_may_be_zero": (
            changed(definitions={**st.definitions, "clip_active": forall({"v": "vec"}, (), scaled)}),
            "may be 0",
        ),
        "definition_by_itself": (
            changed(
                definitions={
                    **st.definitions,
                    "odd": forall({"v": "vec"}, (), eq(mk("app", "f", v), mk("app", "f", v) + 1)),
                }
            ),
            "f is defined by itself: f by f",
        ),
        "definition_under_a_premise_about_all_vectors": (
            encode(
                with_functions(good, up=always(eq(g, 1), forall({"w": "vec"}, (), le(0, inner(v, mk("vvar", "w"))))))
            ),
            "defines neither a parameter nor the value of a function",
        ),
        "definitions_by_each_other": (
            encode(with_functions(good, up=always(eq(g, h + 1)), down=always(eq(h, g)))),
            "g is defined by itself: g by h by g",
        ),
        "definition_by_a_premise_about_itself": (
            encode(with_functions(good, up=always(eq(g, h)), down=always(eq(h, 1), lt(g, 1)))),
            "g is defined by itself: g by h by g",
        ),
        "function_by_a_parameter_that_is_its_value": (
            encode(with_functions(good, up=always(eq(g, par("top") + 1)), top=eq(par("top"), mk("app", "g", xstar)))),
            "g is defined by itself: g by top by g",
        ),
        "one_name_for_an_integer_and_a_vector": (
            changed(assumptions={**st.assumptions, "same": forall({"T": "vec"}, (), le(0, norm(mk("vvar", "T"))))}),
            "used as integers and as vectors",
        ),
        "indicator_of_what_need_not_be_an_event": (
            changed(assumptions={**st.assumptions, "same": le(0, mk("ind", always(le(norm(v - xi(N)), 1))))}),
            "expected a comparison",
        ),
        "id_with_a_blank": (changed(id=f"{st.id} "), "expected an id"),
        "variant_with_an_invisible_letter": (changed(variant=f"{st.variant}\u200b"), "expected an id"),
        "vector_variable_bound_as_an_integer": (
            changed(assumptions={**st.assumptions, "same": forall({"v": "nat"}, (), le(0, norm(v)))}),
            "used as integers and as vectors",
        ),
        "vector_variable_bound_by_a_sum": (
            changed(assumptions={**st.assumptions, "same": le(0, total("v", time(2), norm(v)))}),
            "used as integers and as vectors",
        ),
        "exponent_with_a_pole": (changed(assumptions={**st.assumptions, "pole": pole}), "may have a pole"),
        "all_vectors_under_a_probability": (
            changed(assumptions={**st.assumptions, "no_atoms": atoms}),
            "occurs inside an expectation or a whp",
        ),
        "all_vectors_under_an_expectation": (
            changed(assumptions={**st.assumptions, "average": average}),
            "occurs inside an expectation or a whp",
        ),
        "bound_of_no_probability": (
            changed(conclusion=le(0, st.bound)),
            "expected the conclusion whp",
        ),
        "conclusion_too_long": (
            encode(Proof(endless, (Step("combine", lt(0, 1)),))),
            "2 to the power 1000000000 is too long",
        ),
        "open_conclusion": (
            changed(bound=None, conclusion=le(0, n(T))),
            "the conclusion has free variables",
        ),
        "bound_not_in_the_conclusion": (changed(bound=st.bound / 2), "the bound is not the last inequality"),
        "alpha_without_a_range": (
            changed(assumptions={k: v for k, v in st.assumptions.items() if k != "alpha_range_high"}),
            "does not assume alpha <= 2",
        ),
        "edited_after_sealing": (edited, "does not match"),
        "unknown_part_of_a_statement": (more, "missing or unknown ['hypotheses']"),
        "free_parameter_named_twice": (
            changed(free_parameters=(*st.free_parameters, st.free_parameters[0])),
            "a free parameter is named twice",
        ),
        "truncated": (short, "not the statement's conclusion"),
    }


def files() -> dict[str, tuple[str, str]]:
    """File name -> (text, reason)."""
    out = {name: (certificate(sin), reason) for name, (sin, reason) in SINS.items()} | bad_statements()
    return {
        f"{name}.json": (json.dumps(data, sort_keys=True, separators=(",", ":")) + "\n", reason)
        for name, (data, reason) in out.items()
    }


def main() -> None:
    for old in HERE.glob("*.json"):
        old.unlink()
    for name, (text, _) in files().items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
