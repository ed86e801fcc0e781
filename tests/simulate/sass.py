"""The machine code of a kernel: what is contracted, and how fast an H100 could be at best: computed, never measured."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

SQRT, DIVISION = 5, 7  # DFMA that the assembler's own correctly rounded square root and division have
_INSTRUCTION = re.compile(r"\s*/\*[0-9a-f]+\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z0-9_]+)([\w.]*)(.*);")

# H100 SXM: multiprocessors x boost clock; lanes of each that one multiprocessor takes up in a clock (CUDA C++
# Programming Guide, throughput of arithmetic instructions, compute capability 9.0; loads: one per lane of a warp)
CLOCK = 132 * 1.98e9
LANES = {"issue": 128, "float64": 64, "multiply": 64, "special": 16, "load": 32}
_PIPES = {
    "float64": {"DADD", "DMUL", "DFMA", "DSETP"}, "multiply": {"IMAD"}, "special": {"MUFU", "I2F", "F2F"},
    "load": {"LDG", "STG"},
}  # fmt: skip


def _tool(name: str, *arguments: str) -> str:
    import triton

    path = Path(triton.__file__).parent / "backends/nvidia/bin" / name
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def disassembled(cubin: bytes) -> list[tuple[str, str, str]]:
    """(label, "", "") and (instruction, predicate, rest) of the kernel, without the assembler's subroutines."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        text = _tool("nvdisasm", "-c", file.name)
    found = []
    for line in text[text.index(".text.kernel:") :].splitlines()[1:]:
        if "$__internal" in line and line.rstrip().endswith(":"):
            break
        if label := re.fullmatch(r"(\.L_\w+):", line.strip()):
            found.append((label[1], "", ""))
        elif got := _INSTRUCTION.match(line):
            found.append((got[2], got[1] or "", got[3] + got[4]))
    return found


def resources(ptx: str, architecture: int) -> tuple[int, int]:
    """Registers, and bytes that are spilled, of a thread."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kernel.ptx")
        path.write_text(ptx)
        said = _tool(
            "ptxas-blackwell", "-v", "--fmad=false", f"--gpu-name=sm_{architecture}a", str(path), "-o", "/dev/null"
        )
    registers = re.search(r"Used (\d+) registers", said)
    spilled = re.findall(r"(\d+) bytes spill", said)
    if registers is None or not spilled:
        raise ValueError(f"expected the registers in the words of ptxas, got {said!r}")
    return int(registers[1]), sum(map(int, spilled))


def contracted(code: list[tuple[str, str, str]]) -> int:
    """How many DFMA there are besides those of square roots and divisions; 0 without contraction."""
    count = Counter(name for name, _, _ in code)
    seeds = Counter(rest.split()[0] for name, _, rest in code if name == "MUFU")
    return count["DFMA"] - SQRT * seeds[".RSQ64H"] - DIVISION * seeds[".RCP64H"]


def main_loop(code: list[tuple[str, str, str]]) -> Counter[str]:
    """Instructions of the longest loop, loops inside it once, without the rare calls of subroutines."""
    places = {name: k for k, (name, _, _) in enumerate(code) if name.startswith(".L_")}
    loops, jumps = [], {}
    for k, (name, predicate, rest) in enumerate(code):
        target = re.search(r"`\((\.L_\w+)\)", rest)
        if name == "BRA" and target and target[1] in places:
            goal = places[target[1]]
            if goal < k:
                loops.append((goal, k))
            elif predicate:
                jumps[k] = goal
    start, end = max(loops, key=lambda loop: loop[1] - loop[0])
    found: Counter[str] = Counter()
    k = start
    while k <= end:
        name = code[k][0]
        if not name.startswith(".L_"):
            found[name] += 1
        goal = jumps.get(k, 0)
        rare = goal and any(inner[0] == "CALL" for inner in code[k:goal])
        k = goal if rare else k + 1
    return found


def bounds(cubin: bytes, steps: int = 4) -> dict[str, Any]:
    """Instructions of a step, and 10^9 steps in a second if one resource were used without a pause."""
    loop = main_loop(disassembled(cubin))
    used = {pipe: sum(n for name, n in loop.items() if name in names) for pipe, names in _PIPES.items()}
    used["issue"] = sum(loop.values())
    rates = {pipe: CLOCK * LANES[pipe] * steps / n / 1e9 for pipe, n in used.items() if n}
    return {"instructions": used["issue"] / steps, "float64": used["float64"] / steps, "rates": rates}
