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
    from verify.kernel.replay import Replay

__all__ = ["BadInput", "Bound", "NoBound", "bound"]

VACUOUS = Fraction(9, 10)  # of the trivial bound
REWEIGHTED = "reweighted"


class NoBound(ValueError):
    """No choice of the free parameters was certified at these numbers."""


@dataclass(frozen=True)
class Bound:
    """A proved theorem at certified numbers: f(xbar) - f* <= bound with probability >= 1 - delta.

    For a non-convex theorem it is the weighted mean of ||grad f(x_t)||^2 that is bounded.  Decimal strings are rounded
    outward; ``parameters`` are exact (tau, q and u follow from the others), ``enclosures`` hold what is not rational.
    ``vacuous``: the bound exceeds 9/10 of the trivial one, L R^2/2, or 2 L Delta >= ||grad f(x_0)||^2.
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
    beta1: object = 0,
    beta2: object = None,
    eta: object = REWEIGHTED,
    delay: object = 1,
    Delta: object = None,
    variant: str | None = None,
) -> Bound:
    """The certified bound of a theorem at exact numbers (int, Fraction, or a string such as "1.5" or "3/2").

    Without a ``variant`` all variants about this ``beta1`` (none with bias correction) are tried and the smallest
    certified bound is returned.  ``eta`` is a number or "reweighted": (gamma/R)^2, for a non-convex theorem
    L gamma^2/Delta.  ``beta2`` of an Adam-type method is 1 - 1/N unless it is given; a non-convex theorem needs
    ``Delta`` >= f(x_0) - inf f, and has no R.  What a theorem does not speak about is ignored, except ``beta1``.
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
        "beta1": inputs.share("beta1", beta1),
        "fmin": Fraction(0),  # values of f count from inf f
    }
    names = _about(theorem_id, variant, given["beta1"])
    if eta != REWEIGHTED:
        given["eta"] = inputs.nonnegative("eta", eta, f'a number >= 0, or "{REWEIGHTED}"')
    if _speaks_of(theorem_id, "Delta"):
        if Delta is None:
            raise BadInput(f'Delta: {theorem_id} needs a bound of f(x_0) - inf f; try Delta="1"')
        given["Delta"] = inputs.positive("Delta", Delta)
    if _speaks_of(theorem_id, "beta2"):
        given["beta2"] = _forgetting(theorem_id, beta2, given["N"])
    tried: list[tuple[Certified, Replay]] = []
    failures: list[str] = []
    for name in names:
        statement, proof = _proved(theorem_id, name)
        try:
            tried.append((_certified(statement, given), proof))
        except NoBound as error:
            failures.append(str(error))
    if not tried:
        raise NoBound("; ".join(failures))
    return _record(*min(tried, key=lambda found: found[0].upper))


def _about(theorem_id: str, variant: str | None, beta1: Fraction) -> tuple[str, ...]:
    """The variants that speak about this momentum; the named one, if it does."""
    import bounds

    def fits(name: str) -> bool:
        method = bounds.method(theorem_id, name)
        return method is not None and method.momentum == (beta1 > 0)

    def corrected(name: str) -> bool:
        method = bounds.method(theorem_id, name)
        return method is not None and method.corrected

    if variant is not None:
        names: tuple[str, ...] = (variant,) if fits(variant) else ()
    else:
        names = tuple(name for name in bounds.variants(theorem_id) if fits(name) and not corrected(name))
    if not names:
        about = theorem_id if variant is None else f"{theorem_id} ({variant})"
        raise BadInput(f"beta1: {about} speaks about beta1 {'= 0' if beta1 else '> 0'} only, got {beta1}")
    return names


def _speaks_of(theorem_id: str, name: str) -> bool:
    import bounds

    return name in bounds.theorem(theorem_id).parameters


def _forgetting(theorem_id: str, beta2: object, N: Fraction) -> Fraction:
    """beta2, 1 - 1/N unless it is given."""
    if beta2 is None and N < 2:
        raise BadInput(f'N: {theorem_id} needs an integer >= 2, because beta2 = 1 - 1/N; try N="2"')
    return 1 - 1 / N if beta2 is None else inputs.share("beta2", beta2, positive=True)


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


def _certified(statement: Statement, given: Mapping[str, Fraction]) -> Certified:
    """The best point that certifies; a point that does not is never reported."""
    from verify.constants.certify import NotCertified, certify, parameter_definitions
    from verify.constants.parameters import candidates

    wanted = (statement.integers.keys() | statement.parameters.keys()) - parameter_definitions(statement).keys()
    values = {name: x for name, x in given.items() if name in wanted}
    reason = "the search found nothing to try"
    try:
        for free in candidates(statement, values):
            try:
                return certify(statement, values | free)
            except NotCertified as error:
                reason = str(error)
    except (ArithmeticError, ValueError) as error:
        reason = f"{reason}; the search ended ({error})"
    raise NoBound(f"{statement.id} ({statement.variant}): no bound at these numbers: {reason}")


def trivial_bound(values: Mapping[str, Fraction]) -> Fraction:
    """What holds at x_0: f - f* <= L R^2/2; where f need not be convex, ||grad f||^2 <= 2 L Delta."""
    return 2 * values["L"] * values["Delta"] if "Delta" in values else values["L"] * values["R"] ** 2 / 2


def _record(found: Certified, proof: Replay) -> Bound:
    from verify.constants.certify import certificate
    from verify.constants.decimals import decimal, outward

    values = dict(found.values)
    u = values["gamma"] / values.get("b0", Fraction(1))
    trivial = trivial_bound(values)
    derived = {"u": u, "q": values["L"] * u}
    if "R" in values:
        derived["tau"] = u * values["lam"] / values["R"]
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
