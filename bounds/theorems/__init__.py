"""One file for each family of theorems; every family has the same six names.

IDS                            the ids of its theorems, in the order of display
KIND                           "convex", "nonconvex", "uniform", "lower" or "lemma"
variants(id)                   the names of the proofs of one theorem, the default first
method(id, variant)            the ``bounds.methods.Method`` it is about, or None
statement(id, variant), proof(id, variant, of=None)
"""

FAMILIES = (
    "convex",
    "stale",
    "uniform",
    "nonconvex",
    "uniform_nonconvex",
    "lower",
    "lemmas",
    "instances",
    "steps",
)
