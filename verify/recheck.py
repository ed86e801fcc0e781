"""The second checker: replays certificates from the written rules (docs/rules.md), standard library only.

    python -m verify.recheck FILE ...        or, with nothing but the three files recheck*.py in a folder verify/,
    python verify/recheck.py FILE ...

It shares no code with the kernel and none with the writer of certificates.  Reading order: recheck_terms.py (terms
and their normal forms), then here the statement, the rules (each draws its inference), numerical certificates (on
the intervals of recheck_numeric.py) and the command line.  Whatever is not provably right is refused; nothing
relies on ``assert``.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from functools import cache, reduce
from pathlib import Path
from typing import Any, NamedTuple

if not __package__:  # a plain script: its siblings are found in the folder that holds verify/
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verify.recheck_numeric import Arithmetic, Unclear, Value
from verify.recheck_terms import (
    ALPHA,
    COMPARISONS,
    MAX_INT,
    ONE,
    SORT,
    Declared,
    Invalid,
    Normal,
    Poly,
    Terms,
    Time,
    accumulate,
    array,
    exponent,
    letters,
    minus,
    need,
    negated,
    rational,
    read_exponent,
    record,
    text,
    variable,
    whole,
)

PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192)  # tried in turn for a numerical certificate
MAX_TREE = 5_000_000  # nodes of the statement written as a tree
LEDGER = ("ville",)


class Refused(Exception):
    """A certificate is refused: the step (or None), its rule (or the part of the file) and the reason."""

    def __init__(self, step: int | None, rule: str, reason: str) -> None:
        where = f"at {rule}" if step is None else f"at step {step} ({rule})"
        super().__init__(f"{where}: {reason}")
        self.step, self.rule, self.reason = step, rule, reason


# --- the statement ----------------------------------------------------------------------------------------

STATEMENT_KEYS = (
    *("id", "variant", "title", "source", "integers", "parameters", "vectors", "functions", "noise", "processes"),
    *("definitions", "assumptions", "conditions", "free_parameters", "bound", "conclusion"),
)
PROCESS_KEYS = ("name", "sort", "level", "from", "base", "step", "meaning")


class Statement(NamedTuple):
    id: str
    variant: str
    terms: Terms
    facts: dict[str, int]  # definitions, assumptions and conditions
    definitions: dict[str, int]  # parameter -> its term, in order
    assumptions: tuple[str, ...]
    conditions: tuple[str, ...]
    processes: dict[str, tuple[int | None, int]]  # base, step
    bound: int | None
    conclusion: int
    sha256: str


def read_statement(obj: Mapping[str, Any]) -> Statement:
    s = record(obj["statement"], STATEMENT_KEYS, "statement")
    need(all(isinstance(s[key], str) for key in ("title", "source")), "a heading is no string")
    for key in ("id", "variant"):  # nothing that looks like another id when it is printed
        plain = isinstance(s[key], str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", s[key])
        need(bool(plain), f"the {key} is not made of letters, digits, _ . -")
    terms = Terms(read_declared(s), obj["terms"])
    processes: dict[str, tuple[int | None, int]] = {}
    for row in s["processes"]:
        sort = row["sort"][0]
        base = None if row["base"] is None else terms.entry(row["base"], sort)
        step = terms.entry(row["step"], sort)
        check_process(terms, row["name"], processes.keys(), base, step)
        processes[row["name"]] = (base, step)
    facts: dict[str, int] = {}
    for key in ("definitions", "assumptions", "conditions"):
        for name, index in record(s[key], s[key], key).items():
            need(text(name, "a fact's name") not in facts, f"two facts are called {name}")
            facts[name] = terms.entry(index, "f")
            closed(terms, facts[name], name)
    alpha = terms.mk("par", "alpha")
    domain = {terms.mk("lt", terms.num(1), alpha), terms.mk("le", alpha, terms.num(2))}
    need(domain <= {facts[name] for name in s["assumptions"]}, "1 < alpha, alpha <= 2 are not among the assumptions")
    for name in s["conditions"]:
        fine = terms.head(facts[name]) in ("le", "lt") and not terms.uses(facts[name])
        need(fine, f"the condition {name} is no <= or < between deterministic terms")
    free = [text(p, "a free parameter") for p in array(s["free_parameters"], "free_parameters")]
    need(len(set(free)) == len(free), "free_parameters repeats a name")
    need(terms.declared.signs.keys() >= set(free), "free_parameters names no parameter")
    definitions = check_definitions(terms, {n: facts[n] for n in s["definitions"]}, free)
    bound = None if s["bound"] is None else terms.entry(s["bound"], "s")
    conclusion = terms.entry(s["conclusion"], "f")
    closed(terms, conclusion, "the conclusion")
    if bound is not None:
        need(not terms.uses(bound), "the bound is not deterministic")
        last = terms.shape(terms.shape(conclusion, "whp")[1], "and")[-1]
        need(terms.shape(last, "le")[1] == bound, "the bound is not the last right-hand side of the conclusion")
    mentioned = [bound, conclusion, *facts.values(), *(x for p in processes.values() for x in p)]
    need(sum(terms.size(x) for x in mentioned if x is not None) <= MAX_TREE, "the statement is too large")
    return Statement(
        s["id"], s["variant"], terms, facts, definitions, tuple(s["assumptions"]), tuple(s["conditions"]),
        processes, bound, conclusion, statement_digest(s, obj["terms"]),
    )  # fmt: skip


def closed(terms: Terms, fact: int, what: str) -> None:
    need(not terms.loose(fact), f"{what} has the free variable {', '.join(sorted(terms.loose(fact)))}")


def read_declared(s: Mapping[str, Any]) -> Declared:
    """The declarations; all names are distinct, minima and the indices processes start from are >= 0."""
    d = Declared({}, {}, {}, {}, {}, text(s["noise"], "noise"))

    def declare(name: object, letter: str) -> None:
        need(name not in d.kinds, f"the name {name} is declared twice")
        d.kinds[text(name, "a declared name")] = letter

    def letter(sort: object, scalar: str) -> str:
        need(sort in ("scalar", "vector"), "a sort is unknown")
        return scalar if sort == "scalar" else scalar.upper()

    for name, row in record(s["integers"], s["integers"], "integers").items():
        declare(name, "i")
        d.minima[name] = whole(record(row, ("min", "meaning"), name)["min"], 0, f"minimum of {name}")
    for name, row in record(s["parameters"], s["parameters"], "parameters").items():
        declare(name, "p")
        d.signs[name] = record(row, ("sign", "meaning"), name)["sign"]
        need(d.signs[name] in ("pos", "nonneg", "real"), f"the sign of {name} is unknown")
    need(d.signs.get("alpha") == "pos", "alpha must be a parameter of sign pos")
    for name in record(s["vectors"], s["vectors"], "vectors"):
        declare(name, "V")
    for name, row in record(s["functions"], s["functions"], "functions").items():
        declare(name, letter(record(row, ("sort", "meaning"), name)["sort"], "m"))
    for row in array(s["processes"], "processes"):
        name = text(record(row, PROCESS_KEYS, "a process")["name"], "a process")
        declare(name, letter(row["sort"], "y"))
        d.levels[name] = whole(row["level"], -MAX_INT, f"level of {name}")
        d.starts[name] = whole(row["from"], 0, f"from of {name}")
    declare(d.noise, "Y")
    need("t" not in d.kinds, "t is the time of the processes and cannot be declared")
    d.levels[d.noise] = 0
    return d


def check_process(terms: Terms, name: str, earlier: Iterable[str], base: int | None, step: int) -> None:
    """Well founded: at time t a step looks at processes before t, or at t if declared earlier; and measurable."""
    d, now = terms.declared, variable("t")
    if base is not None:
        need(not terms.uses(base) and not terms.free(base), f"the base of {name} is random or has a variable")
    loose = terms.loose(step) - {"t"}
    need(not loose, f"the step of {name} has the free variable {', '.join(sorted(loose))}")
    over_t = any(terms.node(x)[:2] in (("sum", "t"), ("vsum", "t")) for x in terms.subterms(step))
    need(not over_t, f"a sum in the step of {name} is over t, the variable of the recursion")
    for use in terms.uses(step):
        need(use.kind == "process", f"the step of {name} has an expectation or a vector variable")
        latest = now if use.name in earlier else now.plus(-1)
        fine = use.name == d.noise or terms.surely(latest.plus(use.time, -1))
        need(fine, f"{name} at t looks at {use.name}[{use.time}]")
    need(terms.known(terms.uses(step), now.plus(d.levels[name])), f"the step of {name} is not of its level")


def check_definitions(terms: Terms, facts: Mapping[str, int], chosen: Iterable[str]) -> dict[str, int]:
    """Each is ``parameter = term`` (not alpha, not free, defined once and before it is used), or an ``all`` over
    one vector v whose fact is ``f(v) = value`` or ``factor * f(v) = value``, without processes;
    a factor is kept from 0 by a premise ``p <= factor`` with p a parameter of sign pos.  Nothing is defined by
    itself, through other definitions either.  The first are returned, in order."""
    out: dict[str, int] = {}
    leads: dict[str, set[str]] = {}  # from a parameter or function to those in its definitions
    undefined = {terms.node(f)[1] for f in facts.values() if terms.head(f) == "eq"}
    for name, fact in facts.items():
        if terms.head(fact) == "all":
            heads = {terms.head(x) for x in terms.subterms(fact)}
            variables, premises, equation = terms.node(fact)[1:]
            need(terms.head(equation) in ("eq", "veq"), f"{name} does not end in an equation")
            need(all(terms.head(p) in COMPARISONS for p in premises), f"a premise of {name} is no comparison")
            _, left, value = terms.node(equation)
            if terms.head(left) == "scale":
                _, factor, left = terms.node(left)
                below = [terms.node(terms.node(p)[1]) for p in premises if terms.node(p)[0::2] == ("le", factor)]
                apart = any(head == "par" and terms.declared.signs[p] == "pos" for head, p, *_ in below)
                need(apart, f"the factor of {name} may be 0")
            function, *of = terms.node(left)
            need(function in ("app", "vapp"), f"{name} defines no function")
            v = terms.node(of[1])
            need(v[0] == "vvar" and variables == ((v[1], "vec"),), f"{name} is not about one vector variable")
            need(not heads & {"proc", "vproc", "E", "Ev", "whp"}, f"{name} is not deterministic")
            leads.setdefault(of[0], set()).update(*(terms.defined_names(x) for x in (*premises, value)))
            continue
        left, right = terms.shape(fact, "eq")
        (parameter,) = terms.shape(left, "par")
        need(parameter not in out and parameter != "alpha", f"{name} defines {parameter} again")
        need(parameter not in chosen, f"{name} defines the free parameter {parameter}")
        need(not terms.uses(right), f"{name} is not deterministic")
        need(not undefined & terms.subterms(right), f"{name} uses a parameter that is defined later")
        undefined.discard(left)
        leads.setdefault(parameter, set()).update(terms.defined_names(right))
        out[parameter] = right
    for name in leads:
        reached, new = set[str](), {name}
        while new:
            new = set[str]().union(*(leads.get(x, set()) for x in new)) - reached
            reached |= new
        need(name not in reached, f"{name} is defined by itself, perhaps through others")
    return out


def digest(x: object) -> str:
    return hashlib.sha256(json.dumps(x, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def statement_digest(s: Mapping[str, Any], entries: list[Any]) -> str:
    """sha256 of the statement with every index replaced by the nested term."""

    @cache
    def nested(i: int) -> Any:
        head, *args = entries[i]
        if head == "time":
            return entries[i]
        if head == "all":
            variables = [[v, sort if isinstance(sort, str) else nested(sort)] for v, sort in args[0]]
            return [head, variables, [nested(p) for p in args[1]], nested(args[2])]
        row = zip(letters(head, len(args)), args, strict=True)
        return [head, *(nested(x) if letter in "svft" else x for letter, x in row)]

    facts = {k: {n: nested(i) for n, i in s[k].items()} for k in ("definitions", "assumptions", "conditions")}
    ends = [{k: None if p[k] is None else nested(p[k]) for k in ("base", "step")} for p in s["processes"]]
    processes = [p | end for p, end in zip(s["processes"], ends, strict=True)]
    main = {k: None if s[k] is None else nested(s[k]) for k in ("bound", "conclusion")}
    return digest(dict(s) | facts | main | {"processes": processes})


# --- one step, and the drawings of facts ------------------------------------------------------------------

SYMBOLS: dict[type, str] = {ast.LtE: "le", ast.Lt: "lt", ast.Eq: "eq", ast.Add: "add", ast.Mult: "mul"}


@cache
def drawn(drawing: str) -> Any:
    """A fact or a term in Python's notation as nested tuples, the nodes of its term; names stand for anything."""

    def read(x: Any) -> Any:
        match x:
            case ast.Name():
                return x.id
            case ast.Constant():
                return ("q", Fraction(ast.literal_eval(x)))
            case ast.UnaryOp():
                return ("mul", ("q", Fraction(-1)), read(x.operand))
            case ast.Compare():
                return (SYMBOLS[type(x.ops[0])], read(x.left), read(x.comparators[0]))
            case ast.BinOp(op=ast.Pow()):
                e = x.right.id if isinstance(x.right, ast.Name) else exponent(ast.literal_eval(x.right))
                return ("pow", read(x.left), e)
            case ast.BinOp(op=ast.Sub()):
                return ("add", read(x.left), ("mul", ("q", Fraction(-1)), read(x.right)))
            case ast.BinOp(op=ast.Div()):
                return ("mul", read(x.left), ("q", 1 / Fraction(ast.literal_eval(x.right))))
            case ast.BinOp():
                return (SYMBOLS[type(x.op)], read(x.left), read(x.right))
        return (x.func.id, *map(read, x.args))

    return read(ast.parse(drawing, mode="eval").body)


