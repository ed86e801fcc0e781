"""Does any wrong proof pass?  The mutation campaign: kernel and re-checker must refuse every false mutant.

    python benchmarks/mutations.py [--json] [--steps 300] [--statements 30] [--theorem ID ...]

``--steps`` mutants of steps (and a twenty-fifth as many of each step of the probabilistic skeleton) and
``--statements`` mutants of the statement for each certificate, drawn with a fixed seed; what counts as false,
equivalent or unclassified is in tests/kernel/campaign.py and tests/kernel/statements.py.
Exit code 1 if a false mutant survives.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bounds
from tests.kernel.campaign import Campaign, Report
from tests.kernel.statements import StatementCampaign


def one(theorem: str, variant: str, steps: int, statements: int) -> Report:
    """The campaign for one certificate."""
    proof = bounds.proof(theorem, variant)
    campaign = Campaign(proof)
    report = campaign.run(campaign.sample(steps))
    report += campaign.run(campaign.structural(steps // 25))
    about = StatementCampaign(proof)
    mutants = about.sample(statements)
    report += about.run(mutants)
    report += about.rewrite(mutants, lambda st: bounds.proof_of(theorem, variant, st))
    return report


def summary(report: Report, seconds: float) -> dict:
    return {
        "mutants": report.total,
        "killed": report.killed,
        "survived": report.survived,
        "equivalent": report.equivalent,
        "equivalent_accepted": report.accepted_true,
        "unclassified": report.unclassified,
        "proved_under_another_hypothesis": report.otherwise,
        "accepted_by_one_checker_only": report.disagreements,
        "kinds": dict(sorted(report.kinds.items())),
        "seconds": round(seconds, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--statements", type=int, default=30)
    parser.add_argument("--theorem", action="append", choices=bounds.theorem_ids())
    options = parser.parse_args()
    total, start = Report(), time.perf_counter()
    for theorem in options.theorem or bounds.theorem_ids():
        for variant in bounds.variants(theorem):
            began = time.perf_counter()
            report = one(theorem, variant, options.steps, options.statements)
            total += report
            if not options.json:
                print(
                    f"{theorem} ({variant}): {report.total} mutants, {report.killed} false and refused, "
                    f"{len(report.survived)} false and accepted, {report.equivalent} equivalent, "
                    f"{len(report.unclassified)} unclassified, {time.perf_counter() - began:.0f} s",
                    flush=True,
                )
    found = summary(total, time.perf_counter() - start)
    if options.json:
        print(json.dumps(found, sort_keys=True, indent=2))
        return int(bool(total.survived))
    print(
        f"all: {found['mutants']} mutants, {found['killed']} false and refused, {len(total.survived)} false and "
        f"accepted, {found['equivalent']} equivalent ({found['equivalent_accepted']} accepted), "
        f"{len(total.unclassified)} unclassified ({len(total.unclassified) / total.total:.1%}), {found['seconds']} s"
    )
    for kind, count in found["kinds"].items():
        print(f"  {kind:40} {count}")
    for head, names in (
        ("SURVIVED", total.survived),
        ("unclassified", total.unclassified),
        ("proved under another hypothesis", total.otherwise),
        ("one checker only", total.disagreements),
    ):
        for name in names:
            print(f"{head}  {name[:300]}")
    return int(bool(total.survived))


if __name__ == "__main__":
    sys.exit(main())
