"""What a statement must be before a proof of it means anything (docs/rules.md, "Statement").

Names are distinct and of one sort, recursions well founded and measurable, definitions cannot contradict themselves.
"""

from __future__ import annotations

from bounds.statement import Statement
from bounds.terms import BINDERS, Term, free_variables, le, lt, mk, par, subterms, time, time_sub
from verify.kernel.checker import COMPARISONS, require, under_expectation
from verify.kernel.measurable import Fields, deterministic
from verify.kernel.normal import KernelError


def check_statement(st: Statement) -> None:
    """Names are distinct, processes well founded and measurable, the bound is what the conclusion says."""
    names = [*st.integers, *st.parameters, *st.vectors, *st.functions, st.noise, *(p.name for p in st.processes)]
    require(len(set(names)) == len(names), "two objects of the statement have the same name")
    require("t" not in names, "t is the variable of the recursions and cannot be declared")
    for name, (low, _) in st.integers.items():
        require(low >= 0, "expected a minimum >= 0 for the integer {}, got {}", name, low)
    require("alpha" in st.parameters, "the statement has no parameter alpha")
    require(st.parameters["alpha"].sign == "pos", "alpha must be positive")
    for wanted in (lt(1, par("alpha")), le(par("alpha"), 2)):
        require(wanted in st.assumptions.values(), "the statement does not assume {!r}", wanted)
    unknown = set(st.free_parameters) - set(st.parameters)
    require(not unknown, "free parameters {} are not parameters", sorted(unknown))
    fields = Fields(st)
    earlier: list[str] = []
    for p in st.processes:
        _check_process(st, fields, p.name, earlier)
        earlier.append(p.name)
    _check_definitions(st)
    for group in (st.definitions, st.assumptions, st.conditions):
        for name, fact in group.items():
            require(free_variables(fact) <= set(st.integers), "{} has free variables", name)
    for name, fact in st.conditions.items():
        require(
            fact.head in ("le", "lt") and all(map(deterministic, fact.args)), "condition {} is not of parameters", name
        )
    require(free_variables(st.conclusion) <= set(st.integers), "the conclusion has free variables")
    if st.bound is not None:
        _check_bound(st.bound, st.conclusion)


def _check_bound(bound: Term, conclusion: Term) -> None:
    """The bound is the right-hand side of the last inequality of ``whp(e, and(...))``."""
    require(conclusion.head == "whp" and conclusion.args[1].head == "and", "expected the conclusion whp(e, and(...))")
    last = conclusion.args[1].args[-1]
    require(last.head == "le" and last.args[1] is bound, "the bound is not the last inequality of the conclusion")
    require(deterministic(bound), "the bound is not deterministic")


def _check_definitions(st: Statement) -> None:
    """``parameter = term`` of earlier parameters, once; or a fact for all vectors that defines a function."""
    open_names = {f.args[0].args[0] for f in st.definitions.values() if _defines_parameter(f)}
    for name, fact in st.definitions.items():
        if _defines_parameter(fact):
            target = fact.args[0].args[0]
            require(target in open_names, "{} defines {} a second time", name, target)
            require(
                target != "alpha" and target not in st.free_parameters, "{} defines {}, which is given", name, target
            )
            used = _names(fact.args[1])
            require(deterministic(fact.args[1]) and not used & open_names, "{} is circular or not deterministic", name)
            open_names.discard(target)
        else:
            require(_defines_function(fact), "{} defines neither a parameter nor the value of a function", name)
            random = _heads(fact) & {"proc", "vproc", "E", "Ev", "whp"}
            require(not random, "{} is not deterministic: it mentions {}", name, sorted(random))
            _check_factor(st, name, fact)
    _check_order(st)


def _check_factor(st: Statement, name: str, fact: Term) -> None:
    """With a factor that may be 0 the definition can be a contradiction."""
    _, premises, equation = fact.args
    left, _ = equation.args
    if left.head == "scale":
        factor, _ = left.args
        floors = [p.args[0] for p in premises if p.head == "le" and p.args[1] is factor]
        positive = any(a.head == "par" and st.parameters[a.args[0]].sign == "pos" for a in floors)
        require(
            positive,
            "the factor {!r} of {} may be 0: expected a premise p <= factor, p a positive parameter",
            factor,
            name,
        )


def _check_order(st: Statement) -> None:
    """What is defined, parameters and functions together, is not defined by itself, through others either."""
    uses: dict[str, set[str]] = {}  # name -> names in its definitions
    for fact in st.definitions.values():
        equation = fact if _defines_parameter(fact) else fact.args[2]
        target = equation.args[0]
        target = (target.args[1] if target.head == "scale" else target).args[0]
        parts = (fact.args[1],) if fact is equation else (*fact.args[1], equation.args[1])
        uses.setdefault(target, set()).update(*map(_names, parts))
    while ready := {name for name, used in uses.items() if not used & uses.keys()}:
        uses = {name: used for name, used in uses.items() if name not in ready}
    path = sorted(uses)[:1]
    while path and path[-1] not in path[:-1]:
        path.append(min(uses[path[-1]] & uses.keys()))
    if path:
        circle = path[path.index(path[-1]) :]
        raise KernelError(f"{circle[0]} is defined by itself: {' by '.join(circle)}")