class Sequent(NamedTuple):
    hyps: frozenset[int]  # as keys of facts
    conclusion: int


class Step:
    """One step while it is checked: its arguments are read by sort, its premises are taken in order."""

    def __init__(self, proof: Proof, raw: Mapping[str, Any], number: int) -> None:
        self.proof, self.terms, self.normal = proof, proof.terms, proof.normal
        self.concl: int = self.terms.entry(raw["concl"], "f")
        self.hyps: list[int] = [self.terms.entry(h, "f") for h in array(raw["hyps"], "hyps")]
        self.keys = frozenset(map(self.normal.fact, self.hyps))
        self.premises: list[Sequent] = []
        for i in array(raw["prem"], "prem"):
            need(type(i) is int and 0 <= i < number, f"premise {i!r} is not an earlier step")
            self.premises.append(proof.sequents[i])
        self.args: dict[str, Any] = record(raw["args"], raw["args"], "args")
        self.read: set[str] = set()
        self.taken = 0
        self.values: dict[str, Any] = {}  # what the names in a drawing stand for

    # arguments

    def arg(self, key: str) -> Any:
        need(key in self.args, f"the argument {key} is missing")
        self.read.add(key)
        return self.args[key]

    def term(self, key: str, sort: str) -> Any:
        return self.terms.entry(self.arg(key), sort)

    def natural(self, key: str) -> str:
        """The name of an integer variable that is no declared integer."""
        name = text(self.arg(key), key)
        need(name not in self.terms.declared.minima, f"{name} is a declared integer")
        need(self.terms.variables.get(name, "integer") == "integer", f"{name} is a vector variable")
        return name

    # drawings

    def match(self, drawing: str, term: int) -> None:
        """The term has exactly this shape; its parts become the values of the names."""

        def same(shape: Any, x: Any) -> bool:
            if isinstance(shape, str):
                return self.values.setdefault(shape, x) == x
            if not isinstance(shape, tuple):
                return shape == x
            head, *args = self.terms.node(x)
            return head == shape[0] and len(args) == len(shape) - 1 and all(map(same, shape[1:], args))

        need(same(drawn(drawing), term), f"{self.show(term)} is not of the shape {drawing}")

    def build(self, drawing: str) -> int:
        def made(shape: Any) -> Any:
            if isinstance(shape, str):
                return self.values[shape]
            return self.terms.mk(shape[0], *map(made, shape[1:])) if isinstance(shape, tuple) else shape

        return made(drawn(drawing))

    # premises and conclusion

    def take(self, extra: Iterable[int] = ()) -> int:
        """The conclusion of the next premise, whose hypotheses must be ours or among the extra facts."""
        need(self.taken < len(self.premises), "a premise is missing")
        premise = self.premises[self.taken]
        self.taken += 1
        more = premise.hyps - self.keys - set(map(self.normal.fact, extra))
        need(not more, f"premise {self.taken} has a hypothesis that the step does not have")
        return premise.conclusion

    def expect(self, fact: int | str, extra: Iterable[int] = ()) -> None:
        """The next premise must conclude this fact."""
        fact, found = self.build(fact) if isinstance(fact, str) else fact, self.take(extra)
        need(self.same(found, fact), f"premise {self.taken} is {self.show(found)}, expected {self.show(fact)}")

    def conclude(self, fact: int | str) -> None:
        fact = self.build(fact) if isinstance(fact, str) else fact
        need(self.same(self.concl, fact), f"the conclusion should be {self.show(fact)}")

    def same(self, a: int, b: int) -> bool:
        return a == b or self.normal.fact(a) == self.normal.fact(b)

    def show(self, term: int) -> str:
        return self.terms.show(term)

    def without_hypotheses(self) -> None:
        need(not self.hyps, "a probability rule takes no hypotheses")

    def loose_in(self, facts: Iterable[int]) -> frozenset[str]:
        return frozenset[str]().union(*map(self.terms.free, facts))

    # conditional expectation

    def known(self, term: int, now: Time) -> bool:
        return self.terms.known(self.terms.uses(term), now)

    def hypotheses_known(self, now: Time) -> None:
        for h in self.hyps:
            fine = self.terms.head(h) in COMPARISONS and self.known(h, now)
            need(fine, f"the hypothesis {self.show(h)} is not F[{now}]-measurable")

    def dominated(self, term: int, now: Time) -> None:
        """The next two premises are X <= D and -X <= D with a D that dominates given F_now."""
        x, upper, lower = self.normal.of(term), self.take(), self.take()
        need(self.terms.head(upper) == self.terms.head(lower) == "le", "a domination premise is no <=")
        bound = accumulate(dict(x), self.normal.difference(upper))
        other = minus(self.normal.difference(lower), x)
        need(bound == other, f"premises {self.taken - 1}, {self.taken} are not X <= D, -X <= D with one D")
        self.dominates(bound, now)

    def dominates(self, bound: Poly, now: Time) -> None:
        """Each monomial is a constant, F_now-measurable atoms and a power p of the norm of the next noise."""
        t = self.terms
        (((norm, _),),) = self.normal.of(t.mk("norm", t.mk("vproc", t.declared.noise, now.plus(1))))
        for m in bound:
            for a, p in m:
                fine = (p.nonneg and (ALPHA + -p).nonneg) if a == norm else t.known(self.normal.atoms[a].uses, now)
                need(fine, f"{self.normal.show({((a, p),): 1})} does not dominate given F[{now}]")


