"""The Coq file of some certificates: what they state, the data of their steps, one computation, and the theorems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bounds.statement import Process, Proof, Statement
from bounds.terms import Term, le, lt, par
from verify.export import sharing
from verify.export.encode import Numbers, Scope, Writer
from verify.export.exponents import Exponents
from verify.export.naming import declared, numbering
from verify.export.pack import data, listed
from verify.export.sharing import Part, Pool, given_facts
from verify.export.statement import heading, hypotheses, variables
from verify.export.steps import Steps
from verify.export.text import random

IMPORTS = """From Tailcert Require Import Terms Certificates Decode.
From Coq Require Import PrimInt63.
Open Scope R_scope.
"""
STEPS = "(all_groups steps_data)"
DEFAULTS = {"R": "0", "Z": "0%Z", "V": "vzero"}
# the fields of the record ``objects``: the kind of the names, the prefix in the statement, the type
FIELDS = {
    "par": ("parameter", "p_", "R"),
    "Terms.int": ("integer", "i_", "Z"),
    "vpar": ("vector", "v_", "V"),
    "fs": ("scalar function", "f_", "V -> R"),
    "fv": ("vector function", "f_", "V -> V"),
    "ps": ("scalar process", "X_", "Z -> Omega -> R"),
    "pv": ("vector process", "X_", "Z -> Omega -> V"),
}


def development(proofs: Mapping[str, Proof]) -> str:
    """The statements of certificates, given by their names in Coq, and their proofs."""
    statements = [proof.statement for proof in proofs.values()]
    number, exponents = numbering(list(proofs.values())), Exponents()
    writer, pool, shared = Writer(number, exponents), Pool(), sharing.Steps()
    parts = [pool.part(writer, st) for st in statements]
    said = _said(writer, pool, statements)
    last = [
        Steps(writer, p, part).share(shared, c) for c, (p, part) in enumerate(zip(proofs.values(), parts, strict=True))
    ]
    numbers = shared.write(writer, parts)
    (noise,) = {number("vector process", st.noise) for st in statements}
    claims = (f"({numbers[k]}%positive, nth {c} (s_conclusions said) no_fact)" for c, k in enumerate(last))
    return "\n".join(
        [
            heading({name: proof.statement for name, proof in proofs.items()}),
            IMPORTS,
            *exponents.table(),
            *data("said_data", said),
            "Definition said : statement := Eval vm_compute in statement_of said_data.",
            f"(* steps {sum(len(p.steps) for p in proofs.values())}, distinct {len(shared.steps)} *)",
            *data("steps_data", writer.out.numbers),
            *_pool(pool),
            *(f"Definition part_{name} : part := {_part(part)}." for name, part in zip(proofs, parts, strict=True)),
            f"Definition parts : list part := {listed(f'part_{name}' for name in proofs)}.",
            f"Definition claims : list (positive * fact) := {listed(claims)}.",
            "Lemma checked : forall p_alpha,",
            f"  all_proved {_assumed(noise)} parts {STEPS} claims = true.",
            "Proof. intros p_alpha. vm_cast_no_check (@eq_refl bool true). Qed.",
            *(
                _theorem(name, c, st, number, parts[c], numbers[last[c]], noise)
                for c, (name, st) in enumerate(zip(proofs, statements, strict=True))
            ),
            "",
        ]
    )


def _said(writer: Writer, pool: Pool, statements: Sequence[Statement]) -> list[int]:
    """The terms of the statements, for themselves: the processes, the named facts, the conclusions."""
    conclusions = [writer.term(st.conclusion, Scope(frozenset(st.integers))) for st in statements]
    processes, facts = list(pool.items["processes"]), list(pool.items["givens"])
    out = writer.out.beside()
    numbers = [len(processes), *(x for p in processes for x in p), len(facts), *facts, len(conclusions), *conclusions]
    out.write("statement", numbers)
    return out.numbers


def _pool(pool: Pool) -> list[str]:
    """All that the statements of the file assume."""
    signs = listed(f"({x}%positive, {sign}%nat)" for x, sign in pool.items["signs"])
    minima = listed(f"({x}%positive, {low}%Z)" for x, low in pool.items["minima"])
    functions = (listed(f"{x}%positive" for x in pool.items[f"{sort} functions"]) for sort in ("scalar", "vector"))
    return [
        f"Definition assumed : pool := {{|\n  all_signs := {signs};\n  all_minima := {minima};",
        "  all_scalar_functions := {};\n  all_vector_functions := {};".format(*functions),
        "  all_processes := s_processes said; all_givens := s_givens said |}.",
    ]


def _part(part: Part) -> str:
    fields = ("in_signs", "in_minima", "in_scalar_functions", "in_vector_functions", "in_processes", "in_givens")
    return "{| " + "; ".join(f"{field} := {hex(k)}%N" for field, k in zip(fields, part.bits, strict=True)) + " |}"


def _theorem(name: str, k: int, st: Statement, number: Numbers, part: Part, last: int, noise: int) -> str:
    """The objects of the statement, a proof that its hypotheses are what the checker took for granted, the theorem."""
    objects, kinds = variables(st), declared(st)
    binders = " ".join(f"({x} : {kind})" for x, kind in objects)
    arguments = " ".join(x for x, _ in objects)
    fields = [_field(field, kinds[kind], kind, prefix, sort, number) for field, (kind, prefix, sort) in FIELDS.items()]
    record = ";\n  ".join([*fields, "etv := exponent_values p_alpha"])
    introduced = " ".join(x for x, _ in [*objects, *hypotheses(st)])
    result = (
        f"(fun w : Omega => proved {_assumed(noise)} parts {STEPS} claims\n"
        f"    (checked p_alpha) {k} part_{name} {last} (nth {k} (s_conclusions said) no_fact)\n"
        f"    eq_refl eq_refl o (truth_by o c {' '.join(_truth(st, part))}) w)"
    )
    if not random(st.conclusion):
        result = f"({result} omega0)"
    return (
        f"Definition objects_{name} {binders} : objects := {{|\n  {record} |}}.\n"
        f"Definition context_{name} := Eval vm_compute in (fun T M => of_part assumed {noise} T M part_{name}).\n"
        f"Theorem proof_{name} : statement_{name}.\nProof.\n  intros {introduced}.\n"
        f"  pose (o := objects_{name} {arguments}).\n"
        f"  pose (c := context_{name} exponent_table (exponent_more p_alpha)).\n"
        f"  exact_no_check {result}.\nQed."
    )


def _assumed(noise: int) -> str:
    """What the checker takes for granted, as its arguments."""
    return f"assumed {noise} exponent_table (exponent_more p_alpha)"


def _field(field: str, names: Sequence[str], kind: str, prefix: str, sort: str, number: Numbers) -> str:
    *arguments, last = sort.split(" -> ")
    default = f"fun {' '.join('_' for _ in arguments)} => {DEFAULTS[last]}" if arguments else DEFAULTS[last]
    cases = "".join(f" | {number(kind, x)}%positive => {prefix}{x}" for x in names)
    return f"{field} := fun k => match k with{cases} | _ => {default} end"


def _truth(st: Statement, part: Part) -> list[str]:
    """The hypotheses of the statement in the order of the record ``truth`` and, in a field, of the pool."""
    low, high = (
        next(k for k, f in st.assumptions.items() if f is wanted)
        for wanted in (lt(1, par("alpha")), le(par("alpha"), 2))
    )

    def ordered(kind: str, names: Iterable[str]) -> list[str]:
        found = dict(zip(part.places[kind], names, strict=True))
        return [found[k] for k in sorted(found)]

    kinds = declared(st)
    known = [
        *zip(part.places["processes"], st.processes, strict=True),
        *zip(part.places["adapted"], st.processes, strict=True),
    ]
    order = [(k in part.places["adapted"], p) for k, p in sorted(known, key=lambda x: x[0])]
    facts = given_facts(st)
    return [
        *ordered("signs", (f"s_{x}" for x, p in st.parameters.items() if p.sign != "real")),
        *ordered("minima", (f"m_{x}" for x in st.integers)),
        *ordered("scalar functions", (f"b_{x}" for x in kinds["scalar function"])),
        *ordered("vector functions", (f"b_{x}" for x in kinds["vector function"])),
        "h_noise",
        *(f"a_{p.name}" for _, p in order),
        *(
            "I" if bare or p.base is None else _recursion(p, f"t < {p.start}", f"d_{p.name}_base t w k")
            for bare, p in order
        ),
        *(
            _recursion(p, "0 <= t", f"eq_refl (X_{p.name} t w)")
            if bare
            else _recursion(p, f"{p.start} <= t", f"d_{p.name}_step t w k")
            for bare, p in order
        ),
        *ordered("givens", (_given(x, f) for x, f in facts.items())),
        f"(exponents_ok p_alpha h_{low} h_{high})",
    ]


def _given(name: str, fact: Term) -> str:
    return f"(fun (_ : env) (w : Omega) => h_{name}{' w' if random(fact) else ''})"


def _recursion(p: Process, when: str, proof: str) -> str:
    kind = "true" if p.sort == "vector" else "false"
    return f"(fun (_ : env) (t : Z) (w : Omega) (k : ({when})%Z) => conj (eq_refl {kind}) ({proof}))"
