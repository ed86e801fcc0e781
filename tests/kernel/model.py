"""Finite models: interpret every term of a certificate on a concrete probability tree.

A model is one admissible instance of a theorem: an objective, a noise law with three outcomes per step, numbers that
satisfy every condition.  All paths of the tree are carried along as an array axis, so a conditional expectation is an
exact average over the continuations of a path.  A sequent is checked on every path and for every small value of its
free variables.  This knows nothing about rules: it is a second opinion on what the steps *say*.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from bounds.exponents import Exponent
from bounds.statement import Statement
from bounds.terms import Term, free_variables

OUTCOMES, HORIZON = 3, 3
DEPTH = HORIZON + 1  # noise at times 0..HORIZON
PATHS = OUTCOMES**DEPTH
TOLERANCE = 1e-9


class OutOfRange(Exception):
    """A time beyond the tree, or a number beyond the floats."""


@dataclass
class Model:
    statement: Statement
    numbers: dict[str, float]
    integers: dict[str, int]
    xstar: np.ndarray
    x0: np.ndarray
    hessian: np.ndarray
    outcomes: np.ndarray  # (OUTCOMES, 2)
    weights: np.ndarray  # (OUTCOMES,)
    wave: float | None = None  # None: f is quadratic; else a sum of cosines with this frequency
    tilt: np.ndarray = field(default_factory=lambda: np.zeros(2))  # the gradient at x*: 0 in an admissible model
    growth: float = 0.0  # of the noise per step: 0 in an admissible model

    def __post_init__(self) -> None:
        self.cache: dict[Any, Any] = {}
        index = np.array(list(itertools.product(range(OUTCOMES), repeat=DEPTH)))
        swell = (1 + self.growth * np.arange(DEPTH))[None, :, None]
        self.noise = self.outcomes[index] * swell  # (PATHS, DEPTH, 2)
        self.path_weight = self.weights[index].prod(axis=1)

    # --- terms ---

    def value(self, term: Term, env: dict[str, Any]) -> Any:
        key = (term, tuple((v, self._freeze(env[v])) for v in _variables(term) if v in env))
        found = self.cache.get(key)
        if found is None:
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):  # of mutants
                found = self.cache[key] = self._value(term, env)
        return found

    @staticmethod
    def _freeze(x: Any) -> Any:
        return x.tobytes() if isinstance(x, np.ndarray) else x

    def time(self, t: Term, env: dict[str, Any]) -> int:
        const, coefs = t.args
        return const + sum(k * (self.integers[v] if v in self.integers else env[v]) for v, k in coefs)

    def _value(self, term: Term, env: dict[str, Any]) -> Any:
        head, a = term.head, term.args
        if head == "q":
            return np.full(PATHS, float(a[0]))
        if head == "par":
            return np.full(PATHS, self.numbers.get(a[0], 1.7))  # a mutant may name an undeclared parameter
        if head == "n":
            return np.full(PATHS, float(self.time(a[0], env)))
        if head in ("add", "vadd"):
            return sum(self.value(x, env) for x in a)
        if head == "mul":
            return math.prod(self.value(x, env) for x in a)
        if head == "scale":
            return self.value(a[0], env)[:, None] * self.value(a[1], env)
        if head == "pow":
            e = _exponent_at(a[1], self.numbers["alpha"])
            base = self.value(a[0], env)
            undefined = ((base == 0) & (e < 0)) | ((base < 0) & (e != round(e)))  # "some fixed number": 0
            return np.where(undefined, 0.0, np.where(undefined, 1.0, base) ** e)
        if head == "expo":
            return np.full(PATHS, _exponent_at(a[0], self.numbers["alpha"]))
        if head == "inner":
            return (self.value(a[0], env) * self.value(a[1], env)).sum(axis=1)
        if head == "norm":
            return np.sqrt((self.value(a[0], env) ** 2).sum(axis=1))
        if head == "ind":
            return self.holds(a[0], env).astype(float)
        if head in ("exp", "ln"):
            return {"exp": np.exp, "ln": np.log}[head](self.value(a[0], env))
        if head in ("sum", "vsum"):
            shape = PATHS if head == "sum" else (PATHS, 2)
            parts = [self.value(a[2], {**env, a[0]: j}) for j in range(max(self.time(a[1], env), 0))]
            return sum(parts, np.zeros(shape))
        if head in ("E", "Ev"):
            return self._expectation(self.time(a[0], env), self.value(a[1], env))
        return self._object(head, a, env)

    def _object(self, head: str, a: tuple[Any, ...], env: dict[str, Any]) -> Any:
        if head == "vpar":
            return np.tile(self.xstar if a[0] == "xstar" else self.x0, (PATHS, 1))
        if head == "vvar":
            return np.tile(env[a[0]], (PATHS, 1))
        if head in ("proc", "vproc"):
            return self._process(a[0], self.time(a[1], env))
        v = self.value(a[1], env)
        if head == "app":
            return self.objective(v - self.xstar)
        if a[0] != "clip":
            return self.gradient(v - self.xstar)
        length = np.sqrt((v**2).sum(axis=1))
        return v * np.minimum(1.0, self.numbers["lam"] / np.maximum(length, 1e-300))[:, None]

    def objective(self, moved: np.ndarray) -> np.ndarray:
        """f at xstar + moved; its minimum is 0.7."""
        if self.wave is None:
            return 0.5 * ((moved @ self.hessian) * moved).sum(axis=1) + moved @ self.tilt + 0.7
        return ((1 - np.cos(self.wave * moved)) @ self.hessian).sum(axis=1) / self.wave**2 + 0.7

    def gradient(self, moved: np.ndarray) -> np.ndarray:
        """grad f at xstar + moved."""
        if self.wave is None:
            return moved @ self.hessian + self.tilt
        return np.sin(self.wave * moved) @ self.hessian / self.wave

    def _process(self, name: str, s: int) -> np.ndarray:
        if name == self.statement.noise:
            if not 0 <= s < DEPTH:
                raise OutOfRange
            return self.noise[:, s]
        p = next(q for q in self.statement.processes if q.name == name)
        if s < p.start and p.base is not None:
            return self.value(p.base, {})
        return self.value(p.step, {"t": s})

    def _expectation(self, s: int, body: np.ndarray) -> np.ndarray:
        known = OUTCOMES ** min(max(s + 1, 0), DEPTH)
        w = self.path_weight.reshape(known, -1)
        shaped = body.reshape(known, w.shape[1], *body.shape[1:])
        weights = w.reshape(*w.shape, *([1] * (shaped.ndim - 2)))
        mean = (shaped * weights).sum(axis=1) / w.sum(axis=1).reshape(-1, *([1] * (shaped.ndim - 2)))
        return np.repeat(mean, w.shape[1], axis=0)

    # --- facts ---

    def holds(self, fact: Term, env: dict[str, Any], slack: float = 0.0) -> np.ndarray:
        """On which paths the fact holds, up to ``slack`` relative to the size of its sides; OutOfRange is kept, too."""
        key = (fact, slack, *((v, self._freeze(env[v])) for v in _variables(fact) if v in env))
        found = self.cache.get(key)
        if found is None:
            try:
                found = self._holds(fact, env, slack)
            except OutOfRange as error:
                found = error
            self.cache[key] = found
        if isinstance(found, OutOfRange):
            raise OutOfRange
        return found

    def _holds(self, fact: Term, env: dict[str, Any], slack: float) -> np.ndarray:
        head, a = fact.head, fact.args
        if head in ("le", "lt", "eq"):
            x, y = self.value(a[0], env), self.value(a[1], env)
            if not np.isfinite(x).all() or not np.isfinite(y).all():
                raise OutOfRange
            room = slack * (1 + np.abs(x) + np.abs(y))
            return {"le": x <= y + room, "lt": x < y + room, "eq": np.abs(x - y) <= room}[head]
        if head == "veq":
            x, y = self.value(a[0], env), self.value(a[1], env)
            return (np.abs(x - y) <= slack * (1 + np.abs(x) + np.abs(y))).all(axis=1)
        if head == "and":
            return np.logical_and.reduce([self.holds(f, env, slack) for f in a])
        if head == "whp":
            good = self.holds(a[1], env, slack)
            return np.full(PATHS, self.path_weight[~good].sum() <= self.value(a[0], env)[0] + slack)
        out = np.ones(PATHS, bool)
        for values in itertools.product(*(self._range(sort) for _, sort in a[0])):
            inner = {**env, **{v: x for (v, _), x in zip(a[0], values, strict=True)}}
            try:
                premises = np.logical_and.reduce([self.holds(p, inner) for p in a[1]] + [np.ones(PATHS, bool)])
                if premises.any():
                    out &= ~premises | self.holds(a[2], inner, slack)
            except OutOfRange:
                continue
        return out

    def _range(self, sort: Any) -> list[Any]:
        if sort == "nat":
            return list(range(HORIZON + 1))
        return [self.xstar, self.x0, self.xstar + np.array([0.4, -0.3]), 3 * self.x0 - 2 * self.xstar]

    def violation(self, hyps: tuple[Term, ...], concl: Term) -> dict[str, Any] | None:
        """Values of the free variables at which the hypotheses hold and the conclusion does not, or None."""
        names = sorted(
            frozenset().union(free_variables(concl), *(free_variables(h) for h in hyps)) - set(self.integers)
        )
        vectors = frozenset().union(*(vector_variables(f) for f in (*hyps, concl)))
        for values in itertools.product(*(self._range("vec" if v in vectors else "nat") for v in names)):
            env = dict(zip(names, values, strict=True))
            try:
                active = np.ones(PATHS, bool)
                for h in hyps:  # strictness with a margin, so that rounding cannot satisfy a contradiction
                    active &= self.holds(h, env, -TOLERANCE if h.head == "lt" else 0.0)
                if active.any() and (active & ~self.holds(concl, env, TOLERANCE)).any():
                    return env
            except OutOfRange:
                continue
        return None


@cache
def _exponent_at(e: Exponent, alpha: float) -> float:
    return float(e.at(Fraction(alpha)))


@cache
def _variables(term: Term) -> tuple[str, ...]:
    return tuple(sorted(free_variables(term)))


@cache
def vector_variables(term: Any) -> frozenset[str]:
    """The names of the vector variables in a term, a fact, or a tuple of such; bound ones, too."""
    if isinstance(term, Term) and term.head == "vvar":
        return frozenset((term.args[0],))
    parts = term.args if isinstance(term, Term) else term if isinstance(term, tuple) else ()
    return frozenset().union(*map(vector_variables, parts))


def wild(statement: Statement, seed: int) -> Model:
    """Numbers of the declared signs, a quadratic and outcomes at random: no assumption and no condition holds.

    Enough to refute identities, and inferences whose premises happen to hold.  Seed 0 is a degenerate instance, in
    which whatever may be 0 is 0; of the others, every third one is small, every fifth one has small numbers.
    """
    rng = np.random.default_rng(seed)
    size, spread = (1e-3, 2.5) if seed % 3 == 1 else (float(seed > 0), 0.7)
    unit = 1e-3 if seed % 5 == 2 else 1.0
    numbers = {
        k: float(rng.normal() if p.sign == "real" else unit * np.exp(rng.normal() * spread))
        for k, p in statement.parameters.items()
    }
    if seed == 0:
        numbers |= {k: 0.0 for k, p in statement.parameters.items() if p.sign != "pos"}
    numbers["alpha"] = float(rng.choice([1.125, 1.5, 1.75, 2.0]))
    weights = rng.dirichlet([1.0] * OUTCOMES) * 0.97 + 0.01
    hessian = rng.normal(size=(2, 2)) * size
    integers = {k: int(rng.integers(max(low, 1), HORIZON + 1)) for k, (low, _) in statement.integers.items()}
    return Model(
        statement, numbers, integers, rng.normal(size=2) * size, rng.normal(size=2) * size, hessian + hessian.T,
        rng.normal(size=(OUTCOMES, 2)) * size, weights / weights.sum(), tilt=rng.normal(size=2) * size, growth=0.5,
    )  # fmt: skip


def blend(a: Model, b: Model, share: float) -> Model:
    """An instance between two others: positive numbers on a geometric path, everything else on a straight one."""

    def mix(x: Any, y: Any) -> Any:
        return (1 - share) * x + share * y

    numbers = {
        k: float(x ** (1 - share) * b.numbers[k] ** share if x > 0 and b.numbers[k] > 0 else mix(x, b.numbers[k]))
        for k, x in a.numbers.items()
    }
    mixed = ("xstar", "x0", "hessian", "outcomes", "weights", "tilt", "growth")
    return Model(a.statement, numbers, a.integers, **{k: mix(getattr(a, k), getattr(b, k)) for k in mixed})


def make(statement: Statement, seed: int) -> Model:
    """A random instance that satisfies every condition of a theorem."""
    return (make_nonconvex if "fmin" in statement.parameters else make_convex)(statement, seed)


def _noise(rng: np.random.Generator, alpha: float, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes with mean 0 and alpha-th moment sigma^alpha, and their weights."""
    weights = rng.dirichlet([1.0] * OUTCOMES) * 0.97 + 0.01
    outcomes = rng.normal(size=(OUTCOMES, 2))
    outcomes -= weights @ outcomes
    outcomes *= sigma / (weights @ np.sqrt((outcomes**2).sum(1)) ** alpha) ** (1 / alpha)
    return outcomes, weights


