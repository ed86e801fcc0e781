"""One problem and one law for the tests of batches."""

from fractions import Fraction as F

from counterexamples.noise import Pareto, scaled
from counterexamples.problems import huber

PROBLEM = huber(1.0, 0.4, 1.0)


def law():
    return scaled(Pareto(F(7, 4)), F(3, 2), F(1))
