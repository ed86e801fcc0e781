"""What Coq reads from the data of a file: a second decoder, which takes the format from coq/Decode.v.

Terms and facts come out as text, in the words of the statement's printer, so that both can be compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from verify.export.coq_file import library
from verify.export.naming import numbering
from verify.export.text import rational

KINDS = {"scalar": "scalars", "vector": "vectors", "fact": "facts", "time": "times", "hypotheses": "hypotheses"}
LINE = re.compile(r"^  \| (\d+) => (.*?)(?=^  \| )", flags=re.M | re.S)
PARSER = re.compile(
    r"listed \(both (\w+) (\w+)\)|listed (\w+)|"
    r"\b(\w+_at|number|natural_number|positive_number|affine|rational|read_\w+)\b"
)


def layout():
    """number of an instruction -> the stack on which its result goes, its constructor, its parsers."""
    out = {}
    for number, text in LINE.findall(library()["Decode"]):
        parsers = []
        for a, b, c, single in PARSER.findall(text):
            parsers.append(("listed", (a, b)) if a else ("listed", (c,)) if c else single)
        found = re.match(
            r"(scalar|vector|fact)[12]|.*?\bput_(\w+)|.*?;; (scalar|vector|fact)2|step_by", text, flags=re.S
        )
        stack = next((x for x in found.groups() if x), "step") if found else parsers[0]
        out[int(number)] = (stack, " ".join(re.findall(r"\b[A-Z]\w+", text)), parsers)
    return out


def numbers(text, name):
    """The digits of all words of a definition as a stream of numbers."""
    chunks = re.findall(rf"^Definition {name}_\d+ : words := (.*?)\.$", text, flags=re.M | re.S)
    words = [int(w, 16) for chunk in chunks for w in re.findall(r"0x[0-9a-f]+", chunk)][::-1]
    digits = [word >> shift & 63 for word in words for shift in range(54, -6, -6)]
    value, place = 0, 0
    for d in digits:
        value += (d & 31) << place
        place += 5
        if d < 32:
            yield value
            value, place = 0, 0


@dataclass
class Step:
    rule: str
    arguments: list
    premises: list[int]
    hypotheses: tuple[str, ...]
    conclusion: str
    users: int = 0
    part: tuple[int, ...] = ()


class Decoded:
    """The data of the file ``text`` of some certificates."""

    def __init__(self, text, proofs):
        number = numbering(proofs)
        self.names = {kind: {k: x for x, k in known.items()} for kind, known in number.number.items()}
        found = re.search(r"^Definition exponent_values .*?:= \[(.*?)\]\.$", text, flags=re.M | re.S)
        self.exponents = found[1].split("; ") if found[1] else []
        self.layout = layout()
        self.steps, self.statement = [], None
        for name in ("said_data", "steps_data"):
            self.stacks = {kind: [] for kind in KINDS}
            self.stacks["hypotheses"].append(())
            self.stream = numbers(text, name)
            while k := next(self.stream, 0):
                self.instruction(*self.layout[k])

    def instruction(self, stack, constructor, parsers):
        if stack == "read_group":
            users, *part = (next(self.stream) for _ in range(7))
            for s in self.steps:
                if not s.users:
                    s.users, s.part = users, tuple(part)
        elif stack == "read_statement":
            processes = [self.read_process() for _ in range(next(self.stream))]
            facts = [[self.fact_at() for _ in range(next(self.stream))] for _ in "gc"]
            self.statement = (processes, *facts)
        elif stack == "step":
            arguments = [self.read(p) for p in parsers]
            premises = [len(self.steps) - next(self.stream) for _ in range(next(self.stream))]
            step = Step(constructor, arguments, premises, self.hypotheses_at(), self.fact_at())
            self.steps.append(step)
        else:
            arguments = [self.read(p) for p in parsers]
            self.stacks[stack].append(self.made(stack, constructor, arguments))

    def read(self, parser):
        if isinstance(parser, tuple):
            return [tuple(self.read(p) for p in parser[1]) for _ in range(next(self.stream))]
        return getattr(self, parser)()

    def __getattr__(self, parser):
        """``scalar_at`` and its kin; the numbers."""
        kind = parser.removesuffix("_at")
        if kind in KINDS:
            return lambda: self.stacks[kind][-1 - next(self.stream)]
        if parser in ("number", "natural_number", "positive_number"):
            return lambda: next(self.stream)
        raise AttributeError(parser)

    def integer(self):
        k = next(self.stream)
        return -(k + 1) // 2 if k % 2 else k // 2

    def affine(self):
        summands = [(next(self.stream), self.integer()) for _ in range(next(self.stream))]
        return [(self.variable(x), k) for x, k in summands], self.integer()

    def variable(self, x):
        return f"i_{self.names['integer'][x // 2]}" if x % 2 else f"n_{self.names['variable'][x // 2]}"

    def rational(self):
        sign, top, bottom = (next(self.stream) for _ in range(3))
        return Fraction(-top if sign else top, bottom)

    def read_product(self):
        head = next(self.stream)
        weight = self.scalar_at() if head & 16 else "1"
        facts = [next(self.stream) for _ in range(head & 3)]
        return weight, facts, self.scalar_at() if head & 4 else self.vector_at() if head & 8 else None

    def read_opening(self):
        k = next(self.stream)
        if k:
            return [self.scalar_at() for _ in range(k - 1)]
        return [[self.read(p) for _ in range(next(self.stream))] for p in ("scalar_at", "vector_at", "read_equality")]

    def read_equality(self):
        one = self.vector_at if (kind := next(self.stream)) == 1 else self.scalar_at
        return [one() for _ in range(1 if kind == 2 else 2)]

    def read_arg(self):
        return self.vector_at() if next(self.stream) else self.time_at()

    def read_bounded(self):
        other = next(self.stream)
        return self.time_at(), self.scalar_at() if other else None

    def read_process(self):
        vector, name = next(self.stream), next(self.stream)
        level, start, value = self.integer(), self.integer(), self.vector_at if vector else self.scalar_at
        base = value() if next(self.stream) else None
        name = self.names["vector process" if vector else "scalar process"][name]
        return name, level, start, base, value()

    # --- as text ---

    def made(self, stack, constructor, a):
        """What an instruction puts on a stack."""
        if stack == "time":
            return a[0]
        if stack == "hypotheses":
            return (a[0], *a[1])
        return getattr(self, f"text_of_{stack}")(constructor, a)

    def time(self, t):
        coefficients, constant = t
        parts = [v if k == 1 else f"{k} * {v}" for v, k in coefficients]
        parts += [str(constant)] if constant or not parts else []
        out = " + ".join(parts)
        return f"({out})%Z" if len(parts) > 1 or constant < 0 or "*" in out else out if coefficients else f"{out}%Z"

    def text_of_scalar(self, constructor, a):
        names = self.names
        if constructor in ("Sadd", "Smul", "Ssub", "Spow"):
            operator = {"Sadd": "+", "Smul": "*", "Ssub": "-", "Spow": "^"}[constructor]
            return f"({a[0]} {operator} {a[1]})"
        if constructor == "Sn":
            coefficients, constant = a[0]
            parts = [f"IZR {v}" if k == 1 else f"{rational(k)} * IZR {v}" for v, k in coefficients]
            parts += [rational(constant)] if constant or not parts else []
            return f"({' + '.join(parts)})" if coefficients else parts[0]
        return {
            "": lambda: rational(a[0]),
            "Spw": lambda: f"(pw {a[0]} {self.exponents[a[1]]})",
            "Sexpo": lambda: self.exponents[a[0]],
            "Sp": lambda: f"p_{names['parameter'][a[0]]}",
            "Sinner": lambda: f"(inner {a[0]} {a[1]})",
            "Snorm": lambda: f"(norm {a[0]})",
            "Sexp": lambda: f"(exp {a[0]})",
            "Sln": lambda: f"(ln {a[0]})",
            "Sproc": lambda: f"(X_{names['scalar process'][a[0]]} {self.time(a[1])} w)",
            "Sapp": lambda: f"(f_{names['scalar function'][a[0]]} {a[1]})",
            "SSum": lambda: f"(Rsum {self.time(a[1])} (fun n_{names['variable'][a[0]]} => {a[2]}))",
            "SE": lambda: f"(E {self.time(a[0])} (fun w => {a[1]}) w)",
            "Sind RLe": lambda: f"(ind_le {a[0]} {a[1]})",
            "Sind RLt": lambda: f"(ind_lt {a[0]} {a[1]})",
            "Sind REq": lambda: f"(ind_eq {a[0]} {a[1]})",
            "Sindv": lambda: f"(ind_veq {a[0]} {a[1]})",
        }[constructor]()

    def text_of_vector(self, constructor, a):
        names = self.names
        return {
            "Vp": lambda: f"v_{names['vector'][a[0]]}",
            "Vv": lambda: f"u_{names['variable'][a[0]]}",
            "Vr": lambda: f"(u_{names['variable'][a[0]]} w)",
            "Vproc": lambda: f"(X_{names['vector process'][a[0]]} {self.time(a[1])} w)",
            "Vapp": lambda: f"(f_{names['vector function'][a[0]]} {a[1]})",
            "Vadd": lambda: f"(vadd {a[0]} {a[1]})",
            "Vscale": lambda: f"(scale {a[0]} {a[1]})",
            "VSum": lambda: f"(Vsum {self.time(a[1])} (fun n_{names['variable'][a[0]]} => {a[2]}))",
            "VE": lambda: f"(Ev {self.time(a[0])} (fun w => {a[1]}) w)",
        }[constructor]()

    def text_of_fact(self, constructor, a):
        name = self.names["variable"].get(a[0])
        return {
            "Frel RLe": lambda: f"{a[0]} <= {a[1]}",
            "Frel RLt": lambda: f"{a[0]} < {a[1]}",
            "Frel REq": lambda: f"{a[0]} = {a[1]}",
            "Fveq": lambda: f"{a[0]} = {a[1]}",
            "Fand": lambda: f"({a[0]}) /\\ ({a[1]})",
            "Fwhp": lambda: f"WHP {a[0]} (fun w => {a[1]})",
            "Fimp": lambda: f"({a[0]}) -> ({a[1]})",
            "FallN": lambda: f"forall n_{name} : Z, (0 <= n_{name})%Z -> ({a[1]})",
            "FallV": lambda: f"forall u_{name} : V, ({a[1]})",
            "FallR": lambda: f"forall u_{name} : Omega -> V, MeasV {self.time(a[1])} u_{name} -> ({a[2]})",
        }[constructor]()


def fact_text(printer, f, scope):
    """A fact in the form of ``text_of_fact``; its terms are those of the printer of statements."""
    if f.head == "and":
        *before, last = [fact_text(printer, g, scope) for g in f.args]
        for g in reversed(before):
            last = f"({g}) /\\ ({last})"
        return last
    if f.head == "whp":
        return f"WHP {printer.term(f.args[0], scope)} (fun w => {fact_text(printer, f.args[1], scope)})"
    if f.head != "all":
        return printer.fact(f, scope)
    variables, premises, conclusion = f.args
    inside = {**scope, **dict(variables)}
    out = fact_text(printer, conclusion, inside)
    for p in reversed(premises):
        out = f"({fact_text(printer, p, inside)}) -> ({out})"
    for k, (v, _) in reversed(list(enumerate(variables))):
        out = f"{printer.binder(v, {**scope, **dict(variables[: k + 1])})}({out})"
    return out
