"""The Coq proofs of the rules of algebra."""

from __future__ import annotations

from bounds.exponents import Exponent, exponent
from bounds.terms import Term, eq, ind, inner, le, lt, mk, norm, num, shift, substitute, time, total, veq
from verify.export.context import Context
from verify.export.development import Item, argument
from verify.export.text import Unsupported, exponent_text, natural_power, split_difference


def combine(c: Context) -> str:
    def sign(k: int | None) -> tuple[Term, str] | None:
        return None if k is None else (c.fact(k), c.premise(k))

    items = [Item(c.fact(k), c.premise(k), m, sign(s)) for k, m, s in c.step.args.get("items", ())]
    squares = [(m, x, sign(s)) for m, x, s in c.step.args.get("squares", ())]
    scale = c.step.args.get("scale")
    return c.d.combine(c.step.concl, c.scope, items, squares, None if scale is None else (scale[0], sign(scale[1])))


def cauchy_schwarz(c: Context) -> str:
    v, w = c.step.concl.args[0].args
    return c.done(le(inner(v, w), norm(v) * norm(w)), f"(cauchy_schwarz {c.text(v)} {c.text(w)})")


def pow_pos(c: Context) -> str:
    power = c.step.concl.args[1]
    positive, k = c.as_fact(0, lt(0, power.args[0])), natural_power(power.args[1])
    base = c.text(power.args[0])
    proof = (
        f"(pw_pos {base} {exponent_text(power.args[1])} {positive})" if k is None else f"(pow_lt {base} {k} {positive})"
    )
    return c.done(lt(0, power), proof)


def pow_split(c: Context) -> str:
    first, second = c.step.concl.args[0].args
    s, e, f = first.args[0], first.args[1], second.args[1]
    positive = c.as_fact(0, lt(0, s))

    def shown(x: Exponent) -> str:
        """A proof that the printed power is a power with a real exponent."""
        k = natural_power(x)
        return f"(eq_refl (pw {c.text(s)} {exponent_text(x)}))" if k is None else f"(power_natural _ {k} {positive})"

    wanted = eq(first * second, mk("pow", s, e + f))
    proofs = " ".join(shown(x) for x in (e, f, e + f))
    tactic = f"refine (power_split _ _ _ _ _ _ _ {positive} {proofs} _); {c.d.exponents_tactic}"
    return _shown(c, wanted, tactic)


def pow_mono(c: Context) -> str:
    left, right = c.step.concl.args
    e, k = left.args[1], natural_power(left.args[1])
    if e.nonnegative():
        a, b = left.args[0], right.args[0]
        low, high = c.as_fact(0, le(0, a)), c.as_fact(1, le(a, b))
        if k is not None:
            return f"exact (pow_incr _ _ {k} (conj {low} {high}))."
        return f"refine (pw_mono _ _ _ {low} {high} _). {c.d.exponents_tactic}."
    a, b = right.args[0], left.args[0]
    return f"refine (pw_anti _ _ _ {c.as_fact(0, lt(0, a))} {c.as_fact(1, le(a, b))} _). {c.d.exponents_tactic}."


def amgm(c: Context) -> str:
    theta = c.step.args["theta"]
    rest = exponent([1]) - theta
    x, z = (c.fact(k).args[1] for k in (0, 1))
    if natural_power(theta) is not None:
        raise Unsupported("amgm with a constant exponent 0 or 1")
    product = mk("pow", x, theta) * mk("pow", z, rest)
    weights = mk("expo", theta), mk("expo", rest)
    wanted = le(product, weights[0] * x + weights[1] * z)
    signs = f"{c.as_fact(0, le(0, x))} {c.as_fact(1, le(0, z))}"
    exps = f"{exponent_text(theta)} {exponent_text(rest)}"
    values = " ".join(c.text(y) for y in (x, z)) + f" {exps} " + " ".join(c.text(y) for y in weights)
    return _shown(c, wanted, f"refine (amgm_weights {values} {signs} _ _ _ _ _); {c.d.exponents_tactic}")


def ind_one(c: Context) -> str:
    fact = c.step.concl.args[0].args[0]
    return c.done(eq(ind(fact), 1), f"(ind_{fact.head}_one _ _ {c.as_fact(0, fact)})")


def exp_neg_ln(c: Context) -> str:
    s = c.fact(0).args[1]
    wanted = eq(mk("exp", -mk("ln", s)), s**-1)
    return c.done(wanted, f"(exp_neg_ln {c.text(s)} _ {c.as_fact(0, lt(0, s))} eq_refl)")


