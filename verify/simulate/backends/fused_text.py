"""The text of a Triton kernel: many steps of many trajectories in one launch, state in registers, noise from counters.

    S  float64 [rows, lanes]  the state (``emit.Layout``); vectors and rings stay there, numbers come and go once
    C  float64 [steps]        bias corrections          Y  float64 [dim, lanes]  in R^d: the noise of one step
    A  float64                a table [degree + 1, pieces]; or [2, jumps, lanes]: jumps, and their steps
    B  float64                in R^d: the table of a normal number

Four steps share a block of words; the one to three steps after the last whole block come one by one.
"""

from __future__ import annotations

from typing import Literal

from verify.simulate.backends.translate import INDENT, Step

Kind = Literal["nothing", "table", "atoms", "planned"]
_WHOLE = ("lanes", "first", "series", "seed", "t0", "steps", "delay", "until", "cut_a", "cut_b", "sign_mask", "jumps")
_NUMBERS = ("scale", "value_a", "value_b", "value_c")
_UNSIGNED = ("seed", "cut_a", "cut_b", "sign_mask")
_DRAW: dict[Kind, str] = {
    "nothing": "zero",
    "table": "noise.from_table(w{0}, s{0}, A, scale, sign_mask)",
    "atoms": "noise.from_atoms(w{0}, s{0}, cut_a, cut_b, value_a, value_b, value_c)",
    "planned": "noise.planned(A, jumps, lanes, i, t, zero + value_a)",
}


def arguments(step: Step) -> dict[str, str]:
    """Names and types of the kernel's arguments, in their order."""
    found = dict.fromkeys(("S", "C", "Y", "A", "B"), "*fp64")
    found |= {name: "u64" if name in _UNSIGNED else "i64" for name in _WHOLE}
    found |= dict.fromkeys(_NUMBERS, "fp64")
    found |= {n: "*fp64" if n.startswith("all_") else "fp64" for n in step.scalars if n not in _WHOLE}
    return {**found, "WIDTH": "constexpr"}


def kernel_source(step: Step, kind: Kind, dim: int = 0) -> str:
    """Python source of ``kernel``, for the module ``fused_noise``; ``dim`` > 0: the noise has a direction in R^dim."""
    given = arguments(step)
    numbers = [name for name, type_ in given.items() if type_ == "fp64"]
    annotated = [f"{n}: tl.{_TRITON[k]}" if k in _TRITON else n for n, k in given.items()]
    state = ", ".join(f"r{row}" for row in step.registers)
    always = ["S", "C", "Y", "lanes", "delay", "until", "i", "t", "slot", *["xi"] * (not dim)]
    passed = ", ".join([*always, *(n for n in step.scalars if n not in _WHOLE), state, "WIDTH"])

    def once(place: int | str) -> list[str]:
        """One step, with the words of this place in the block."""
        noise = _DRAW[kind].format(place)
        direct = f"noise.direct(Y, lanes, i, {noise}, B, t, series, low, high, seed, {dim})"
        turn = ["slot = tl.where(slot + 1 == delay, 0, slot + 1)"] * step.ring
        return [direct if dim else f"xi = {noise}", f"{state} = advance({passed})", "t += 1", *turn]

    drawn = kind in ("table", "atoms")
    words = [
        f"{n}0, {n}1, {n}2, {n}3 = noise.words(t >> 2, series + {k}, low, high, seed)"
        for k, n in enumerate("ws" if drawn else "")
    ]
    chosen = [f"{n} = tl.where(t % 4 == 0, {n}0, tl.where(t % 4 == 1, {n}1, {n}2))" for n in "ws" if drawn]
    body = [
        "i = tl.program_id(0).to(tl.int64) * WIDTH + tl.arange(0, WIDTH)",
        "low, high = (first + i).to(tl.uint32), ((first + i) >> 32).to(tl.uint32)",
        *(f"{name} = tl.full((), {name}, tl.float64)" for name in numbers),
        *(f"{name} = tl.full((), {name}, tl.{_TRITON[given[name]]})" for name in _WHOLE),
        "zero = tl.zeros((WIDTH,), tl.float64)",
        *(f"r{row} = tl.load(S + {row} * lanes + i)" for row in step.registers),
        "t, slot = t0, t0 % delay",
        "for _ in range(steps // 4):",
        *_inside([*words, *(line for place in range(4) for line in once(place))]),
        "for _ in range(steps % 4):",
        *_inside([*words, *chosen, *once("")]),
        *(f"tl.store(S + {row} * lanes + i, r{row})" for row in step.registers),
    ]
    advance = [*step.lines, f"return {state}"]
    return "\n".join([
        "@triton.jit", f"def advance({passed.replace('WIDTH', 'WIDTH: tl.constexpr')}):", *_inside(advance), "", "",
        f"@triton.jit(do_not_specialize={[n for n, k in given.items() if k in _TRITON and k != 'constexpr']})",
        f"def kernel({', '.join(annotated)}):", *_inside(body), "",
    ])  # fmt: skip


_TRITON = {"fp64": "float64", "i64": "int64", "u64": "uint64", "constexpr": "constexpr"}


def _inside(lines: list[str]) -> list[str]:
    return [INDENT + line for line in lines]
