"""The Coq proof of one step: each rule of docs/rules.md by the lemma of the library that states it."""

from __future__ import annotations

from collections.abc import Callable

from verify.export import rules_algebra as algebra
from verify.export import rules_logic as logic
from verify.export import rules_probability as probability
from verify.export.context import Context
from verify.export.development import Development

SCRIPTS: dict[str, Callable[[Context], str]] = {
    "given": logic.given,
    "assume": logic.assume,
    "define": logic.define,
    "intro": logic.intro,
    "elim": logic.elim,
    "cases": logic.cases,
    "conj": logic.conj,
    "pick": logic.pick,
    "induct": logic.induct,
    "induct_strong": logic.induct_strong,
    "absurd": logic.absurd,
    "combine": algebra.combine,
    "cauchy_schwarz": algebra.cauchy_schwarz,
    "pow_pos": algebra.pow_pos,
    "pow_split": algebra.pow_split,
    "pow_mono": algebra.pow_mono,
    "amgm": algebra.amgm,
    "ind_one": algebra.ind_one,
    "exp_neg_ln": algebra.exp_neg_ln,
    "exp_mono": algebra.exp_mono,
    "exp_add": algebra.exp_add,
    "exp_tangent": algebra.exp_tangent,
    "exp_convex": algebra.exp_convex,
    "exp_remainder": algebra.exp_remainder,
    "exp_bernstein": algebra.exp_bernstein,
    "sum_zero": algebra.sum_zero,
    "sum_step": algebra.sum_step,
    "inner_sum": algebra.inner_sum,
    "E_mono": probability.e_mono,
    "E_lin": probability.e_lin,
    "E_vec": probability.e_vec,
    "ville": probability.ville,
    "whp": probability.whp_rule,
}


def write_step(d: Development, k: int) -> None:
    """Append the lemma of step k, unless another certificate has."""
    if d.names[k] in d.family.needs:
        return
    c = Context(d, k)
    script = SCRIPTS[c.step.rule](c)
    hyps = [(f"H{i}", d.printer.fact(h, c.scope)) for i, h in enumerate(c.step.hyps)]
    d.lemma(d.names[k], c.scope, hyps, d.printer.fact(c.step.concl, c.scope), script)