def exp_mono(c: Context) -> str:
    a, b = c.fact(0).args
    return c.done(le(mk("exp", a), mk("exp", b)), f"(exp_le _ _ {c.premise(0)})")


def exp_add(c: Context) -> str:
    first, second = (x.args[0] for x in c.step.concl.args[0].args)
    wanted, total = eq(mk("exp", first) * mk("exp", second), mk("exp", first + second)), first + second
    return c.done(wanted, f"(exp_add_eq _ _ _ {c.d.sum_of(first, second, total, c.scope)})")


def exp_tangent(c: Context) -> str:
    a = c.step.concl.args[1].args[0]
    return c.done(le(1 + a, mk("exp", a)), f"(exp_tangent_eq _ _ {c.d.sum_of(num(1), a, 1 + a, c.scope)})")


def exp_convex(c: Context) -> str:
    s, a, b = (c.step.args[k] for k in "sab")
    wanted = le(mk("exp", s * a + (1 - s) * b), s * mk("exp", a) + (1 - s) * mk("exp", b))
    proof = (
        f"(exp_convex_at {c.text(a)} {c.text(b)} {c.text(s)} (conj {c.as_fact(0, le(0, s))} {c.as_fact(1, le(s, 1))}))"
    )
    return _shown(c, wanted, f"exact {proof}")


def exp_remainder(c: Context) -> str:
    v, s, x = (c.step.args[k] for k in "vsx")
    facts = (le(v, s * x), le(-v, s * x), le(0, s), le(s, 1), le(0, x))
    proofs = " ".join(c.as_fact(k, f) for k, f in enumerate(facts))
    wanted = le(mk("exp", v) - 1 - v, s**2 * (mk("exp", x) - 1 - x))
    return _shown(c, wanted, f"exact (exp_remainder_le {c.text(v)} {c.text(s)} {c.text(x)} {proofs})")


def exp_bernstein(c: Context) -> str:
    x = c.step.args["x"]
    wanted = le(2 * (1 - x / 3) * (mk("exp", x) - 1 - x), x**2)
    return _shown(c, wanted, f"exact (exp_bernstein_third {c.text(x)} {c.as_fact(0, le(0, x))})")


def _shown(c: Context, wanted: Term, tactic: str) -> str:
    """First the fact that the rule gives, then the conclusion, which is the same up to normal form."""
    return f"assert (H : {c.show(wanted)}) by ({tactic}). {c.done(wanted, 'H')}"


def sum_zero(c: Context) -> str:
    s = c.step.concl.args[0]
    upto, vector = c.d.printer.time(s.args[1]), s.head == "vsum"
    low = "(Rle_refl 0)"
    if s.args[1] is not time(0):
        low = c.d.from_fact("apply_le", c.step.prem[0], c.premise(0), f"IZR {upto} <= 0", c.scope)
    wanted = veq(s, num(0) * s) if vector else eq(s, 0)
    return c.done(
        wanted, f"({'Vsum_zero_scale' if vector else 'Rsum_zero'} {upto} {c.d.printer.body(s, c.scope)} {low})"
    )


def sum_step(c: Context) -> str:
    s = c.step.concl.args[0]
    var, upto, body = s.args
    before, vector = shift(upto, -1), s.head == "vsum"
    at = c.d.printer.time(before)
    claim = f"(0 <= {at})%Z"
    side = c.at_time(claim, 0 if c.step.prem else None)
    value = total(var, before, body) + substitute(body, {var: before})
    wanted = veq(s, value) if vector else eq(s, value)
    moved = c.d.retime(body, {var: before}, " H", {**c.scope, var: "nat"})
    literal, printed = f"({at} + 1)%Z", c.d.printer.time(upto)
    if literal != printed:
        moved = f"retime_in {literal} {argument(printed)} H. " + moved
    rule = "Vsum_step" if vector else "Rsum_step"
    known = f"pose proof ({rule} {at} {c.d.printer.body(s, c.scope)} {side}) as H. cbv beta in H. {moved}"
    if split_difference(value) is None:
        return known + c.done(wanted, "H")
    full = c.d.family.terms.unfold(c.show(wanted), every=True)
    ring = f"etransitivity; [exact H | {full + '; ' if full else ''}ring]"
    return f"{known}assert (K : {c.show(wanted)}) by ({ring}). {c.done(wanted, 'K')}"


def inner_sum(c: Context) -> str:
    v, s = c.step.concl.args[0].args
    var, upto, body = s.args
    wanted = eq(inner(v, s), total(var, upto, inner(v, body)))
    return c.done(wanted, f"(inner_sum {c.text(v)} {c.d.printer.time(upto)} {c.d.printer.body(s, c.scope)})")
