"""Bounds at given numbers: good constants are searched, then certified in balls.

>>> import verify
>>> b = verify.bound("convex-clip-sgd", alpha="1.5", delta="0.01", N=10_000)
>>> b.upper[:8], b.vacuous, b.proof.axioms
('0.418568', False, ('ville',))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from verify.constants import inputs
from verify.constants.inputs import BadInput

if TYPE_CHECKING:
    from bounds.statement import Statement
    from verify.constants.certify import Certified
    from verify.constants.decimals import Enclosure
    from verify.constants.search import Problem
    from verify.kernel.replay import Replay

__all__ = ["BadInput", "Bound", "NoBound", "bound"]

VACUOUS = Fraction(9, 10)  # of the trivial bound
REWEIGHTED = "reweighted"


class NoBound(ValueError):
    """No choice of the free parameters was certified at these numbers."""


@dataclass(frozen=True)
class Bound:
    """A proved theorem at certified numbers: f(xbar) - f* <= bound with probability >= 1 - delta.

    Decimal strings are rounded outward; ``parameters`` are exact (tau, q and u follow from the others), ``enclosures``
    hold what is not rational.  ``vacuous``: the bound exceeds 9/10 of the trivial one, L R^2/2.
    """

    theorem: str
    variant: str
    lower: str
    upper: str
    trivial_lower: str
    trivial_upper: str
    vacuous: bool
    parameters: Mapping[str, Fraction]
    enclosures: Mapping[str, Enclosure]
    proof: Replay
    certificate: Mapping[str, Any]

    @property
    def lower_exact(self) -> Fraction:
        """``lower`` as a rational."""
        return Fraction(self.lower)

    @property
    def upper_exact(self) -> Fraction:
        """``upper`` as a rational."""
        return Fraction(self.upper)


def bound(
    theorem: str | Statement,
    *,
    alpha: object,
    delta: object,
    N: object,
    L: object = 1,
    R: object = 1,
    sigma: object = 1,
    b0: object = 1,
    eta: object = REWEIGHTED,
    delay: object = 1,
    variant: str | None = None,
) -> Bound:
    """The certified bound of a theorem at exact numbers (int, Fraction, or a string such as "1.5" or "3/2").

    Without a ``variant`` all variants of the theorem are tried and the smallest certified bound is returned.
    ``eta`` is a number or "reweighted", (gamma/R)^2; Clip-SGD has no ``eta``, ``b0`` and ``delay`` and ignores them.
    ``theorem`` is an id, or a ``Statement`` that is identical to the library's own.  Raises ``BadInput``, ``TypeError``
    (a float), ``bounds.UnknownTheorem``, ``NoBound``, and ``verify.kernel.replay.Refused`` if the proof does not check.
    """
    theorem_id = _id_of(theorem)
    _needs_a_bound(theorem_id)
    given = {
        "alpha": inputs.alpha(alpha),
        "delta": inputs.delta(delta),
        "N": Fraction(inputs.count("N", N)),
        "L": inputs.positive("L", L),
        "R": inputs.positive("R", R),
        "sigma": inputs.nonnegative("sigma", sigma),
        "b0": inputs.positive("b0", b0),
        "d": Fraction(inputs.count("delay", delay)),
    }
    weight = None if eta == REWEIGHTED else inputs.nonnegative("eta", eta, f'a number >= 0, or "{REWEIGHTED}"')
    import bounds

    tried: list[tuple[Certified, Replay]] = []
    failures: list[str] = []
    for name in (variant,) if variant is not None else bounds.variants(theorem_id):
        statement, proof = _proved(theorem_id, name)
        try:
            tried.append((_certified(statement, given, weight), proof))
        except NoBound as error:
            failures.append(str(error))
    if not tried:
        raise NoBound("; ".join(failures))
    return _record(*min(tried, key=lambda found: found[0].upper))


def _needs_a_bound(theorem_id: str) -> None:
    """A lower bound or a lemma has no number to certify."""
    import bounds

    if bounds.theorem(theorem_id).bound is None:
        raise BadInput(f"theorem: {theorem_id} states no bound on the gap; expected one of {', '.join(_with_bound())}")


def _with_bound() -> list[str]:
    import bounds

    return [i for i in bounds.theorem_ids() if bounds.theorem(i).bound is not None]


def _id_of(theorem: str | Statement) -> str:
    """The id of a theorem; a statement must be the library's own, whatever it says of itself."""
    import bounds
    from bounds.statement import Statement
    from verify.kernel.certificate import statement_digest

    if isinstance(theorem, str):
        return bounds.theorem(theorem).id
    if not isinstance(theorem, Statement):
        raise TypeError(f"theorem: expected an id or a Statement, got {type(theorem).__name__}")
    own = bounds.theorem(theorem.id, theorem.variant)
    if statement_digest(theorem) != statement_digest(own):
        raise BadInput(f"theorem: this is not the statement {own.id} of the library; write bounds.theorem({own.id!r})")
    return own.id


