"""Published claims, in content; ``verify.claims`` judges them.

"S" rows come from a widely read summary of the paper, "P" rows from the paper (arXiv 2406.04443), "L" rows from the
literature.  An exponent of a claim is a rational function of the tail index alpha.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.exponents import Exponent, exponent

HALF, QUARTER = exponent(["1/2"]), exponent(["1/4"])


@dataclass(frozen=True)
class Claim:
    """A claim, what kind of statement it is, and the exponent it asserts (of 1/N, or of 1/delta), if any."""

    id: str
    text: str
    exponent: Exponent | None = None


CLAIMS = (
    Claim("S1", "Unclipped AdaGrad-Norm and Adam-Norm have high-probability bounds with at least a power of 1/delta."),
    Claim(
        "S2", "alpha-stable noise of index alpha (E|xi|^alpha finite, E|xi|^2 infinite) is an instance of the class."
    ),
    Claim(
        "S3",
        "There the high-probability error of AdaGrad-Norm scales as (1/delta)^(2/alpha - 1).",
        exponent([2, -1], [0, 1]),
    ),
    Claim("S4", "A single extreme noise makes the step g_t / sqrt(sum g_i^2) excessively large."),
    Claim("S5", "Clip-AdaGrad-Norm and Clip-Adam-Norm, convex: gap of order N^(-1/2) polylog, all alpha.", HALF),
    Claim("S6", "The same, non-convex: min ||grad f||^2 of order N^(-1/4) polylog, all alpha.", QUARTER),
    Claim(
        "S7", "Clipping levels of order sigma t^(1/(2 alpha)) are the right order and give S5.", exponent([1], [0, 2])
    ),
    Claim("S8", "Stepsizes delayed by d add an error of order d^2 and keep the dependence on delta polylogarithmic."),
    Claim(
        "S9", "Table at alpha = 1.5, delta = 0.01: SGD diverges, AdaGrad-Norm is slow, the clipped methods converge."
    ),
    Claim("S10", "Clipping level: none or too large is polynomial in 1/delta, too small is biased, theory's polylog."),
    Claim("S11", "Fine-tuning a BERT-type model: AdamW < norm clipping < Clip-Adam-Norm (89.2 / 89.8 / 90.1 %)."),
    Claim("S12", "The optimal clipping level needs alpha, which is unknown in practice."),
    Claim("S13", "Dividing by the adaptive denominator is not inherent clipping: Adam needs explicit clipping."),
    Claim(
        "P1",
        "Theorem 1, alpha = 2: AdaGrad, AdaGradD, Adam, AdamD need poly(epsilon^(-1/2), delta^(-1/2)) steps.",
        HALF,
    ),
    Claim("P2", "Conjecture: for alpha < 2 the dependence on delta is even worse.", HALF),
    Claim(
        "P3",
        "Theorem 2, convex, delayed: (sigma R / epsilon)^(alpha/(alpha-1)) steps up to logarithms.",
        exponent([-1, 1], [0, 1]),
    ),
    Claim(
        "P4",
        "Theorem 3, non-convex, delayed: epsilon^(-(3 alpha-2)/(2 alpha-2)) steps up to logarithms.",
        exponent([-2, 2], [-2, 3]),
    ),
    Claim("P5", "Theorem 4, non-convex, not delayed, needs f - f* <= M everywhere."),
    Claim("P6", "beta2 = K/(K+1) is needed."),
    Claim(
        "L1", "Clipping bias <= 2^alpha sigma^alpha / lambda^(alpha-1), variance <= 18 lambda^(2-alpha) sigma^alpha."
    ),
    Claim("L2", "A union bound over the iterations makes ln(4(K+1)/delta) unavoidable in this proof technique."),
    Claim(
        "L3",
        "Clip-SGD, convex: max{L R^2 A/K, sigma R A^((alpha-1)/alpha) / K^((alpha-1)/alpha)}, A = ln(4(K+1)/delta).",
        exponent([-1, 1], [0, 1]),
    ),
    Claim("L4", "Unclipped SGD: failure probability delta costs a power of 1/delta."),
    Claim(
        "L5",
        "Adam, beta1 = 0, beta2 = 1 - 1/T, step c/sqrt(T): mean squared gradient >= 1/(4 sqrt(delta T)) w.p. delta/4.",
        HALF,
    ),
)
