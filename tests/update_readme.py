"""Rewrite the outputs in the README's transcripts that no longer agree.  ``python -m tests.update_readme``

Numbers that change with every edit of a proof are written as "...".  Where the README leaves out lines, with a line
"...", as many lines are kept before and after it as it shows now.  Read the difference before you keep it.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.test_readme import README, ROOT, agree, make_shell, transcripts

VOLATILE = (
    (r"PROVED( in|  )( ?)\d+ steps", r"PROVED\1\2... steps"),
    (r"steps=\d+", "steps=..."),
    (r"sha256 [0-9a-f]{12,}", "sha256 ..."),
    (r"no readable JSON: .*", "no readable JSON: ..."),
)


def shortened(want: str, got: str) -> str:
    """The new output, cut like the old one."""
    for pattern, replacement in VOLATILE:
        got = re.sub(pattern, replacement, got)
    before, cut, after = want.partition("\n...\n")
    if not cut:
        return got
    lines = got.splitlines()
    head, tail = before.count("\n") + 1, after.count("\n")
    return "\n".join([*lines[:head], "...", *lines[-tail:], ""])


def main() -> None:
    text = README
    with tempfile.TemporaryDirectory() as folder:
        shell = make_shell(Path(folder))
        for command, want in (pair for transcript in transcripts() for pair in transcript):
            got = shell(command)
            if not agree(want, got):
                text = text.replace(f"$ {command}\n{want}", f"$ {command}\n{shortened(want, got)}")
                print(f"changed: {command}")
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