def least(enough: Callable[[float], bool]) -> float:
    """The least z in 1e-6, 1.3e-6, 1.69e-6, .. that is enough, as all larger ones are."""
    return 1e-6 * 1.3 ** bisect_left(range(10**3), True, key=lambda k: enough(1e-6 * 1.3**k))


def make_nonconvex(statement: Statement, seed: int) -> Model:
    """A sum of cosines, which curves up and down with the same strength.

    The stepsize is halved until the conditions hold, each read off the statement; before that, the two quantiles grow
    until theirs do.
    """
    rng = np.random.default_rng(seed)
    alpha, sigma = float(rng.choice([1.125, 1.5, 1.75, 2.0])), float(rng.choice([0.05, 1.0, 20.0]))
    smooth, wave, b0 = (float(rng.uniform(0.5, 2)) for _ in range(3))
    outcomes, weights = _noise(rng, alpha, sigma)
    hessian = smooth * np.diag([1.0, float(rng.uniform(0, 1))])
    xstar, x0 = rng.normal(size=2), rng.normal(size=2) + 1
    integers = {"N": HORIZON} | ({"d": int(rng.integers(1, 4))} if "d" in statement.integers else {})
    numbers = {
        "alpha": alpha, "alpha_m1": alpha - 1, "sigma": sigma * (1 + 1e-12), "delta": 0.3, "A": math.log(2 / 0.3),
        "L": smooth * (1 + 1e-12), "fmin": 0.7, "b0": b0, "kappa": 1.5, "rho": 0.4, "rho1": 0.6, "rho2": 1.4,
        "phi": 0.5, "young": 1.0, "h": 8.0, "R": 0.8,  # R: for mutants only
    }  # fmt: skip

    def instance() -> Model:
        return Model(statement, numbers, integers, xstar, x0, hessian, outcomes, weights, wave)

    def enough(k: str, z: float) -> bool:
        numbers[f"z{k}"] = z
        return bool(instance().holds(statement.conditions[f"freedman{k}"], {}).all())

    numbers["Delta"] = float(instance().objective(x0[None] - xstar)[0] - 0.7) * (1 + 1e-12)
    slope = numbers["kappa"] * math.sqrt(2 * smooth * numbers["Delta"])
    numbers["lam"] = slope / numbers["rho"] * float(rng.uniform(1, 1.5))
    beta2 = float(rng.choice([1 - 1 / HORIZON, 0.5, 0.9])) if "beta2" in statement.parameters else 1.0
    grows = beta2 ** (-HORIZON / 2)
    numbers |= {"beta2": beta2, "beta2_c": 1 - beta2, "growth": grows, "chi": 1.5 * grows, "sbar": 1.0}
    heavy, beta1 = 0.0, 0.0
    if "beta1" in statement.parameters:
        beta1 = float(rng.choice([0.3, 0.5, 0.9])) * beta2
        heavy, kept = beta1 / (1 - beta1), 1 - beta1 / beta2
        numbers |= {"beta1": beta1, "beta1_c": 1 - beta1, "c": heavy, "kept": kept, "mix": 0.3, "split": 1.0}
        numbers["lam"] *= 1.1  # grad f(y_t) is bounded by the slope, p_t by a little more
        heavy *= math.sqrt((1 - beta1) / kept)
    if "sbar" in statement.parameters:
        first = math.sqrt(1 - beta2) / (1 - beta1) if beta1 else 0.0
        sbar = math.hypot(first, math.sqrt(1 - beta2 ** (HORIZON + 1)) / (1 - beta1 ** (HORIZON + 1)))
        mass = sum(1 - beta2 ** (s + 1) for s in range(HORIZON)) / sbar**2
        numbers |= {"sbar": sbar, "mass": mass, "defect": HORIZON - mass}
    u = 1 / smooth
    while True:
        u /= 2
        if beta2 < 1:
            numbers["b0"] = math.sqrt((1 - beta2) * numbers["Delta"] / smooth) / u
        numbers["gamma"] = u * numbers["b0"] / (grows * numbers["sbar"]) if "b0" in statement.parameters else u
        numbers["eta"] = (numbers["gamma"] ** 2) * smooth / numbers["Delta"]
        lag = 0.15 + (smooth * u * heavy) ** 2 * (1 + smooth * u) / 0.3 if heavy else 0.0
        kept = 0.9 if "h" in statement.parameters else 1 - 1e-9  # the rest pays for the variance
        numbers["a0"] = max(1 - numbers["phi"] / 2 - smooth * u / 2 - lag, 0.01) * kept
        for k in ("2",) if "h" in statement.parameters else "12":
            numbers[f"z{k}"] = least(partial(enough, k))
        if all(instance().holds(fact, {}).all() for fact in statement.conditions.values()):
            return instance()