# --- rules without side conditions: the drawing is the rule ------------------------------------------------

# Premises (if any) stand above the line, which names the arguments; every premise and the conclusion under the same
# hypotheses G.  Without arguments the conclusion has exactly the shape drawn.
DRAWINGS = {
    "cauchy_schwarz": """
        ---------------------------------
        inner(v, w) <= norm(v) * norm(w)""",
    "pow_pos": """
        0 < s
        ---------
        0 < s**e""",
    "ind_one": """
        F
        ------------
        ind(F) == 1""",
    "exp_neg_ln": """
        0 < s
        ------------------------
        exp(-ln(s)) == s**(-1)""",
    "exp_mono": """
        a <= b
        -----------------
        exp(a) <= exp(b)""",
    "exp_add": """
        ------------------------------
        exp(a) * exp(b) == exp(a + b)""",
    "exp_tangent": """
        ----------------
        1 + a <= exp(a)""",
    "exp_convex": """
        0 <= s;  s <= 1
        ------------------------------------------------------- [s, a, b]
        exp(s*a + (1 - s)*b) <= s * exp(a) + (1 - s) * exp(b)""",
    "exp_remainder": """
        v <= s*x;  -v <= s*x;  0 <= s;  s <= 1;  0 <= x
        ------------------------------------------------ [v, s, x]
        exp(v) - 1 - v <= s**2 * (exp(x) - 1 - x)""",
    "exp_bernstein": """
        0 <= x
        --------------------------------------------- [x]
        2 * (1 - x/3) * (exp(x) - 1 - x) <= x**2""",
}


