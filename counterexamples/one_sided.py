"""E||Y| - E|Y||^a from the closed form of E|Y|^p alone, certified: the moment of the one-sided version of a law.

Let mu(p) = E|Y|^p, m = mu(1) and 1 < a <= 2.  By Mellin inversion (Euler's Beta integral is the Mellin transform of a
truncated power), with the pole at -a and the next one to its right taken out of the second integral,

    E (m - |Y|)_+^a = 1/(2 pi i) int_{Re z = 1/2} m^(z+a) B(z, a+1) mu(-z) dz,
    E (|Y| - m)_+^a = mu(a) - a m mu(a-1) + 1/(2 pi i) int_{Re w = 3/2} m^w B(-w, a+1) mu(a-w) dw.

Both are integrals over the real line t = Im z = Im w, of functions that are conjugate at t and -t: the part
|t| <= ``CUT`` is integrated by Arb, rigorously.  The rest is bounded for every *mixture of normal laws*, Y = Z S with Z
standard normal and S independent of it, as the normal, the symmetric stable and Student's laws are:

    |mu(c + it)| = |E|Z|^(c+it)| |E|S|^(c+it)| <= mu(c) |Gamma(x + iy)|/Gamma(x),       x = (1+c)/2, y = t/2,
    |Gamma(x + iy)|/Gamma(x) = prod_k (1 + y^2/(x+k)^2)^(-1/2) <= |Gamma(1 + iy)| = (u/sinh u)^(1/2),  u = pi y, x <= 1,

(the product rises with x).  Here c = -1/2 and a - 3/2, so x <= 3/4.  Besides |B(z, a+1)| <= B(1/2, a+1), and from
B(-w, a+1) = B(2-w, a+1) (a+1-w)(a+2-w)/((-w)(1-w)), |a+1-w| <= |w| and |a+2-w| <= 2 |1-w| for |t| >= 2, it follows
that |B(-w, a+1)| <= 2 B(1/2, a+1).  Since log (u/sinh u)^(1/2) falls at least at the rate 1/4 from u = 2 on, the
integral of that root beyond U is at most 4 (U/sinh U)^(1/2).
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, arb, ctx

BITS = 96  # of the arithmetic
ACCURACY = 80  # bits of the integral that are asked for; what is reached is in the ball
CUT = 80


def moment(mu: Callable[[acb], acb], a: arb) -> arb:
    """A ball containing E||Y| - E|Y||^a for a mixture of normal laws Y with E|Y|^p = ``mu(p)``, -1 < Re p <= a."""
    with ctx.workprec(BITS):
        m = mu(acb(1)).real
        log_m, gamma = acb(m).log(), (a + 1).gamma()

        def both(t: acb, _: bool) -> acb:
            z, w = acb(0.5) + t * acb(0, 1), acb(1.5) + t * acb(0, 1)
            below = ((z + a) * log_m).exp() * z.gamma() * (z + a + 1).rgamma() * mu(-z)
            above = (w * log_m).exp() * (-w).gamma() * (a + 1 - w).rgamma() * mu(a - w)
            return gamma * (below + above)

        tolerance = arb(2) ** -ACCURACY
        inner = acb.integral(both, 0, CUT, rel_tol=tolerance, abs_tol=tolerance).real
        beta = arb(0.5).gamma() * gamma / (a + arb(1.5)).gamma()
        size = beta * (m ** (a + 0.5) * mu(acb(-0.5)).real + 2 * m ** arb(1.5) * mu(acb(a - 1.5)).real)
        U = arb.pi() * CUT / 2
        rest = size * (2 / arb.pi()) * 4 * (U / U.sinh()).sqrt()
        closed = mu(acb(a)).real - a * m * mu(acb(a - 1)).real
        return closed + (inner + arb(0, rest.upper())) / arb.pi()
