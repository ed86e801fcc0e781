"""Somebody's optimizer in one shape, whatever shape it comes in.

    a torch.optim.Optimizer class, a ``functools.partial`` of one, or a factory ``make(params) -> Optimizer``
    an optax GradientTransformation: anything with ``init(x)`` and ``update(g, state, x) -> (updates, state)``
    a pure function ``step(x, g, state) -> (x, state)`` of numpy arrays; the first state is None

Nothing is imported that the object does not bring: optax is never a dependency, torch only for torch optimizers.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any, Literal, Protocol

import numpy as np

Kind = Literal["torch", "optax", "step"]


class SubjectError(ValueError):
    """An optimizer that cannot be run: what was expected, what was given, what to try."""


@dataclass(frozen=True)
class Subject:
    """``make`` is the class, factory, transformation or function itself; ``options`` are bound to it."""

    name: str
    kind: Kind
    make: Any


class Session(Protocol):
    """One run of an optimizer on a list of float64 arrays."""

    def step(self, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Feed the gradients at the current point; the next point."""


def subject(obj: Any, **options: Any) -> Subject:
    """Recognise an optimizer; ``options`` (lr=0.1, ...) are passed to a class, factory or maker of transformations.

    Raises SubjectError for an optimizer that is bound to its parameters already, and for anything else.
    """
    torch = sys.modules.get("torch")
    name = str(getattr(getattr(obj, "func", obj), "__name__", type(obj).__name__))
    if torch is not None and isinstance(obj, torch.optim.Optimizer):
        fix = f"pass {type(obj).__name__} itself, or functools.partial({type(obj).__name__}, lr=...)"
        raise SubjectError(f"expected something that makes an optimizer, got one bound to its parameters; {fix}")
    if hasattr(obj, "init") and hasattr(obj, "update"):
        if options:
            raise SubjectError(f"{name}: a transformation takes no options; bind {', '.join(options)} when you make it")
        return Subject(name if name != "GradientTransformation" else "optax transformation", "optax", obj)
    if not callable(obj):
        raise SubjectError(f"expected an optimizer class, a transformation or a step function, got {obj!r}")
    base = getattr(obj, "func", obj)
    _known(name, obj, options)
    if torch is not None and inspect.isclass(base) and issubclass(base, torch.optim.Optimizer):
        return Subject(name, "torch", partial(obj, **options) if options else obj)
    needed = _needed(obj, set(options))
    bound = partial(obj, **options) if options else obj
    if needed == 3:
        return Subject(name, "step", bound)
    if needed == 0:  # a maker of transformations, such as optax.adam with its learning rate given
        try:
            made = bound()
        except Exception as error:
            raise SubjectError(f"{name}: making it raised {words(error)}") from None
        return subject(made)
    if needed == 1:
        return Subject(name, "torch", bound)
    raise SubjectError(
        f"{name}: expected make(params) or step(x, g, state), got a function of {needed} arguments without a default; "
        "bind the others, for example with functools.partial"
    )


def _known(name: str, obj: Callable, options: Mapping[str, Any]) -> None:
    """SubjectError for an option that the object does not take."""
    try:
        parameters = inspect.signature(obj).parameters
    except (TypeError, ValueError):
        return
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    names = [n for n, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    for option in options:
        if option not in names:
            near = ", ".join(get_close_matches(option, names, n=3)) or "none is near"
            raise SubjectError(f"{name} has no option {option!r}; nearest: {near}")


def making(who: Subject, options: Mapping[str, Any], dim: int) -> None:
    """SubjectError if it cannot be made with these options."""
    if not options or who.kind == "step":
        return
    try:
        start(who, [np.zeros(dim)])
    except SubjectError:
        raise
    except Exception as error:
        given = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise SubjectError(f"{who.name}: making it with {given} raised {words(error)}") from None


def _needed(obj: Callable, given: set[str]) -> int:
    try:
        parameters = inspect.signature(obj).parameters.values()
    except (TypeError, ValueError):
        raise SubjectError(f"{obj!r}: expected a function whose arguments can be read") from None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty and p.name not in given for p in parameters)