def by_drawing(s: Step, drawing: str) -> None:
    above, line, below = re.split(r"(---.*)", drawing)
    names = re.findall(r"\w+", line.partition("[")[2].partition("]")[0])
    s.values |= {name: s.term(name, "s") for name in names}
    if names:
        s.conclude(below.strip())
    else:
        s.match(below.strip(), s.concl)
    for premise in filter(None, map(str.strip, above.split(";"))):
        s.expect(premise)


# --- the other rules --------------------------------------------------------------------------------------


def given(s: Step) -> None:
    """------- phi is the named fact of the statement
    |- phi
    """
    name, facts = s.arg("name"), s.proof.statement.facts
    need(isinstance(name, str) and name in facts, f"the statement has no fact {name!r}")
    s.conclude(facts[name])


def assume(s: Step) -> None:
    """--------------
    G, phi |- phi
    """
    need(s.normal.fact(s.concl) in s.keys, "the conclusion is no hypothesis")


def define(s: Step) -> None:
    """|- from <= n(s)                          |- n(s) + 1 <= from
    ---------------------------------- step     ---------------------- base
    |- process at s = step with t := s          |- process at s = base
    """
    t, name, now, case = s.terms, s.arg("name"), s.term("time", "t"), s.arg("case")
    need(isinstance(name, str) and name in s.proof.statement.processes, f"{name!r} is no process")
    base, step = s.proof.statement.processes[name]
    start = t.declared.starts[name]
    s.values |= {"now": now, "start": t.num(start)}
    if case == "step":
        value: int | None = t.put(step, {"t": now})
        if not t.surely(now.plus(-start)):
            s.expect("start <= n(now)")
    else:
        need(case == "base", f"unknown case {case!r}")
        value = base
        need(base is not None, f"{name} has no base")
        s.expect("n(now) + 1 <= start")
    equal, process = ("eq", "proc") if t.declared.kinds[name] == "y" else ("veq", "vproc")
    s.conclude(t.mk(equal, t.mk(process, name, now), value))


def intro(s: Step) -> None:
    """G, P_1..P_k |- phi
    --------------------------- no variable of vars free in G
    G |- all(vars, (P_i), phi)
    """
    variables, premises, fact = s.terms.shape(s.concl, "all")
    need(all(sort in ("nat", "vec") for _, sort in variables), "only nat and vec variables can be introduced")
    caught = {v for v, _ in variables} & s.loose_in(s.hyps)
    need(not caught, f"{', '.join(sorted(caught))} is free in a hypothesis")
    s.expect(fact, premises)


def elim(s: Step) -> None:
    """G |- all(vars, (P_i), phi)   G |- P_i s   [G |- 0 <= n(time)]
    ------------------------------------------------------------------ a value of time sort r is F_(r s)-measurable
    G |- phi s
    """
    t = s.terms
    variables, premises, fact = t.shape(s.take(), "all")
    sub = [array(pair, "a substitution", 2) for pair in array(s.arg("sub"), "sub")]
    need(sorted(str(v) for v, _ in sub) == sorted(v for v, _ in variables), "sub is not for the variables")
    values = {v: t.entry(index, "t" if dict(variables)[v] == "nat" else "v") for v, index in sub}
    for p in premises:
        s.expect(t.put(p, values))
    for v, sort in variables:
        if sort == "nat" and not t.surely(values[v]):
            s.values["time"] = values[v]
            s.expect("0 <= n(time)")
        elif isinstance(sort, Time):
            now = sort.put(values)
            need(s.known(values[v], now), f"{s.show(values[v])} for {v} is not F[{now}]-measurable")
    s.conclude(t.put(fact, values))


def cases(s: Step) -> None:
    """G, P |- phi   G, Q |- phi
    ---------------------------- P or Q
    G |- phi
    """
    t, p, q = s.terms, s.term("P", "f"), s.term("Q", "f")
    head, *sides = t.node(p)
    need(head in COMPARISONS, f"{s.show(p)} or {s.show(q)} need not be exhaustive")
    others = [t.mk("eq", t.mk("ind", p), t.num(0))]
    if head == "le":
        a, b = sides
        others += [t.mk("le", b, a), t.mk("lt", b, a)]
        if t.head(a) == t.head(b) == "n":
            others.append(t.mk("le", t.mk("n", t.node(b)[1].plus(1)), a))
    need(any(s.same(q, other) for other in others), f"{s.show(p)} or {s.show(q)} need not be exhaustive")
    s.expect(s.concl, (p,))
    s.expect(s.concl, (q,))


def conj(s: Step) -> None:
    """G |- phi_1 ... G |- phi_k
    ----------------------------
    G |- and(phi_1..phi_k)
    """
    for fact in s.terms.shape(s.concl, "and"):
        s.expect(fact)


def pick(s: Step) -> None:
    """G |- and(phi_1..phi_k)
    -------------------------
    G |- phi_i
    """
    members = s.terms.shape(s.take(), "and")
    need(any(s.same(s.concl, m) for m in members), "the conclusion is no member")


def induct(s: Step) -> None:
    """G |- phi[t := 0]   G, phi |- phi[t := t+1]
    -------------------------------------------- t not free in G
    G |- phi
    """
    t = s.natural("t")
    need(t not in s.loose_in(s.hyps), f"{t} is free in a hypothesis")
    s.expect(s.terms.put(s.concl, {t: Time(0)}))
    s.expect(s.terms.put(s.concl, {t: variable(t).plus(1)}), (s.concl,))


