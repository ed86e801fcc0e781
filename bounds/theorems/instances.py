"""Lemmas about the hard instances: the Huber function is in the class of the upper bounds; the bias bound is tight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bounds.lemmas import huber, huber_class, tight
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both
from bounds.theorems import common

KIND = "lemma"
VARIANTS = ("lemma",)


@dataclass(frozen=True)
class Instance:
    """What a statement about an instance is made of, with the lines that prove its facts in order."""

    title: str
    source: str
    parameters: Mapping[str, Parameter]
    vectors: Mapping[str, str]
    functions: Mapping[str, tuple[str, str]]
    definitions: Mapping[str, Term]
    assumptions: Mapping[str, Term]
    conditions: Mapping[str, Term]
    facts: tuple[Term, ...]
    lines: Callable[[Script], tuple[Line, ...]]


ALPHA = {"alpha": Parameter("pos", "tail index, in (1, 2]")}
INSTANCES = {
    "huber-convex-smooth": Instance(
        "The Huber function is convex and 1-smooth",
        "theory, section 8",
        ALPHA | {"nu": Parameter("pos", "threshold")},
        {"xstar": "the minimiser of f"},
        {"f": ("scalar", "the Huber function"), "grad": ("vector", "its gradient")},
        {k: fact for k, fact in huber.definitions().items() if k != "accuracy"},
        {},
        {},
        huber_class.facts(),
        huber_class.convex_smooth,
    ),
    "clip-bias-tight": Instance(
        "A two-point law whose clipping bias is the bound B divided by 1 + (p / (1-p))^(alpha-1)",
        "theory, section 1",
        ALPHA | tight.PARAMETERS,
        {"e": "a direction"},
        {"clip": ("vector", "clipping at level lam")},
        tight.definitions(),
        tight.assumptions(),
        tight.conditions(),
        tight.facts(),
        tight.lines,
    ),
}
IDS = tuple(INSTANCES)


def variants(theorem_id: str) -> tuple[str, ...]:
    """One proof each."""
    return VARIANTS


def method(theorem_id: str, variant: str) -> Method | None:
    """An instance is about no method."""
    return None


def statement(theorem_id: str, variant: str = "lemma") -> Statement:
    """The statement with the given id."""
    about = INSTANCES[theorem_id]
    return Statement(
        id=theorem_id,
        variant=variant,
        title=about.title,
        source=about.source,
        integers={},
        parameters=about.parameters,
        vectors=about.vectors,
        functions=about.functions,
        noise="xi",
        processes=(),
        definitions=about.definitions,
        assumptions={k: v for k, v in common.ranges().items() if k != "delta_range"} | dict(about.assumptions),
        conditions=about.conditions,
        free_parameters=(),
        bound=None,
        conclusion=both(*about.facts),
    )


def proof(theorem_id: str, variant: str = "lemma", of: Statement | None = None) -> Proof:
    """The statement with its proof; ``of`` tries the same proof on another statement (a mutant, in tests)."""
    s = Script(of or statement(theorem_id, variant))
    s.conj(*INSTANCES[theorem_id].lines(s))
    return s.proof()
