"""Correct step functions for the methods, each evaluated in another order: what the envelope must contain.

``variants(method, hp, delay, corrected)`` gives name -> step(x, g, state), with hp a dict of floats.
"""

import math

import numpy as np


def straight(method, hp, delay, corrected):
    """As it is written in the theory."""

    def step(x, g, state):
        m, past, t = state or (np.zeros_like(x), (hp.get("b0", 1.0) ** 2,) * (delay + 1), 1)
        norm = np.sqrt(g @ g)
        gc = g * min(1.0, hp["lam"] / norm) if norm > 0 else g
        m = hp["beta1"] * m + (1 - hp["beta1"]) * gc
        if method == "clip-sgd":
            return x - hp["gamma"] * m, (m, past, t + 1)
        size = gc @ gc
        new = past[0] + hp["eta"] * size if "adagrad" in method else hp["beta2"] * past[0] + (1 - hp["beta2"]) * size
        past = (new, *past)[: delay + 1]
        s = math.sqrt(1 - hp["beta2"] ** t) / (1 - hp["beta1"] ** t) if corrected else 1.0
        return x - s * hp["gamma"] / math.sqrt(past[-1]) * m, (m, past, t + 1)

    return step


def rooted(method, hp, delay, corrected):
    """Keeps b instead of b^2; hypot for the norm, lerp for the momentum, products of beta for the correction."""

    def step(x, g, state):
        b0 = hp.get("b0", 1.0)
        m, past, p1, p2 = state or (np.zeros_like(x), (b0,) * (delay + 1), 1.0, 1.0)
        norm = math.hypot(*g[::-1])
        size = min(norm, hp["lam"])
        m = m + (1 - hp["beta1"]) * (g * (size / norm if norm > 0 else 0.0) - m)
        if method == "clip-sgd":
            return x + m * -hp["gamma"], (m, past, p1, p2)
        if "adagrad" in method:
            new = math.hypot(past[0], math.sqrt(hp["eta"]) * size)
        else:
            new = math.sqrt(past[0] ** 2 + (1 - hp["beta2"]) * (size * size - past[0] ** 2))
        past = (new, *past)[: delay + 1]
        p1, p2 = p1 * hp["beta1"], p2 * hp.get("beta2", 0.0)
        m_hat, b_hat = (m / (1 - p1), past[-1] / math.sqrt(1 - p2)) if corrected else (m, past[-1])
        return x - m_hat / (b_hat / hp["gamma"]), (m, past, p1, p2)

    return step


def buffered(method, hp, delay, corrected):
    """The momentum without its factor, which goes into the stepsize; scaled gradients; exact sums."""

    def step(x, g, state):
        buf, past, t = state or (np.zeros_like(x), (hp.get("b0", 1.0) ** 2,) * (delay + 1), 1)
        unit = g / hp["lam"] if math.isfinite(hp["lam"]) else g
        norm_sq = math.fsum(unit * unit)
        over = math.isfinite(hp["lam"]) and norm_sq > 1
        gc = g / math.sqrt(norm_sq) if over else g
        buf = hp["beta1"] * buf + gc
        rate = hp["gamma"] * (1 - hp["beta1"])
        if method == "clip-sgd":
            return x - rate * buf, (buf, past, t + 1)
        scale = hp["lam"] ** 2 if math.isfinite(hp["lam"]) else 1.0
        size = (1.0 if over else norm_sq) * scale
        adam = "adam" in method
        new = size + hp["beta2"] * (past[0] - size) if adam else math.fsum([past[0], hp["eta"] * size])
        past = (new, *past)[: delay + 1]
        if corrected:
            rate *= (-math.expm1(t * math.log(hp["beta2"]))) ** 0.5
            rate /= -math.expm1(t * math.log(hp["beta1"])) if hp["beta1"] else 1.0
        return x - (buf * past[-1] ** -0.5) * rate, (buf, past, t + 1)

    return step


VARIANTS = {"straight": straight, "rooted": rooted, "buffered": buffered}