def induct_strong(s: Step) -> None:
    """G, H, all t: (t + 1 <= T, H[T := t]) => phi[T := t] |- phi
    ------------------------------------------------------------- T not free in G, t not in phi, H
    G, H |- phi
    """
    upto, t, terms = s.natural("T"), s.natural("t"), s.terms
    local = [terms.entry(h, "f") for h in array(s.arg("H"), "H")]
    need(t != upto, "T and t are the same variable")
    need(t not in s.loose_in([s.concl, *local]), f"{t} is free in the conclusion or in H")
    chosen = set(map(s.normal.fact, local))
    need(chosen <= s.keys, "a fact of H is no hypothesis of the step")
    others = [h for h in s.hyps if s.normal.fact(h) not in chosen]
    need(upto not in s.loose_in(others), f"{upto} is free in a hypothesis outside H")
    s.values |= {"t": variable(t), "T": variable(upto)}
    earlier = {upto: variable(t)}
    premises = (s.build("n(t) + 1 <= n(T)"), *(terms.put(h, earlier) for h in local))
    s.expect(s.concl, (terms.mk("all", ((t, "nat"),), premises, terms.put(s.concl, earlier)),))


def absurd(s: Step) -> None:
    """G |- a <= b
    -------------- a - b a positive constant (>= 0 for a < b, nonzero for a = b)
    G |- phi
    """
    fact = s.take()
    head = s.terms.head(fact)
    need(head in ("le", "lt", "eq"), "the premise is no comparison of scalars")
    p = s.normal.difference(fact)
    c = p.get((), 0)
    false = c < 0 if head == "le" else c <= 0 if head == "lt" else c != 0
    need(p.keys() <= {()} and false, f"{s.show(fact)} is not false")


def combine(s: Step) -> None:
    """G |- c_i <= d_i (also <, =, veq)   G |- 0 <= m_i   G |- 0 < scale
    --------------------------------------------------------------------- scale (b-a) - sum m (d-c) - sum squares >= 0
    G |- a <= b (also <, =, veq)
    """
    t, normal, goal = s.terms, s.normal, s.terms.head(s.concl)
    need(goal in COMPARISONS, "the goal is no comparison")
    facts = [s.take() for _ in s.premises]
    mentioned: set[int] = set()
    rows = {}
    for key in sorted({"items", "squares", "scale"} & s.args.keys()):
        given_rows = s.arg(key)
        if given_rows != (None if key == "scale" else []):
            rows[key] = array(given_rows, key, 2) if key == "scale" else [array(row, key, 3) for row in given_rows]

    def premise(at: object) -> int:
        if type(at) is not int or not 0 <= at < len(facts):
            raise Invalid(f"no premise at position {at!r}")
        mentioned.add(at)
        return facts[at]

    def signed(multiplier: int, at: object, strict: bool = False) -> bool:
        """Whether the multiplier is known to be >= 0 (> 0 if strict); a cited premise must say so."""
        m, fact = normal.of(multiplier), None if at is None else premise(at)
        s.values["m"] = multiplier
        if fact is None:
            return normal.positive(m) if strict else normal.nonneg(m)
        return s.same(fact, s.build("0 < m")) or (not strict and s.same(fact, s.build("0 <= m")))

    def vector_equation() -> None:
        need(not rows.keys() & {"squares", "scale"}, "a vector equation takes no squares and no scale")
        rest = normal.vector_difference(s.concl)
        for at, index, by in rows.get("items", []):
            fact, m = premise(at), normal.of(t.entry(index, "s"))
            need(t.head(fact) == "veq" and by is None, "a vector equation follows from vector equations only")
            rest = normal.combined([({(): 1}, rest), (negated(m), normal.vector_difference(fact))])
        need(not rest, "the vector residual is not 0")

    def comparison() -> None:
        rest, strict = normal.difference(s.concl), goal == "le"
        if "scale" in rows:
            factor = t.entry(rows["scale"][0], "s")
            need(signed(factor, rows["scale"][1], strict=True), "the scale is not known to be > 0")
            rest = normal.mul(normal.of(factor), rest)
        for at, index, by in rows.get("items", []):
            fact = premise(at)
            head = t.head(fact)
            need(head in COMPARISONS, f"an item is no comparison: {s.show(fact)}")
            m = t.entry(index, "v" if head == "veq" else "s")
            if head == "veq":
                rest = minus(rest, normal.inner(normal.vector(m), normal.vector_difference(fact)))
            else:
                rest = minus(rest, normal.mul(normal.of(m), normal.difference(fact)))
            if head in ("le", "lt"):
                need(goal != "eq", "an equation follows from equations only")
                need(signed(m, by), f"the multiplier {s.show(m)} is not known to be >= 0")
                strict |= head == "lt" and signed(m, by, strict=True)
            else:
                need(by is None, "the multiplier of an equation needs no sign")
        for index, base, by in rows.get("squares", []):
            need(goal != "eq", "an equation takes no squares")
            m, x = t.entry(index, "s"), t.entry(base, "sv")
            need(signed(m, by), f"the coefficient {s.show(m)} is not known to be >= 0")
            v = normal.vector(x) if SORT[t.head(x)] == "v" else {}
            square = normal.inner(v, v) if SORT[t.head(x)] == "v" else normal.power(normal.of(x), 2)
            rest = minus(rest, normal.mul(normal.of(m), square))
        if goal == "eq":
            need(not rest, f"residual {normal.show(rest)} is not 0")
        else:
            need(normal.nonneg(rest), f"residual {normal.show(rest)} is not manifestly >= 0")
            need(strict or normal.positive(rest), "the inequality is not strict")

    vector_equation() if goal == "veq" else comparison()
    need(mentioned == set(range(len(facts))), "a premise is not used")


def pow_split(s: Step) -> None:
    """G |- 0 < s
    -------------------------------- e3 = e1 + e2
    G |- s**e1 * s**e2 = s**e3
    """
    s.match("s**e1 * s**e2 == s**e3", s.concl)
    need(s.values["e1"] + s.values["e2"] is s.values["e3"], "the exponents do not add up")
    s.expect("0 < s")


def pow_mono(s: Step) -> None:
    """G |- 0 <= a   G |- a <= b              G |- 0 < a   G |- a <= b
    ---------------------------- e >= 0       -------------------------- -e >= 0
    G |- a**e <= b**e                         G |- b**e <= a**e
    """
    s.match("x**e <= y**e", s.concl)
    e = s.values["e"]
    need(e.nonneg or (-e).nonneg, f"the sign of the exponent {e} is not known")
    s.expect("0 <= x" if e.nonneg else "0 < y")
    s.expect("x <= y" if e.nonneg else "y <= x")


