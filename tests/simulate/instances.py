"""One law of every kind, one method of every kind, the variants of the recursion."""

from dataclasses import replace
from fractions import Fraction as F

from bounds.methods import METHODS
from counterexamples.noise import (
    INWARD,
    OUTWARD,
    Gaussian,
    Lomax,
    OneSided,
    Pareto,
    Stable,
    StudentT,
    jump_law,
    no_noise,
    scaled,
)

ALPHA, SIGMA = F(3, 2), F(1)
LAWS = {
    "none": no_noise(ALPHA, SIGMA),
    "stable": scaled(Stable(F(7, 4)), ALPHA, SIGMA),
    "pareto": scaled(Pareto(F(7, 4)), ALPHA, SIGMA, OUTWARD),
    "lomax": scaled(Lomax(F(7, 4)), ALPHA, SIGMA),
    "student": scaled(StudentT(F(2)), ALPHA, SIGMA),
    "gaussian": scaled(Gaussian(), ALPHA, SIGMA),
    "one-sided stable": scaled(OneSided(Stable(F(7, 4))), ALPHA, SIGMA, INWARD),
    "two-point": jump_law(F(20), ALPHA, SIGMA, INWARD),
    "three-point": jump_law(F(20), ALPHA, SIGMA, OUTWARD, symmetric=True),
}
VARIANTS = {
    "momentum": replace(METHODS["clip-adagrad-norm"], momentum=True),
    "momentum-sgd": replace(METHODS["clip-sgd"], momentum=True),
    "adam-corrected": replace(METHODS["clip-adam-norm"], momentum=True, corrected=True),
    "adam-delayed-corrected": replace(METHODS["clip-adam-norm-delayed"], corrected=True),
    "adam-delayed-momentum": replace(METHODS["clip-adam-norm-delayed"], momentum=True),
    "stale": replace(METHODS["clip-adagrad-norm"], stale=True),
    "stale-delayed-momentum": replace(METHODS["clip-adagrad-norm-delayed"], stale=True, momentum=True),
}
UNCLIPPED = {f"un{name}": replace(method, clipped=False) for name, method in METHODS.items()}