def words(error: BaseException) -> str:
    """What somebody else's code raised, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def load(spec: str) -> Any:
    """The object that ``package.module:name`` denotes; SubjectError with the nearest names."""
    module, colon, name = spec.partition(":")
    if not (colon and name and all(part.isidentifier() for part in module.split("."))):
        raise SubjectError(f"expected package.module:name, got {spec!r}; try torch.optim:Adam")
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        raise SubjectError(f"no module named {error.name!r}; is it installed, or in this folder?") from None
    except (Exception, SystemExit) as error:  # a module runs when it is imported
        raise SubjectError(f"importing {module} raised {words(error)}") from None
    try:
        for part in name.split("."):
            found = getattr(found, part)
    except AttributeError:
        near = ", ".join(get_close_matches(name, dir(found), n=3)) or "none is near"
        raise SubjectError(f"{module} has no {name!r}; nearest: {near}") from None
    return found


def start(who: Subject, point: Sequence[np.ndarray], zero_grad: Literal["none", "keep"] = "none") -> Session:
    """A run from a list of float64 arrays; ``zero_grad`` is what becomes of a torch gradient after each step:
    dropped (set_to_none) or zeroed in place."""
    if who.kind == "torch":
        return _Torch(who, point, zero_grad == "none")
    return (_Optax if who.kind == "optax" else _Step)(who, point)


class _Torch:
    def __init__(self, who: Subject, point: Sequence[np.ndarray], set_to_none: bool) -> None:
        import torch

        self.parameters = [torch.nn.Parameter(torch.from_numpy(np.array(x, np.float64))) for x in point]
        self.optimizer = who.make(list(self.parameters))
        if not callable(getattr(self.optimizer, "step", None)):
            raise SubjectError(f"{who.name}: expected an optimizer, got {self.optimizer!r}")
        self.name, self.set_to_none = who.name, set_to_none
        getattr(self.optimizer, "train", lambda: None)()  # schedule-free optimizers have two modes

    def step(self, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
        import torch

        self.optimizer.zero_grad(set_to_none=self.set_to_none)
        for parameter, g in zip(self.parameters, gradients, strict=True):
            incoming = torch.from_numpy(np.array(g, np.float64))
            if parameter.grad is None:
                parameter.grad = incoming
            else:
                parameter.grad.add_(incoming)
        self.optimizer.step()
        return [_array(self.name, p.detach(), g) for p, g in zip(self.parameters, gradients, strict=True)]


class _Optax:
    def __init__(self, who: Subject, point: Sequence[np.ndarray]) -> None:
        self.name, self.rule, self.point = who.name, who.make, [np.array(x, np.float64) for x in point]
        self.state = self.rule.init(list(self.point))

    def step(self, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
        updates, self.state = self.rule.update([np.array(g) for g in gradients], self.state, list(self.point))
        moved = [x + np.asarray(u, np.float64) for x, u in zip(self.point, updates, strict=True)]
        self.point = [_array(self.name, x, g) for x, g in zip(moved, gradients, strict=True)]
        return [x.copy() for x in self.point]


class _Step:
    def __init__(self, who: Subject, point: Sequence[np.ndarray]) -> None:
        if len(point) != 1:
            raise SubjectError(f"{who.name}: a step function moves one array, got {len(point)}")
        self.name, self.rule, self.x, self.state = who.name, who.make, np.array(point[0], np.float64), None

    def step(self, gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
        (g,) = gradients
        answer = self.rule(self.x.copy(), np.array(g, np.float64), self.state)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise SubjectError(f"{self.name}: expected a pair (x, state), got {type(answer).__name__}")
        self.x, self.state = _array(self.name, answer[0], g), answer[1]
        return [self.x.copy()]


def _array(name: str, x: Any, like: np.ndarray) -> np.ndarray:
    given = np.asarray(x.numpy() if hasattr(x, "numpy") else x)
    if np.iscomplexobj(given):
        raise SubjectError(f"{name}: the point is complex after a step")
    out = np.array(given, np.float64)
    if out.shape != np.shape(like):
        raise SubjectError(f"{name}: the point had shape {np.shape(like)} and has shape {out.shape} after a step")
    return out