def amgm(s: Step) -> None:
    """G |- 0 <= x   G |- 0 <= z
    ------------------------------------------------------------------- 0 <= theta <= 1, rest = 1 - theta
    G |- x**theta * z**rest <= expo(theta) * x + expo(rest) * z
    """
    theta = read_exponent(s.arg("theta"))
    rest = ONE + -theta
    need(theta.nonneg and rest.nonneg, f"not known: 0 <= {theta} <= 1")
    s.match("x**e * z**f <= bound", s.concl)
    need(s.values["e"] is theta and s.values["f"] is rest, "the exponents are not theta and 1 - theta")
    s.conclude("x**e * z**f <= expo(e) * x + expo(f) * z")
    s.expect("0 <= x")
    s.expect("0 <= z")


def sum_zero(s: Step) -> None:
    """G |- n(T) <= 0 (none if T is 0)
    ---------------------------------- likewise vsum(j<T, b) = 0 * vsum(j<T, b)
    G |- sum(j<T, b) = 0
    """
    scalar = s.terms.head(s.concl) == "eq"
    s.match("sum(j, T, b) == 0" if scalar else "veq(vsum(j, T, b), scale(0, vsum(j, T, b)))", s.concl)
    if s.values["T"] != Time(0):
        s.expect("n(T) <= 0")


def sum_step(s: Step) -> None:
    """G |- 0 <= n(T) (none if surely)
    ----------------------------------------------- likewise for vsum
    G |- sum(j<T+1, b) = sum(j<T, b) + b[j := T]
    """
    scalar = s.terms.head(s.concl) == "eq"
    shape = "sum(j, after, b) == sum(j, T, b) + last" if scalar else "veq(vsum(j, after, b), vadd(vsum(j, T, b), last))"
    s.match(shape, s.concl)
    j, after, upto, b, last = (s.values[name] for name in ("j", "after", "T", "b", "last"))
    need(after == upto.plus(1) and last == s.terms.put(b, {j: upto}), "the last term is not b[j := T]")
    if not s.terms.surely(upto):
        s.expect("0 <= n(T)")


def inner_sum(s: Step) -> None:
    """----------------------------------------------------- j not free in v
    |- inner(v, vsum(j<T, w)) = sum(j<T, inner(v, w))
    """
    s.match("inner(v, vsum(j, T, w)) == sum(j, T, inner(v, w))", s.concl)
    j, v = s.values["j"], s.values["v"]
    need(j not in s.terms.free(v), f"{j} is free in {s.show(v)}")


def E_mono(s: Step) -> None:
    """G |- X <= Y   G |- |X| <= D   G |- |Y| <= D'
    ----------------------------------------------- G F_s-measurable; likewise with = for <=
    G |- E(s, X) <= E(s, Y)
    """
    sign = "==" if s.terms.head(s.concl) == "eq" else "<="
    s.match(f"E(s, X) {sign} E(s, Y)", s.concl)
    s.hypotheses_known(s.values["s"])
    s.expect(f"X {sign} Y")
    s.dominated(s.values["X"], s.values["s"])
    s.dominated(s.values["Y"], s.values["s"])


def E_lin(s: Step) -> None:
    """G |- |X_i| <= D_i (none if X_i is 1)
    ---------------------------------------- G, c_i F_s-measurable; Z = sum c_i X_i
    G |- E(s, Z) = sum c_i E(s, X_i)
    """
    t, normal = s.terms, s.normal
    s.match("E(s, Z) == right", s.concl)
    now = s.values["s"]
    s.hypotheses_known(now)
    total: Poly = {}
    means: Poly = {}
    for row in array(s.arg("parts"), "parts"):
        c, x = (t.entry(i, "s") for i in array(row, "a part", 2))
        need(s.known(c, now), f"{s.show(c)} is not F[{now}]-measurable")
        one = x == t.num(1)
        if not one:
            s.dominated(x, now)
        accumulate(total, normal.mul(normal.of(c), normal.of(x)))
        accumulate(means, normal.mul(normal.of(c), normal.of(x if one else t.mk("E", now, x))))
    need(normal.of(s.values["Z"]) == total, "the integrand is not the sum of the parts")
    need(normal.of(s.values["right"]) == means, "the right side is not the sum of the expectations")


def E_vec(s: Step) -> None:
    """G |- norm(v) <= D
    -------------------------------------------- G, a F_s-measurable
    G |- inner(a, Ev(s, v)) = E(s, inner(a, v))
    """
    t = s.terms
    s.match("inner(a, Ev(s, v)) == E(s, inner(a, v))", s.concl)
    now, a = s.values["s"], s.values["a"]
    s.hypotheses_known(now)
    need(s.known(a, now), f"{s.show(a)} is not F[{now}]-measurable")
    fact = s.take()
    need(t.head(fact) == "le", "the domination premise is no <=")
    s.dominates(accumulate(dict(s.normal.of(s.build("norm(v)"))), s.normal.difference(fact)), now)


def ville(s: Step) -> None:
    """E(t-1, exp(Y)) <= 1   |exp(Y)| <= D   0 <= A
    ------------------------------------------------ Y F_t-measurable, A deterministic (ledger: Ville)
    |- whp(exp(-A), all T <= N: sum(t < T, Y) <= A)
    """
    s.without_hypotheses()
    now, upto, last = s.natural("t"), s.natural("T"), s.arg("N")
    need(now != upto, "t and T are the same variable")
    need(isinstance(last, str) and last in s.terms.declared.minima, f"{last!r} is no declared integer")
    y, a = s.term("Y", "s"), s.term("A", "s")
    need(s.known(y, variable(now)), f"Y is not F[{now}]-measurable")
    need(s.terms.loose(y) <= {now}, f"Y has a free variable other than {now}")
    need(not s.terms.uses(a) and not s.terms.loose(a), "A is not deterministic, or has a free variable")
    s.values |= {"t": now, "T": variable(upto), "N": variable(last), "past": variable(now).plus(-1), "Y": y, "A": a}
    s.expect("E(past, exp(Y)) <= 1")
    s.dominated(s.build("exp(Y)"), s.values["past"])
    s.expect("0 <= A")
    until = s.terms.mk("all", ((upto, "nat"),), (s.build("n(T) <= n(N)"),), s.build("sum(t, T, Y) <= A"))
    s.conclude(s.terms.mk("whp", s.build("exp(-A)"), until))


