"""The inference rules by name.  Each checks one step and raises ``KernelError``; docs/rules.md is the specification."""

from __future__ import annotations

from collections.abc import Callable

from bounds.statement import Step
from verify.kernel.checker import Checker
from verify.kernel.rules_algebra import (
    rule_amgm,
    rule_cauchy_schwarz,
    rule_combine,
    rule_ind_one,
    rule_inner_sum,
    rule_pow_mono,
    rule_pow_pos,
    rule_pow_split,
    rule_sum_step,
    rule_sum_zero,
)
from verify.kernel.rules_expectation import rule_e_lin, rule_e_mono, rule_e_vec
from verify.kernel.rules_exponential import (
    rule_exp_add,
    rule_exp_bernstein,
    rule_exp_convex,
    rule_exp_mono,
    rule_exp_neg_ln,
    rule_exp_remainder,
    rule_exp_tangent,
)
from verify.kernel.rules_logic import (
    rule_absurd,
    rule_assume,
    rule_cases,
    rule_conj,
    rule_define,
    rule_elim,
    rule_given,
    rule_induct,
    rule_induct_strong,
    rule_intro,
    rule_pick,
)
from verify.kernel.rules_probability import rule_ville, rule_whp

RULES: dict[str, Callable[[Checker, Step], None]] = {
    "given": rule_given,
    "assume": rule_assume,
    "define": rule_define,
    "intro": rule_intro,
    "elim": rule_elim,
    "cases": rule_cases,
    "conj": rule_conj,
    "pick": rule_pick,
    "induct": rule_induct,
    "induct_strong": rule_induct_strong,
    "absurd": rule_absurd,
    "combine": rule_combine,
    "cauchy_schwarz": rule_cauchy_schwarz,
    "pow_pos": rule_pow_pos,
    "pow_split": rule_pow_split,
    "pow_mono": rule_pow_mono,
    "amgm": rule_amgm,
    "ind_one": rule_ind_one,
    "exp_neg_ln": rule_exp_neg_ln,
    "exp_mono": rule_exp_mono,
    "exp_add": rule_exp_add,
    "exp_tangent": rule_exp_tangent,
    "exp_convex": rule_exp_convex,
    "exp_remainder": rule_exp_remainder,
    "exp_bernstein": rule_exp_bernstein,
    "sum_zero": rule_sum_zero,
    "sum_step": rule_sum_step,
    "inner_sum": rule_inner_sum,
    "E_mono": rule_e_mono,
    "E_lin": rule_e_lin,
    "E_vec": rule_e_vec,
    "ville": rule_ville,
    "whp": rule_whp,
}
