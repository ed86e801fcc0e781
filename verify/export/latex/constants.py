"""Names for the large quantities that a proof repeats (display only): constants c_1, c_2, ..., quantities Y_{1,t}, ...,
and the indicator of the good event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

from bounds.statement import Proof
from bounds.terms import BINDERS, SCALAR_HEADS, Term, free_variables, subterms
from verify.export.latex.letters import Short
from verify.kernel.measurable import deterministic

LARGE, OFTEN, MOST = 12, 6, 12  # nodes of a quantity, lines that contain it, names of each kind


def repeated(proof: Proof, known: tuple[Short, ...]) -> tuple[Short, ...]:
    """Short names for what is large and occurs often, the larger first."""
    integers = set(proof.statement.integers)
    sizes: dict[Term, int] = {}

    def size(x: Term) -> int:
        """The number of signs that a reader sees."""
        if x not in sizes:
            named = any(s.at(x) is not None for s in known)
            sizes[x] = 1 if named or x.head == "time" else 1 + sum(map(size, subterms(x)))
        return sizes[x]

    count: Counter[Term] = Counter()
    for fact in dict.fromkeys(s.concl for s in proof.steps):
        count.update(x for x in _inside(fact) if x.head in SCALAR_HEADS and size(x) >= LARGE)
    often = [x for x, k in count.items() if k >= OFTEN and free_variables(x) <= {*integers, "t"} and _worth(x, known)]
    constants = [x for x in often if deterministic(x) and free_variables(x) <= integers]
    moving = [x for x in often if "t" in free_variables(x) and not _binds_t(x)]
    events = _best([x for x in moving if x.head == "ind"], count, size)[:1]
    quantities = _best([x for x in moving if x.head not in ("ind", "E", "sum")], count, size)
    return (
        *(Short(f"Y_{{{k},#}}", x) for k, x in enumerate(quantities, 1)),
        *(Short(r"\mathbf{1}_{#}", x) for x in events),
        *(Short(f"c_{{{k}}}", x) for k, x in enumerate(_best(constants, count, size), 1)),
    )


def _best(found: list[Term], count: Counter[Term], size: Callable[[Term], int]) -> list[Term]:
    """Those that save most; a part of a chosen one needs occurrences of its own."""
    chosen: list[Term] = []
    for x in sorted(found, key=lambda x: (-size(x) * count[x], -size(x))):
        hidden = any(x in _inside(y) and count[x] <= count[y] + 2 for y in chosen)
        if not hidden and len(chosen) < MOST:
            chosen.append(x)
    return sorted(chosen, key=lambda x: -size(x))


def _binds_t(x: Term) -> bool:
    return any(y.head in BINDERS and y.args[0] == "t" for y in _inside(x))


def _worth(x: Term, known: tuple[Short, ...]) -> bool:
    """Not a plain product with a factor -1 or a number in front, and without a name so far."""
    return not (x.head == "mul" and x.args[0].head == "q") and all(s.at(x) is None for s in known)


@cache
def _inside(x: Term) -> frozenset[Term]:
    return frozenset((x,)).union(*(_inside(y) for y in subterms(x)))