def whp(s: Step) -> None:
    """|- whp(e_i, phi_i), i = 1..k   phi_1..phi_k |- phi   |- e_1 + ... + e_k <= e
    ------------------------------------------------------------------------------- k >= 1
    |- whp(e, phi)
    """
    t = s.terms
    s.without_hypotheses()
    failure, fact = t.shape(s.concl, "whp")
    need(len(s.premises) >= 3, "a premise is missing")
    events = [t.shape(s.take(), "whp") for _ in s.premises[2:]]
    s.expect(fact, [event for _, event in events])
    s.expect(t.mk("le", t.mk("add", *(e for e, _ in events)), failure))


RULES: dict[str, Callable[[Step], None]] = {
    rule.__name__: rule
    for rule in (
        *(given, assume, define, intro, elim, cases, conj, pick, induct, induct_strong, absurd, combine),
        *(pow_split, pow_mono, amgm, sum_zero, sum_step, inner_sum, E_mono, E_lin, E_vec, ville, whp),
    )
}


# --- replaying a proof ------------------------------------------------------------------------------------


class Leaves(NamedTuple):
    """What a proof rests on: named facts of the statement, definitions of processes, ledger axioms."""

    given: frozenset[str] = frozenset()
    define: frozenset[str] = frozenset()
    axioms: frozenset[str] = frozenset()


class Report(NamedTuple):
    """What an accepted certificate says."""

    format: str
    id: str
    variant: str
    sha256: str  # of the statement
    steps: int
    leaves: Leaves
    summary: str


class Proof:
    """A replay: the sequents of the steps so far."""

    def __init__(self, statement: Statement) -> None:
        self.statement, self.terms = statement, statement.terms
        self.normal = Normal(statement.terms)
        self.sequents: list[Sequent] = []

    def replay(self, number: int, raw: object) -> None:
        row = record(raw, ("rule", "concl", "hyps", "prem", "args"), "a step")
        rule, step = row["rule"], Step(self, row, number)
        if isinstance(rule, str) and rule in DRAWINGS:
            by_drawing(step, DRAWINGS[rule])
        else:
            need(isinstance(rule, str) and rule in RULES, f"unknown rule {rule!r}")
            RULES[rule](step)
        need(step.taken == len(step.premises), "a premise is not used")
        unknown = set(step.args) - step.read
        need(not unknown, f"unknown argument {', '.join(sorted(unknown))}")
        self.sequents.append(Sequent(step.keys, step.concl))

    def end(self) -> None:
        need(bool(self.sequents), "there are no steps")
        hyps, fact = self.sequents[-1]
        need(not hyps, "the last step has hypotheses")
        same = self.normal.fact(fact) == self.normal.fact(self.statement.conclusion)
        need(same, "the last step is not the statement's conclusion")


def leaves(obj: Mapping[str, Any]) -> Leaves:
    """The leaves on which the last step of a (well-formed) certificate rests."""
    steps = obj["steps"]
    needed = {len(steps) - 1} & set(range(len(steps)))
    for i in range(len(steps) - 1, -1, -1):
        needed |= set(steps[i]["prem"]) if i in needed else set()
    used = [steps[i] for i in needed]
    named = {
        key: frozenset(step["args"]["name"] for step in used if step["rule"] == key) for key in ("given", "define")
    }
    return Leaves(**named, axioms=frozenset(LEDGER) & {step["rule"] for step in used})


def attempt(place: tuple[int | None, str], action: Callable[..., Any], *args: Any) -> Any:
    """Run one part of a check; whatever goes wrong is a refusal at this place."""
    try:
        return action(*args)
    except Invalid as error:
        raise Refused(*place, str(error)) from None
    except RecursionError:
        raise Refused(*place, "a term is nested too deeply") from None
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError, MemoryError) as error:
        raise Refused(*place, f"malformed ({type(error).__name__}: {error})") from None


def check_digests(obj: Mapping[str, Any], statement: Statement) -> None:
    need(obj["statement_sha256"] == statement.sha256, f"the statement has sha256 {statement.sha256}")
    found = digest({k: x for k, x in obj.items() if k != "sha256"})
    need(obj["sha256"] == found, f"the content has sha256 {found}, the file says {str(obj['sha256'])[:64]}")


def check_proof(obj: Mapping[str, Any]) -> Report:
    keys = ("format", "statement", "terms", "steps", "statement_sha256", "sha256")
    attempt((None, "the file"), record, obj, keys, "a proof")
    s: Statement = attempt((None, "the statement"), read_statement, obj)
    proof = Proof(s)
    steps = attempt((None, "the file"), array, obj["steps"], "steps")
    for i, raw in enumerate(steps):
        rule = raw.get("rule") if isinstance(raw, dict) else None
        attempt((i, str(rule)[:40]), proof.replay, i, raw)
    attempt((None, "the end"), proof.end)
    attempt((None, "the digests"), check_digests, obj, s)
    used = leaves(obj)
    axioms = ",".join(sorted(used.axioms)) or "none"
    summary = f"PROVED {s.id} {s.variant} (steps={len(steps)}, axioms={axioms}, statement sha256 {s.sha256})"
    return Report(obj["format"], s.id, s.variant, s.sha256, len(steps), used, summary)


# --- numerical certificates -------------------------------------------------------------------------------

NUMERIC = frozenset(["q", "par", "n", "add", "mul", "pow", "expo", "exp", "ln", "le", "lt", "eq", "and"])
ABOUT_THE_PROBLEM = frozenset(["proc", "inner", "norm", "app", "E", "veq", *(h for h, s in SORT.items() if s == "v")])


