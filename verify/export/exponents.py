"""The exponents of a file as vectors over a basis of real functions of alpha, the first of which is 1."""

from __future__ import annotations

from fractions import Fraction

from bounds.exponents import Exponent, exponent
from verify.export.text import exponent_text

ONE, ALPHA = exponent([1]), exponent([0, 1])


class Exponents:
    """Numbers exponents as they are met; ``table`` proves what the Coq library needs to know about them."""

    def __init__(self) -> None:
        self.basis: list[Exponent] = [ONE, ALPHA]
        self.known: dict[Exponent, int] = {}
        self.products: dict[tuple[Exponent, Exponent], Exponent] = {}
        self.nonnegative: dict[Exponent, None] = {}

    def number(self, e: Exponent) -> int:
        """The number of an exponent in the table."""
        if e not in self.known:
            self.vector(e)
            if e.nonnegative() and len(e.den) > 1:
                self.nonnegative[e] = None
            self.known[e] = len(self.known)
        return self.known[e]

    def product(self, e: Exponent, f: Exponent) -> None:
        """Records e * f, which is not a linear operation when neither is a constant."""
        if e.constant is None and f.constant is None:
            self.products[e, f] = e * f
            for x in (e, f, e * f):
                self.number(x)

    def vector(self, e: Exponent) -> list[Fraction]:
        """Coordinates: the alpha^k and, for the denominators that occur, the proper alpha^k / den are independent."""
        out = [Fraction(0)] * len(self.basis)
        for summand in e.split():
            for k, c in enumerate(summand.num):
                part = exponent([0] * k + [1], summand.den)
                if c:
                    if part not in self.basis:
                        self.basis.append(part)
                        out.append(Fraction(0))
                    out[self.basis.index(part)] += c
        return out

    def text(self, e: Exponent) -> str:
        """An exponent as a list of rationals."""
        return "[" + "; ".join(rational_q(c) for c in self.vector(e)) + "]"

    def table(self) -> list[str]:
        """Definitions, and the proof that they are right from the assumptions 1 < alpha and alpha <= 2."""
        exps = list(self.known)
        table = ";\n    ".join(self.text(e) for e in exps)
        nonneg = "; ".join(self.text(e) for e in self.nonnegative)
        products = "; ".join(f"({self.text(a)}, {self.text(b)}, {self.text(c)})" for (a, b), c in self.products.items())
        values = "; ".join(exponent_text(e) for e in exps)
        more = "; ".join(exponent_text(b) for b in self.basis[2:])
        unfolded = "unfold exponent_values, exponent_more, exponent_table"
        return [
            f"Definition exponent_table : table := {{| exps := [{table}]%Q;",
            f"  nonneg_exps := [{nonneg}]%Q; products := [{products}]%Q |}}.",
            f"Definition exponent_values (p_alpha : R) : list R := [{values}].",
            f"Definition exponent_more (p_alpha : R) : list R := [{more}].",
            "Lemma exponents_ok : forall p_alpha, 1 < p_alpha -> p_alpha <= 2 ->",
            "  table_ok p_alpha (exponent_more p_alpha) exponent_table (exponent_values p_alpha).",
            "Proof.",
            "  intros p_alpha low high. apply table_by; [exact low | exact high | | | ];",
            f"  {unfolded}; exponents low high.",
            "Qed.",
        ]


def rational_q(c: Fraction) -> str:
    """A rational as a Coq Q."""
    return f"({c.numerator} # {c.denominator})" if c.numerator >= 0 else f"(({c.numerator}) # {c.denominator})"
