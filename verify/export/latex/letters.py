"""The letters of the theory in LaTeX, and short names for the quantities that its proofs repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bounds.statement import Statement
from bounds.terms import Term, mk, subterms, time, time_sub

if TYPE_CHECKING:
    from bounds.methods import Method

GREEK = frozenset(
    [
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
        *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta"),
        *("Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
    ]
)
LETTERS = {
    "lam": r"\lambda", "phi": r"\varphi", "epsilon": r"\varepsilon", "eps": r"\varepsilon", "xstar": r"x^\ast",
    "fmin": r"f_{\inf}", "young": r"\varsigma", "ups": r"\upsilon", "b_sq": "b^2", "h_acc": "h_{b}",
    "ell": r"\ell", "step_growth": r"\mathsf{g}", "gain": r"\mathsf{K}",
}  # fmt: skip


def letter(name: str) -> str:
    """LaTeX for a name: a Greek letter, an index from trailing digits, an index after an underscore.

    >>> letter("rho1"), letter("lam"), letter("beta2"), letter("x0"), letter("nu_max")
    ('\\\\rho_{1}', '\\\\lambda', '\\\\beta_{2}', 'x_{0}', '\\\\nu_{\\\\mathrm{max}}')
    """
    if name in LETTERS:
        return LETTERS[name]
    if "_" in name.strip("_"):
        head, _, tail = name.partition("_")
        return f"{letter(head)}_{{\\mathrm{{{tail.replace('_', ' ')}}}}}"
    stem = name.rstrip("0123456789")
    if stem and stem != name:
        return f"{letter(stem)}_{{{name[len(stem) :]}}}"
    if name in GREEK:
        return f"\\{name}"
    return name if len(name) == 1 else f"\\mathrm{{{name}}}"


@dataclass(frozen=True)
class Short:
    """A short name: ``latex`` with ``#`` for the time, for every instance of ``term`` at a time (or a constant)."""

    latex: str
    term: Term
    variable: str = "t"

    def at(self, found: Term) -> Term | None:
        """The time of an instance (time 0 for a constant), or None."""
        if found.head != self.term.head:
            return None
        seen: dict[str, Term] = {}
        return seen.get(self.variable, time(0)) if _match(self.term, found, self.variable, seen) else None


def _match(pattern: Any, found: Any, variable: str, seen: dict[str, Term]) -> bool:
    """Is ``found`` the pattern at some time?  The time goes into ``seen``."""
    if pattern is found and not isinstance(pattern, Term):
        return True
    if not isinstance(pattern, Term) or not isinstance(found, Term):
        return bool(pattern == found)
    if pattern.head != found.head or len(pattern.args) != len(found.args):
        return False
    if pattern.head == "time":
        const, coefs = pattern.args
        if variable not in dict(coefs):
            return pattern is found
        rest = tuple((v, c) for v, c in coefs if v != variable)
        where = time_sub(found, mk("time", const, rest))
        return seen.setdefault(variable, where) is where
    return all(_match(p, f, variable, seen) for p, f in zip(pattern.args, found.args, strict=True))


def shorts(st: Statement) -> tuple[Short, ...]:
    """The short names that may occur in a theorem and its proof, the larger terms first."""
    from bounds import kind, method
    from bounds.lemmas.scheme import y
    from bounds.setting import BIAS, VARIANCE, g, gap, gc, p, t, theta, x

    about = method(st.id, st.variant)
    ahead = (about,) if about is not None and about.momentum and kind(st.id) == "nonconvex" else ()
    found = [
        *(_of_convex(about) if about is not None and st.id.startswith("convex-") else ()),
        *(Short("y_{#}", y(who, t)) for who in ahead),
        Short(r"\operatorname{gap}_{#}", gap(x(t))),
        Short(r"\theta_{#}", theta(t)),
        Short(r"\hat g_{#}", gc(t)),
        Short("g_{#}", g(t)),
        Short("p_{#}", p(t)),
        Short("B", BIAS),
        Short("V", VARIANCE),
    ]
    if about is not None and about.accumulator != "none":
        from bounds.setting import largest_stepsize, stepsize

        found += [Short("u_{#}", stepsize(about, t)), Short("u", largest_stepsize(about))]
    return tuple(s for s in found if _declared(s.term, st))


def _of_convex(about: Method) -> tuple[Short, ...]:
    """The martingale differences, the good event and the averages of the convex theorems."""
    from bounds.lemmas.average import average, weight
    from bounds.lemmas.concentration import bare_x, bare_z, gate
    from bounds.lemmas.joint import bare_w
    from bounds.lemmas.radial import floored, root, whole
    from bounds.lemmas.sums import T
    from bounds.setting import largest_stepsize, stepsize, t

    u, largest = stepsize(about, t), largest_stepsize(about)
    return (
        Short("X_{#}", gate(about, bare_x(about, u))),
        Short("Z_{#}", gate(about, bare_z(largest))),
        Short("W_{#}", bare_w(about, u, largest)),
        Short("G_{#}", root(about, t)),
        Short("F_{#}", floored(about, t)),
        Short("D_{#}", whole(about, t)),
        Short(r"\bar x_{#}", average(about, T), "T"),
        Short("S_{#}", weight(about, T), "T"),
    )


def _declared(term: Term, st: Statement) -> bool:
    """Does a term use names of the statement only?"""
    known: Mapping[str, Any] = {
        "par": st.parameters,
        "vpar": st.vectors,
        "app": st.functions,
        "vapp": st.functions,
        "proc": {q.name for q in st.processes},
        "vproc": {q.name for q in st.processes} | {st.noise},
    }
    here = term.head not in known or term.args[0] in known[term.head]
    return here and all(_declared(x, st) for x in subterms(term))


def _size(x: Term) -> int:
    return 1 + sum(map(_size, subterms(x)))


def inlined(st: Statement) -> dict[str, Term]:
    """Parameters that only name a simple number, such as alpha_m1 = alpha - 1: shown as that number."""
    out = {}
    for fact in st.definitions.values():
        if fact.head == "eq" and fact.args[0].head == "par" and fact.args[1].head == "add" and _size(fact) <= 7:
            out[fact.args[0].args[0]] = fact.args[1]
    return out
