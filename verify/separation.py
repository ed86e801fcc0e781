"""The certified separation: below delta* a clipped method provably needs fewer steps than an unclipped one.

Both sides speak about convex f with L = 1, ||x_0 - x*|| <= R and noise with E||xi||^alpha <= sigma^alpha, and the lower
bound about one member of that class: the Huber function with a threshold nu, nu < R, nu^2/2 >= epsilon, x_0 at distance
R from x*.  At a given delta, N steps are enough for the clipped method to have f(xbar_N) - f* <= epsilon with
probability >= 1 - delta; after T steps the unclipped one misses epsilon, with the last iterate and with the average,
with probability >= P/2 > delta.  Separated: this is so for T = N and for T = N + 1.

Why one certified delta* (with side P/2 <= 1/8 < e^(-alpha)) settles every smaller delta = delta*^r, r > 1, where both
methods are of AdaGrad type (or SGD): by hand, not by the kernel,
(1) N' = ceil(r N) steps are enough.  With r' = N'/N: gamma -> gamma/r', h -> r' h, A1 -> r' A1, A2 -> r' A2, eta
    still (gamma/R)^2 and all else as it was, every condition stays (2 h tau kappa, tau A, y/A are as before; tau^2, e0
    and so the premises on K, C, chi fall; exp(-r' A1) + exp(-r' A2) <= delta*^r'), and so does the bound
    chi kappa^2 R^2/(2 N u), because N' u' = N u.
(2) N' are forced.  The side (P/2)^r > delta is allowed and D grows by (P/2)^(-(r-1)/alpha) >= e^(r-1) >= r, so
    H = sigma D - nu and K H grow at least r-fold, and N <= K H/nu (one step to spare) gives N' - 1 <= r N <= K' H'/nu.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import bounds
from bounds.statement import Statement
from verify.constants import Bound, NoBound, inputs, proved
from verify.constants.question import question
from verify.constants.steps import fewest, smallest_steps
from verify.decimals import rounded
from verify.kernel.replay import Replay
from verify.lower import forces, largest

DEFAULT = "convex-clip-adagrad-norm-delayed"
ABOVE = 1 + Fraction(1, 10**9)  # (P/2) / delta
WIDEST = Fraction(1, 8)  # of a side, below e^(-2) <= e^(-alpha)
LEAST, MOST = math.log(1e-300), math.log(0.49)  # ln delta
VARIANT = "plain"  # of the lower bound: no momentum
DIGITS = 3


class NotSeparated(ValueError):
    """No certificate that clipping needs fewer steps."""


@dataclass(frozen=True)
class Case:
    """What is compared: a clipped method's theorems and a lower bound, at the same f, noise class and accuracy.

    ``nu`` is a little above sqrt(2 epsilon), ``R`` beyond it; ``b0``, ``eta`` are those of the unclipped method (they
    matter for a delayed stepsize only).
    """

    alpha: Fraction
    epsilon: Fraction
    sigma: Fraction
    nu: Fraction
    R: Fraction
    theorems: tuple[str, ...]
    lower: str
    b0: Fraction
    eta: Fraction


@dataclass(frozen=True)
class Pair:
    """At ``delta``: ``steps`` are enough (``bound``), ``forced`` >= steps + 1 are not enough without clipping."""

    delta: Fraction
    steps: int
    forced: int
    bound: Bound


@dataclass(frozen=True)
class Separation:
    """``pairs``: the certified ones, delta* first; ``everywhere``: by the scaling, for every delta <= delta*."""

    case: Case
    pairs: tuple[Pair, ...]
    lower: Replay
    everywhere: bool

    @property
    def delta(self) -> Fraction:
        """delta*, the largest delta with three digits for which a certificate was found."""
        return self.pairs[0].delta


def case(
    *,
    alpha: object,
    epsilon: object,
    sigma: object = 1,
    R: object = None,
    theorems: Sequence[str] = (DEFAULT,),
    method: str = "adagrad-norm",
    b0: object = 1,
    eta: object = 1,
) -> Case:
    """A case from exact numbers; R is the smallest that the instance allows (12 digits) unless it is given.

    Raises ``BadInput``, ``TypeError`` (a float) and ``bounds.UnknownTheorem``.
    """
    goal = inputs.positive("epsilon", epsilon)
    p, q = (2 * goal).as_integer_ratio()
    nu = Fraction(math.isqrt(p * q * 10**60) + 1, q * 10**30)
    radius = rounded(nu * (1 + Fraction(1, 10**12)), up=True) if R is None else inputs.positive("R", R)
    if not radius > nu:
        raise inputs.BadInput(
            f"R: expected more than sqrt(2 epsilon), about {float(nu):.6g}, where the lower bound starts, "
            f"got {float(radius):.6g}; leave R out"
        )
    lower = bounds.theorem(f"lower-{method}").id
    for theorem in theorems:
        if bounds.kind(theorem) != "convex":
            raise inputs.BadInput(f"theorem: expected a convex upper bound, got {theorem}; try {DEFAULT}")
    return Case(
        alpha=inputs.alpha(alpha),
        epsilon=goal,
        sigma=inputs.positive("sigma", sigma),
        nu=nu,
        R=radius,
        theorems=tuple(theorems),
        lower=lower,
        b0=inputs.positive("b0", b0),
        eta=inputs.nonnegative("eta", eta),
    )


def misses(about: Case, delta: Fraction) -> Callable[[int], bool]:
    """T -> whether the unclipped method certainly misses epsilon at step T with probability P/2 > delta."""
    statement, _ = proved(about.lower, VARIANT)
    given = {"alpha": about.alpha, "P": 2 * delta * ABOVE, "sigma": about.sigma, "nu": about.nu, "b0": about.b0}

    def at(T: int) -> bool:
        return forces(statement, given | _accumulator(statement, about, T), T)

    return at


def _accumulator(statement: Statement, about: Case, T: int) -> dict[str, Fraction]:
    """eta of AdaGrad; Adam's beta2 = 1 - 1/T for a run of T steps."""
    return {"beta2": 1 - Fraction(1, max(T, 2))} if "beta2" in statement.parameters else {"eta": about.eta}