@cache
def _proved(theorem_id: str, variant: str) -> tuple[Statement, Replay]:
    """The statement of a theorem with the replay of its proof, once per process."""
    from verify.prove import prove

    replay = prove(theorem_id, variant).replay
    return replay.statement, replay


def _certified(statement: Statement, given: Mapping[str, Fraction], eta: Fraction | None) -> Certified:
    """The best point that certifies; a point that does not is never reported."""
    from verify.constants.certify import NotCertified, certify

    wanted = statement.integers.keys() | statement.parameters.keys()
    try:
        tries = _candidates(statement, _problem(statement, given, eta))
    except (ArithmeticError, ValueError) as error:
        raise NoBound(f"{statement.id}: the search left its range ({error}); rescale L, R and sigma") from None
    for k, free in enumerate(tries):
        try:
            return certify(statement, {name: x for name, x in {**given, **free}.items() if name in wanted})
        except NotCertified as error:
            if k == len(tries) - 1:
                raise NoBound(f"{statement.id} ({statement.variant}): no bound at these numbers: {error}") from None
    raise NoBound(f"{statement.id}: the search found nothing to try")


def _candidates(statement: Statement, problem: Problem) -> list[dict[str, Fraction]]:
    from verify.constants import search, search_joint

    if statement.variant == "joint":
        return search_joint.candidates(problem, second="chi" in statement.parameters)
    return search.candidates(problem)


def _problem(statement: Statement, given: Mapping[str, Fraction], eta: Fraction | None) -> Problem:
    from verify.constants.search import Problem

    adaptive, delayed = "eta" in statement.parameters, "d" in statement.integers
    numbers = {k: given[k] for k in ("alpha", "delta", "L", "R", "sigma")}
    return Problem(
        **numbers,
        N=int(given["N"]),
        b0=given["b0"] if adaptive else Fraction(1),
        eta=eta if adaptive else Fraction(0),
        drift=adaptive and not delayed,
    )


def _record(found: Certified, proof: Replay) -> Bound:
    from verify.constants.certify import certificate
    from verify.constants.decimals import decimal, outward

    values = dict(found.values)
    u = values["gamma"] / values.get("b0", Fraction(1))
    trivial = values["L"] * values["R"] ** 2 / 2
    derived = {"u": u, "q": values["L"] * u, "tau": u * values["lam"] / values["R"]}
    around = outward(trivial, trivial)
    return Bound(
        theorem=found.statement.id,
        variant=found.statement.variant,
        lower=decimal(found.lower),
        upper=decimal(found.upper),
        trivial_lower=around.lower,
        trivial_upper=around.upper,
        vacuous=found.upper > VACUOUS * trivial,
        parameters=values | derived,
        enclosures={name: outward(*ends) for name, ends in found.defined.items()},
        proof=proof,
        certificate=certificate(found),
    )