def _defines_parameter(fact: Term) -> bool:
    return fact.head == "eq" and fact.args[0].head == "par"


def _defines_function(fact: Term) -> bool:
    """For all vectors v: ... => f(v) = value, or factor * f(v) = value."""
    if fact.head != "all" or fact.args[2].head not in ("eq", "veq"):
        return False
    variables, premises, equation = fact.args
    if any(p.head not in COMPARISONS for p in premises):
        return False  # a case that need not be a Borel set
    left = equation.args[0]
    if left.head == "scale":
        left = left.args[1]
    of_variable = left.head in ("app", "vapp") and left.args[1].head == "vvar"
    return of_variable and variables == ((left.args[1].args[0], "vec"),)


def _heads(term: Term) -> set[str]:
    return {term.head}.union(*map(_heads, subterms(term)))


def _names(term: Term) -> set[str]:
    """The parameters and functions in a term."""
    own = {term.args[0]} if term.head in ("par", "app", "vapp") else set()
    return own.union(*map(_names, subterms(term)))


def _check_process(st: Statement, fields: Fields, name: str, earlier: list[str]) -> None:
    p = next(q for q in st.processes if q.name == name)
    require(p.start >= 0, "the recursion of {} starts at {}, expected a start >= 0", name, p.start)
    if p.base is not None:
        require(not _stochastic(p.base) and not free_variables(p.base), "the base of {} is not a constant", name)
    require(free_variables(p.step) <= {"t", *st.integers}, "the step of {} has free variables", name)
    require(not _sums_over_t(p.step), "a sum in the step of {} is over t, the variable of the recursion", name)
    now = time(0, t=1)
    for atom in _occurrences(p.step):
        require(atom.head in ("proc", "vproc"), "the step of {} contains {}", name, atom.head)
        other, r = atom.args
        if other == st.noise:
            continue
        late = time(0, t=1) if other in earlier else time(-1, t=1)
        require(
            fields.surely_nonneg(time_sub(late, r)),
            "the recursion of {} is not well founded at {}[{!r}]",
            name,
            other,
            r,
        )
    at = mk("time", now.args[0] + p.level, now.args[1])
    require(fields.measurable(p.step, at), "the step of {} is not measurable at its declared level", name)


def _sums_over_t(term: Term) -> bool:
    """Then an index t in the step need not be the time of the step, and r <= t - 1 would say nothing."""
    return (term.head in BINDERS and term.args[0] == "t") or any(map(_sums_over_t, subterms(term)))


def _occurrences(term: Term) -> list[Term]:
    if term.head in ("proc", "vproc", "E", "Ev", "vvar"):
        return [term]
    return [x for s in subterms(term) for x in _occurrences(s)]


def _stochastic(term: Term) -> bool:
    return bool(_occurrences(term))


class Names:
    """Every name in a term is declared, with the right sort; bound variables are not declared names."""

    def __init__(self, st: Statement) -> None:
        self.scalars = {p.name for p in st.processes if p.sort == "scalar"}
        self.declared: dict[str, set[str]] = {
            "par": set(st.parameters),
            "vpar": set(st.vectors),
            "proc": self.scalars,
            "vproc": {p.name for p in st.processes if p.sort == "vector"} | {st.noise},
            "app": {k for k, (sort, _) in st.functions.items() if sort == "scalar"},
            "vapp": {k for k, (sort, _) in st.functions.items() if sort == "vector"},
        }
        self.taken = set().union(*self.declared.values())
        self.integer_variables: set[str] = set()
        self.vector_variables: set[str] = set()
        self.integers = set(st.integers)

    def check(self, term: Term) -> None:
        head = term.head
        if head in self.declared:
            require(term.args[0] in self.declared[head], "{!r} is not declared as {}", term.args[0], head)
        elif head in ("sum", "vsum"):
            require(
                term.args[0] not in self.taken | self.integers,
                "the bound variable {!r} is a declared name",
                term.args[0],
            )
            self.integer_variables.add(term.args[0])
        elif head == "all":
            for v, sort in term.args[0]:
                (self.integer_variables if sort == "nat" else self.vector_variables).add(v)
                require(v not in self.taken | self.integers, "the quantified variable {!r} is a declared name", v)
                if sort == "vec":
                    inside = any(under_expectation(v, x) for x in (*term.args[1], term.args[2]))
                    require(not inside, "the vector variable {} occurs inside an expectation or a whp", v)
        elif head == "ind":
            event = term.args[0]
            require(event.head in COMPARISONS, "ind of {!r}: expected a comparison, which is an event", event)
        elif head == "whp":
            constant = deterministic(term.args[0]) and free_variables(term.args[0]) <= self.integers
            require(constant, "the failure probability {!r} is not deterministic", term.args[0])
        elif head == "vvar":
            self.vector_variables.add(term.args[0])
            require(
                term.args[0] not in self.taken | self.integers, "the variable {!r} is a declared name", term.args[0]
            )
        elif head == "time":
            for v, _ in term.args[1]:
                require(v not in self.taken, "the integer variable {!r} is a declared name", v)
                self.integer_variables.add(v)
