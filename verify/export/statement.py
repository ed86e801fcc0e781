"""The statement of a certificate as a Coq proposition."""

from __future__ import annotations

from collections.abc import Mapping

from bounds.statement import Process, Statement
from bounds.terms import Term, substitute, time
from verify.export.text import Printer, Scope, random

Hypothesis = tuple[str, str]  # name and text


def variables(st: Statement) -> list[Hypothesis]:
    """The objects that a statement speaks about, with their types."""
    out = [(f"p_{name}", "R") for name in st.parameters]
    out += [(f"i_{name}", "Z") for name in st.integers]
    out += [(f"v_{name}", "V") for name in st.vectors]
    out += [(f"f_{name}", "V -> R" if sort == "scalar" else "V -> V") for name, (sort, _) in st.functions.items()]
    out.append((f"X_{st.noise}", "Z -> Omega -> V"))
    return out + [(f"X_{p.name}", f"Z -> Omega -> {'R' if p.sort == 'scalar' else 'V'}") for p in st.processes]


def hypotheses(st: Statement) -> list[Hypothesis]:
    """What a statement assumes about them: signs, minima, measurability, recursions, and the named facts."""
    printer = Printer(st.integers)
    signs = {"pos": "0 < p_{0}", "nonneg": "0 <= p_{0}"}
    out = [(f"s_{k}", signs[p.sign].format(k)) for k, p in st.parameters.items() if p.sign != "real"]
    out += [(f"m_{k}", f"({low} <= i_{k})%Z") for k, (low, _) in st.integers.items()]
    out += [(f"b_{k}", f"{'Borel' if sort == 'scalar' else 'BorelV'} f_{k}") for k, (sort, _) in st.functions.items()]
    out.append(("h_noise", f"noise X_{st.noise} p_alpha"))
    for p in st.processes:
        out += process(p, printer)
    for group in (st.definitions, st.assumptions, st.conditions):
        out += [(f"h_{k}", closed(f, printer)) for k, f in group.items()]
    return out


def process(p: Process, printer: Printer) -> list[Hypothesis]:
    """A process is adapted and satisfies its recursion."""
    scope: Scope = {"t": "nat"}
    kind = "adapted_scalar" if p.sort == "scalar" else "adapted"
    out = [(f"a_{p.name}", f"forall n_t : Z, {kind} (n_t + {p.level})%Z (X_{p.name} n_t)")]
    at = f"X_{p.name} n_t w"
    if p.base is not None:
        base = printer.term(p.base, {})
        out.append((f"d_{p.name}_base", f"forall (n_t : Z) (w : Omega), (n_t < {p.start})%Z -> {at} = {base}"))
    step = printer.term(substitute(p.step, {"t": time(0, t=1)}), scope)
    out.append((f"d_{p.name}_step", f"forall (n_t : Z) (w : Omega), ({p.start} <= n_t)%Z -> {at} = {step}"))
    return out


def closed(fact: Term, printer: Printer) -> str:
    """A fact for every outcome."""
    text = printer.fact(fact, {})
    return f"forall w : Omega, {text}" if random(fact) else text


def conclusion(st: Statement) -> str:
    return closed(st.conclusion, Printer(st.integers))


def proposition(name: str, st: Statement) -> str:
    """The whole statement as the definition of ``statement_name``."""
    binders = "\n".join(f"  forall {x} : {kind}," for x, kind in variables(st))
    premises = "\n".join(f"  (* {x} *) ({text}) ->" for x, text in hypotheses(st))
    return (
        f"(* {st.id} ({st.variant}) *)\n"
        f"Definition statement_{name} : Prop :=\n{binders}\n{premises}\n  ({conclusion(st)}).\n\n"
    )


def heading(statements: Mapping[str, Statement]) -> str:
    """What a file begins with: the statements of its certificates, by their names in Coq, up to a line of stars."""
    return (
        "(* Everything above the line of stars is what is stated; the rest is the proof. *)\n"
        "From Coq Require Import Reals ZArith QArith List Lra Lia.\nFrom Tailcert Require Import Tailcert.\n"
        "Import ListNotations.\nOpen Scope R_scope.\n\n"
        + "".join(proposition(name, st) for name, st in statements.items())
        + f"{STARS}\n"
    )


STARS = "(* " + "*" * 100 + " *)"
