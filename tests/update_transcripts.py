"""Rewrite the outputs in transcripts that no longer agree.  ``python -m tests.update_transcripts [PAGE ...]``

PAGE is README or the name of a page in docs/; without one, all that have transcripts.

Numbers that change with every edit of a proof are written as "...".  Where a transcript leaves out lines, with a line
"...", as many lines are kept before and after it as it shows now.  Read the difference before you keep it.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.test_documents import PAGES
from tests.test_readme import ROOT, agree, make_shell, transcripts

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


def renewed(text: str) -> str:
    """The page with the outputs that its commands print today."""
    with tempfile.TemporaryDirectory() as folder:
        shell = make_shell(Path(folder))
        for command, want in (pair for transcript in transcripts(text) for pair in transcript):
            got = shell(command)
            if not agree(want, got):
                text = text.replace(f"$ {command}\n{want}", f"$ {command}\n{shortened(want, got)}")
                print(f"changed: {command}")
    return text


def main(pages: Sequence[str]) -> None:
    for page in pages or ("README", *PAGES):
        path = ROOT / "README.md" if page == "README" else ROOT / "docs" / f"{page}.md"
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