def make_convex(statement: Statement, seed: int) -> Model:
    """A quadratic."""
    rng = np.random.default_rng(seed)
    alpha = float(rng.choice([1.125, 1.5, 1.75, 2.0]))
    n, smooth, radius = HORIZON, float(rng.uniform(0.5, 2)), float(rng.uniform(0.5, 2))
    sigma = float(rng.choice([0.05, 1.0, 20.0]))
    outcomes, weights = _noise(rng, alpha, sigma)
    rho, rho1, rho2, delta, kappa, b0 = 0.4, 0.6, 1.4, 0.3, 1.5, float(rng.uniform(0.5, 2))
    lam = smooth * kappa * radius / rho * float(rng.uniform(1, 1.5))
    a = math.log(2 / delta)
    adaptive, decays = "b0" in statement.parameters, "beta2" in statement.parameters
    beta2 = float(rng.choice([1 - 1 / n, 0.5, 0.9])) if decays else 1.0
    grows = beta2 ** (-n / 2)
    corrected, momentum = "sbar" in statement.parameters, "beta1" in statement.parameters
    beta1 = float(rng.choice([0.3, 0.5, 0.9])) if momentum else 0.0
    beta1 *= beta2 if corrected else 1.0
    sbar = math.sqrt(1 - beta2 ** (n + 1)) if corrected else 1.0
    if corrected and momentum:
        sbar = math.hypot(sbar / (1 - beta1 ** (n + 1)), math.sqrt(1 - beta2) / (1 - beta1))
    mass = sum(1 - beta2 ** (s + 1) for s in range(n)) / sbar**2 if corrected else n
    heavy = beta1 / (1 - beta1)
    stale, age = "nu" in statement.parameters, int(rng.integers(1, 4)) if "nu" in statement.parameters else 0
    nu1 = 0.5 if stale else 1.0
    k = (alpha - 1) ** (alpha - 1) / alpha**alpha
    u = 1.0 / smooth
    while True:  # shrink u until the budgets and the condition on chi hold
        u /= 1.3
        v, b = (rho2 * lam) ** (2 - alpha) * sigma**alpha, k * (rho1 * lam) ** (1 - alpha) * sigma**alpha
        tau, s_v, q1 = u * lam / radius, n * u * u * v / radius**2, (1 - smooth * u / nu1) * (1 - 1e-12)
        z1, z2 = (
            a * m / 3 + math.sqrt((a * m / 3) ** 2 + 2 * a * g) + 1e-6
            for m, g in ((4 * kappa * tau, 4 * kappa**2 * s_v), ((rho2 * tau) ** 2, (rho2 * tau) ** 2 * s_v))
        )
        freedman = n * (2 * u * kappa * radius * b + u * u * v / q1) / radius**2 + z1 + z2 / q1
        m = 0.3
        h = m / (2 * tau)
        e0 = h * (tau * rho2) ** 2 / q1
        c = 1 - math.exp(-m * (1 + rho) + e0) - 2 * m * rho - 1e-9
        if c <= 0 or e0 > m * (1 - rho):
            continue
        first = (math.exp(m * rho2 + e0) - 1 - m * rho2) / rho2**alpha
        growth = max(first, k * m**alpha * c ** (1 - alpha)) * (1 + 1e-9)
        joint = (a + n * growth * (sigma / lam) ** alpha) / h
        if decays:
            b0 = radius * math.sqrt(1 - beta2) / u
        gamma = u * b0 / (grows * sbar) if adaptive else u
        eta, chi, young = (gamma / radius) ** 2, 1.5 * grows, 1.0
        energy = 2 * chi * smooth * u * kappa**2 + 2 * (s_v + z2) + 2 * (smooth * u * kappa) ** 2 * (n - mass)
        fall = (1 - 1 / chi) * (1 + 1e-12)
        rises = momentum and decays
        twice = 2 if rises and corrected else 1
        drift = 2 * kappa * tau * (twice * (1 + 2 * heavy) if rises else (1 + heavy) * fall if momentum else 1)
        first = heavy * smooth * u * (beta2**-0.5 * (1 + twice * kappa**2) if rises else 1)
        first += smooth * u * age**2 / (1 - nu1) * (2 * smooth * u * kappa**2 + 2 * (s_v + z2)) if stale else 0
        paid = 1 + first + drift + freedman < kappa**2 and 2 + first + drift / kappa + joint < 2 * kappa
        weight = 1 - beta2 if decays else eta
        if paid and grows**2 + weight * (radius / (gamma * sbar)) ** 2 * energy < chi**2:
            break
    numbers = {
        "alpha": alpha, "alpha_m1": alpha - 1, "sigma": sigma * (1 + 1e-12), "delta": delta, "A": a, "A1": a, "A2": a,
        "L": smooth, "R": radius, "gamma": gamma, "lam": lam, "kappa": kappa, "rho": rho, "rho1": rho1, "rho2": rho2,
        "q1": q1, "z1": z1, "z2": z2, "h": h, "K": growth, "C": c, "b0": b0, "eta": eta, "chi": chi, "young": young,
        "sbar": sbar, "mass": mass, "defect": n - mass,
        "beta2": beta2, "beta2_c": 1 - beta2, "growth": grows, "beta1": beta1, "beta1_c": 1 - beta1, "c": heavy,
        "fall": fall, "nu": 1 - nu1, "nu1": nu1, "share": 1.0,
    }  # fmt: skip
    xstar = rng.normal(size=2)
    direction = rng.normal(size=2)
    x0 = xstar + radius * (1 - 1e-12) * direction / np.linalg.norm(direction)
    hessian = smooth * np.diag([1.0, float(rng.uniform(0, 1))]) * (1 - 1e-12)
    integers = {"N": n} | ({"d": age or int(rng.integers(1, 4))} if "d" in statement.integers else {})
    return Model(statement, numbers, integers, xstar, x0, hessian, outcomes, weights)