class Evaluation:
    """The values of terms at the given values of parameters and integers, with a given precision."""

    def __init__(self, statement: Statement, values: Mapping[str, Fraction], bits: int) -> None:
        self.statement, self.terms, self.arithmetic = statement, statement.terms, Arithmetic(bits)
        self.alpha = values["alpha"]
        self.names: dict[str, Value] = dict(values)
        self._memo: dict[int, Value] = {}
        for name, term in statement.definitions.items():
            value = self.value(term)
            agrees = name not in values or self.equal(values[name], value)
            need(agrees, f"the value of {name} is not that of its definition")
            self.names.setdefault(name, value)

    def value(self, term: int) -> Value:
        if term not in self._memo:
            try:
                self._memo[term] = self._compute(term)
            except ZeroDivisionError as error:
                raise Invalid(f"{self.terms.show(term)}: {error}") from None
        return self._memo[term]

    def _compute(self, term: int) -> Value:
        a = self.arithmetic
        head, *args = self.terms.node(term)
        match head:
            case "q":
                return args[0]
            case "par":
                return self._named(args[0])
            case "n":
                parts: list[Value] = [a.mul(Fraction(k), self._named(v)) for v, k in args[0].coefs]
                return reduce(a.add, [Fraction(args[0].const), *parts])
            case "add" | "mul":
                return reduce(a.add if head == "add" else a.mul, map(self.value, args))
            case "pow":
                return a.power(self.value(args[0]), args[1].at(self.alpha))
            case "expo":
                return args[0].at(self.alpha)
            case "exp" | "ln":
                return (a.exp if head == "exp" else a.ln)(self.value(args[0]))
        raise Invalid(f"{head} has no numerical value")

    def _named(self, name: str) -> Value:
        need(name in self.names, f"{name} has no value")
        return self.names[name]

    def equal(self, x: Value, y: Value) -> bool:
        return self.arithmetic.less_equal(x, y) and self.arithmetic.less_equal(y, x)

    def holds(self, fact: int) -> bool:
        head, *args = self.terms.node(fact)
        if head == "and":
            return all(map(self.holds, args))
        test = {"le": self.arithmetic.less_equal, "lt": self.arithmetic.less, "eq": self.equal}[head]
        return test(*map(self.value, args))

    def check(self, lower: Fraction, upper: Fraction) -> None:
        """Signs, conditions, assumptions without vectors and processes, and the enclosure of the bound."""
        s, t, less_equal = self.statement, self.terms, self.arithmetic.less_equal
        for name in s.definitions:
            sign = t.declared.signs[name]
            found = 0 if sign == "real" else self.arithmetic.sign(self._named(name))
            need(sign == "real" or found > 0 or (sign == "nonneg" and found == 0), f"{name} is not {sign}")
        for name in (*s.conditions, *s.assumptions):
            fact = s.facts[name]
            heads = {t.head(x) for x in t.subterms(fact)}
            if name in s.conditions or not heads & ABOUT_THE_PROBLEM:
                need(heads <= NUMERIC, f"{name} cannot be evaluated: {t.show(fact)}")
                need(self.holds(fact), f"{name} does not hold: {t.show(fact)}")
        if s.bound is None:
            raise Invalid("the statement has no bound")
        value = self.value(s.bound)
        inside = less_equal(lower, value) and less_equal(value, upper)
        need(inside, "the value of the bound is not between lower and upper")


def check_bound(obj: Mapping[str, Any]) -> Report:
    keys = ("format", "statement", "terms", "statement_sha256", "values", "bound", "sha256")
    attempt((None, "the file"), record, obj, keys, "a bound")
    s: Statement = attempt((None, "the statement"), read_statement, obj)
    values = attempt((None, "the values"), read_values, obj["values"], s)
    ends = attempt((None, "the bound"), record, obj["bound"], ("lower", "upper"), "bound")
    lower, upper = (attempt((None, "the bound"), rational, ends[k]) for k in ("lower", "upper"))
    attempt((None, "the evaluation"), evaluate, s, values, lower, upper)
    attempt((None, "the digests"), check_digests, obj, s)
    chosen = ", ".join(f"{n}={x}" for n, x in values.items())
    summary = f"BOUND {s.id} {s.variant} in [{lower}, {upper}] at {chosen} (statement sha256 {s.sha256})"
    return Report(obj["format"], s.id, s.variant, s.sha256, 0, Leaves(), summary)


def read_values(raw: object, statement: Statement) -> dict[str, Fraction]:
    d = statement.terms.declared
    names = d.minima.keys() | (d.signs.keys() - statement.definitions.keys())
    values = {name: rational(x) for name, x in record(raw, names, "values", statement.definitions).items()}
    for name, low in d.minima.items():
        need(values[name].denominator == 1 and values[name] >= low, f"{name} is no integer >= {low}")
    need(1 < values["alpha"] <= 2, "alpha is not in (1, 2]")
    for name, sign in d.signs.items():
        x = values.get(name, Fraction(1))
        need(sign == "real" or x > 0 or (sign == "nonneg" and x == 0), f"{name} is not {sign}")
    return values


def evaluate(statement: Statement, values: Mapping[str, Fraction], lower: Fraction, upper: Fraction) -> None:
    reason = ""
    for bits in PRECISIONS:
        try:
            return Evaluation(statement, values, bits).check(lower, upper)
        except Unclear as error:
            reason = str(error)
    raise Invalid(f"undecided with {PRECISIONS[-1]} bits: {reason}")


# --- files ------------------------------------------------------------------------------------------------


def load(data: bytes) -> dict[str, Any]:
    """The JSON object in a file: no repeated keys, no floats, no NaN."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            raise ValueError("a key is repeated in an object")
        return out

    def refuse(number: str) -> Any:
        raise ValueError(f"the number {number[:40]} is no integer")

    try:
        obj = json.loads(data.decode(), object_pairs_hook=distinct, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Refused(None, "the file", f"no readable JSON: {error}") from None
    if not isinstance(obj, dict):
        raise Refused(None, "the file", "no JSON object")
    return obj


def check(obj: Mapping[str, Any]) -> Report:
    """Check a certificate; raises Refused."""
    kinds = {"tailcert-proof/1": check_proof, "tailcert-bound/1": check_bound}
    found = obj.get("format")
    if not isinstance(found, str) or found not in kinds:
        raise Refused(None, "the file", f"unknown format {str(found)[:40]!r}")
    return kinds[found](obj)


def examine(path: str) -> tuple[Report | str, int]:
    """What is to be said of a file, and the exit code: 0 if it is right, 1 if it is refused, 2 if it cannot be read."""
    try:
        return check(load(Path(path).read_bytes())), 0
    except OSError as error:
        return f"UNREADABLE: {error.strerror}", 2
    except Refused as error:
        return f"REFUSED {error}", 1


def main(argv: list[str]) -> int:
    """One line for each file, checked on all cores; the largest exit code."""
    if not argv or argv[0].startswith("-"):
        print("usage: recheck.py FILE ...", file=sys.stderr)
        return 2
    if len(argv) == 1:
        examined = [examine(*argv)]
    else:
        with ProcessPoolExecutor(initializer=gc.disable) as pool:  # nothing here is freed by a search for cycles
            examined = list(pool.map(examine, argv))
    results = [(path, result) for path, (result, _) in zip(argv, examined, strict=True)]
    proofs = {r.sha256: p for p, r in results if isinstance(r, Report) and r.format == "tailcert-proof/1"}
    for path, result in results:
        line = result if isinstance(result, str) else result.summary
        if isinstance(result, Report) and result.format == "tailcert-bound/1":
            line += f"; proved by {proofs[result.sha256]}" if result.sha256 in proofs else "; proof not given"
        print(f"{path}: {' '.join(line.split())}")
    return max(code for _, code in examined)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