def pair(about: Case, delta: Fraction, theorem: str, variant: str) -> Pair:
    """The certified pair at ``delta``; NotSeparated if there is none."""
    missed = misses(about, delta)
    try:
        enough = smallest_steps(theorem, variant=variant, epsilon=about.epsilon, delta=delta, **_class(about))
    except NoBound as error:
        raise NotSeparated(str(error)) from None
    forced = largest(missed, enough.N + 1)
    if not (missed(enough.N) and missed(enough.N + 1)):
        raise NotSeparated(
            f"delta = {float(delta):.3g}: {enough.N} steps with clipping ({theorem}, {variant}) are not fewer "
            f"than the {forced} that {about.lower} forces"
        )
    return Pair(delta, enough.N, forced, enough.bound)


def separation(about: Case, tenths: int = 2, say: Callable[[str], None] = lambda _: None) -> Separation:
    """delta* with certified pairs at delta*, delta*/10, ..; ``say`` hears of the progress.  NotSeparated if none."""
    theorem, variant, delta = _crossover(about, say)
    last = NotSeparated("")
    for _ in range(5):  # the crossover is a float; its last digit may be one too large
        try:
            say(f"certifying delta = {float(delta):.3g}")
            first = pair(about, delta, theorem, variant)
            break
        except NotSeparated as error:
            last = error
            delta = rounded(delta * (1 - Fraction(1, 10**6)), up=False, digits=DIGITS)
    else:
        raise last
    pairs = (first, *(pair(about, delta / 10**k, theorem, variant) for k in range(1, tenths + 1)))
    _, lower = proved(about.lower, VARIANT)
    return Separation(about, pairs, lower, covers(about, theorem, variant, delta))


def covers(about: Case, theorem: str, variant: str, delta: Fraction) -> bool:
    """Whether the scaling argument speaks about these two methods and starts from this delta."""
    upper, lower = bounds.method(theorem, variant), bounds.method(about.lower, VARIANT)
    return (
        upper is not None
        and lower is not None
        and upper.accumulator in ("none", "adagrad")
        and not upper.stale
        and lower.accumulator == "adagrad"
        and delta * ABOVE <= WIDEST
    )


def _class(about: Case) -> dict[str, Any]:
    return {"alpha": about.alpha, "L": Fraction(1), "R": about.R, "sigma": about.sigma}


def enough_steps(about: Case, theorem: str, variant: str, delta: Fraction) -> float:
    """The fewest steps of the clipped method at ``delta``, in floating point."""
    return fewest(theorem, variant, about.epsilon, {"delta": delta, **_class(about)})


def _crossover(about: Case, say: Callable[[str], None]) -> tuple[str, str, Fraction]:
    """(theorem, variant, delta) where the two numbers of steps meet, in floating point, rounded down.

    N is nearly affine in ln(1/delta), so each new delta comes from the line through the last two numbers of steps.
    """

    delta = Fraction(1, 10**6)
    names = [(t, v) for t in about.theorems for v in question(t, N=2, delta=delta, **_class(about)).variants]
    steps, (theorem, variant) = min((enough_steps(about, t, v, delta), (t, v)) for t, v in names)
    slope = 0.0
    for _ in range(20):
        if math.isinf(steps):
            raise NotSeparated(f"{theorem}: no number of steps is enough for epsilon = {about.epsilon}")
        before, known, delta = delta, steps, _forcing(about, delta, steps, slope)
        say(f"{theorem} ({variant}): about {steps:.4g} steps, forced below delta = {float(delta):.4g}")
        if abs(delta - before) < delta / 10**4:
            break
        steps = enough_steps(about, theorem, variant, delta)
        slope = (steps - known) / math.log(before / delta)
    return theorem, variant, rounded(delta, up=False, digits=DIGITS)


def _forcing(about: Case, at: Fraction, steps: float, slope: float) -> Fraction:
    """About the largest delta at which steps + slope ln(at/delta) + 1 steps are forced."""

    def forced(log_delta: float) -> bool:
        needed = steps + slope * (math.log(at) - log_delta)
        return misses(about, Fraction(math.exp(log_delta)))(max(1, int(needed) + 1))

    low, high = LEAST, MOST
    if not forced(low):
        raise NotSeparated(f"{about.lower} does not force {steps:.4g} steps down to delta = 1e-300")
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if forced(middle) else (low, middle)
    return rounded(Fraction(math.exp(low)), up=False)
