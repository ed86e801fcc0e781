"""What is asked: a theorem, those of its variants that speak about the method, and exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from bounds.statement import Statement
from verify.constants import inputs
from verify.constants.inputs import BadInput

REWEIGHTED, MATCHED = "reweighted", "matched"


@dataclass(frozen=True)
class Question:
    """A theorem with numbers for everything that is not free."""

    theorem: str
    variants: tuple[str, ...]
    given: Mapping[str, Fraction]

    def values(self, statement: Statement) -> dict[str, Fraction]:
        """The numbers that the statement speaks about, less an eta to be reweighted and a b0 to be matched."""
        from verify.constants.certify import parameter_definitions

        wanted = (statement.integers.keys() | statement.parameters.keys()) - parameter_definitions(statement).keys()
        return {name: x for name, x in self.given.items() if name in wanted}


def question(
    theorem: str | Statement,
    variant: str | None = None,
    *,
    alpha: object,
    delta: object,
    N: object,
    L: object = 1,
    R: object = 1,
    sigma: object = 1,
    b0: object = MATCHED,
    beta1: object = 0,
    beta2: object = None,
    eta: object = REWEIGHTED,
    delay: object = 1,
    Delta: object = None,
) -> Question:
    """The question of ``verify.bound``; raises ``BadInput``, ``TypeError`` and ``bounds.UnknownTheorem``."""
    own = _own(theorem, "convex" if Delta is None else "nonconvex")
    _needs_a_bound(own)
    theorem_id = own.id
    given = {
        "alpha": inputs.alpha(alpha),
        "delta": inputs.delta(delta),
        "N": Fraction(inputs.count("N", N)),
        "L": inputs.positive("L", L),
        "R": inputs.positive("R", R),
        "sigma": inputs.nonnegative("sigma", sigma),
        "d": Fraction(inputs.count("delay", delay)),
        "beta1": inputs.share("beta1", beta1),
        "fmin": Fraction(0),  # values of f count from inf f
    }
    names = about(theorem_id, variant, given["beta1"])
    if eta != REWEIGHTED:
        given["eta"] = inputs.nonnegative("eta", eta, f'a number >= 0, or "{REWEIGHTED}"')
    if "Delta" in own.parameters:
        if Delta is None:
            raise BadInput(f'Delta: {theorem_id} needs a bound of f(x_0) - inf f; try Delta="1"')
        given["Delta"] = inputs.positive("Delta", Delta)
    adam = "beta2" in own.parameters
    if b0 != MATCHED or not adam:
        given["b0"] = Fraction(1) if b0 == MATCHED else inputs.positive("b0", b0)
    if adam:
        given["beta2"] = forgetting(theorem_id, beta2, given["N"])
    return Question(theorem_id, names, given)


def about(theorem_id: str, variant: str | None, beta1: Fraction) -> tuple[str, ...]:
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


def forgetting(theorem_id: str, beta2: object, N: Fraction) -> Fraction:
    """beta2, 1 - 1/N unless it is given."""
    if beta2 is None and N < 2:
        raise BadInput(f'N: {theorem_id} needs an integer >= 2, because beta2 = 1 - 1/N; try N="2"')
    return 1 - 1 / N if beta2 is None else inputs.share("beta2", beta2, positive=True)


def _needs_a_bound(own: Statement) -> None:
    """A closed form has its own function; a lower bound or a lemma has no number to certify."""
    import bounds

    if bounds.kind(own.id) == "uniform":
        raise BadInput(
            f"theorem: {own.id} is a closed form without free parameters; "
            f'try verify.schedule("{own.id}", ...), or the command verify schedule {own.id}'
        )
    if own.bound is None:
        raise BadInput(f"theorem: {own.id} states no bound on the gap; expected one of {', '.join(_with_bound())}")


def _with_bound() -> list[str]:
    import bounds

    return [i for kind in ("convex", "nonconvex") for i in bounds.theorem_ids(kind)]


def _own(theorem: str | Statement, kind: str) -> Statement:
    """The statement of a theorem, or of that of this kind about a method; a given one must be the library's own."""
    import bounds
    from bounds.methods import METHODS
    from verify.kernel.certificate import statement_digest

    if isinstance(theorem, str):
        return bounds.theorem(f"{kind}-{theorem}" if theorem in METHODS else theorem)
    if not isinstance(theorem, Statement):
        raise TypeError(f"theorem: expected an id or a Statement, got {type(theorem).__name__}")
    own = bounds.theorem(theorem.id, theorem.variant)
    if statement_digest(theorem) != statement_digest(own):
        raise BadInput(f"theorem: this is not the statement {own.id} of the library; write bounds.theorem({own.id!r})")
    return own
