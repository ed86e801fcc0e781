"""Every step of a proof on small random probability trees: ``python -m tests.kernel.trees ID [--seeds 8]``.

The trees are those of ``model``.  One that does not satisfy a fact of the statement that the proof uses says nothing
and is counted out; how many are left is printed.  Exit code 0: every step holds on all of them; 1: a step is false on
one; 3: none is left.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import bounds
from bounds.show import text
from bounds.statement import Proof
from tests.kernel import model


def admissible(proof: Proof, seeds: int) -> list[model.Model]:
    """The random instances that satisfy all definitions, assumptions and conditions that a proof uses."""
    make = model.make if bounds.kind(proof.statement.id) in ("convex", "nonconvex") else model.wild
    facts = [step.concl for step in proof.steps if step.rule == "given"]
    found = [make(proof.statement, seed) for seed in range(1, seeds + 1)]
    return [m for m in found if all(m.holds(fact, {}, model.TOLERANCE).all() for fact in facts)]


def false_steps(proof: Proof, instances: Sequence[model.Model]) -> list[str]:
    """The steps that are false on an instance, with the first values of their free variables that show it."""
    out = []
    for k, step in enumerate(proof.steps):
        found = [at for m in instances if (at := m.violation(step.hyps, step.concl)) is not None]
        if found:
            out.append(f"step {k} ({step.rule}) is false at {found[0]}: {text(step.concl)}")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("theorem", choices=bounds.theorem_ids())
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args(arguments)
    code = 0
    for variant in bounds.variants(options.theorem):
        proof = bounds.proof(options.theorem, variant)
        instances = admissible(proof, options.seeds)
        wrong = false_steps(proof, instances)
        print(f"{options.theorem} ({variant}): {len(proof.steps)} steps on {len(instances)} trees, {len(wrong)} false")
        print("".join(f"  {line}\n" for line in wrong), end="")
        code = max(code, 1 if wrong else 0 if instances else 3, key=(0, 3, 1).index)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
