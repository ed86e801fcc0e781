"""The text of the GPU kernels, without Triton (``gpu.py`` has the tests that need it)."""

import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from instances import LAWS, VARIANTS

from benchmarks import gpu
from bounds.methods import CLIP_ADAGRAD_NORM, METHODS
from counterexamples.problems import SHAPES, huber
from verify.cli.bound_check import bound_check
from verify.simulate import HyperParameters, simulate
from verify.simulate.backends.fused_text import kernel_source
from verify.simulate.backends.translate import translate
from verify.simulate.metric import KEPT, METRICS
from verify.simulate.noise.sampler import draw, sampler
from verify.simulate.program import trace

HP = HyperParameters(gamma=0.05, lam=0.7, eta=0.01, b0=0.9, beta1=0.8, beta2=0.99)
PROBLEM = huber(1.3, 0.4, 1.0)
STALE = VARIANTS["stale-delayed-momentum"]


def on_numpy(step, law, steps, lanes, delay):
    """The final iterates when the lines of a translated step are run on numpy; a pointer is a place in the state."""
    state = np.zeros((5 + 2 * delay, lanes))
    state[0] = state[5 + delay :] = PROBLEM.start
    state[1] = state[5 : 5 + delay] = HP.b0 * HP.b0
    memory = state.reshape(-1)
    tl = SimpleNamespace(
        full=lambda shape, value, kind: np.float64(value), float64=None, where=np.where, sqrt=np.sqrt, abs=np.abs,
        broadcast_to=np.broadcast_to, load=memory.__getitem__, store=memory.__setitem__,
    )  # fmt: skip
    names = {"tl": tl, "S": 0, "lanes": lanes, "i": np.arange(lanes), "WIDTH": lanes, "delay": delay}
    names |= {name: getattr(HP, name) for name in trace.HYPER} | {n: getattr(PROBLEM, n) for n in trace.PROBLEM}
    names |= {f"r{row}": state[row].copy() for row in step.registers}
    code = compile("\n".join(step.lines), "step", "exec")
    for t in range(steps):
        xi = draw(law, t, 0, np.arange(lanes, dtype=np.uint64), 7)
        exec(code, names | {"t": t, "slot": t % delay, "xi": xi}, changed := {})
        names |= {name: changed[name] for name in changed.keys() & {f"r{row}" for row in step.registers}}
    return names["r0"]


@pytest.mark.parametrize(
    "change", [None, ("b_sq_delayed = ", "slot", "0"), ("v", "lam", "nu"), ("v", "* -1.0", "* 1.0")]
)
def test_translated_lines_do_what_the_compiled_loop_does(change):
    """And its neighbours do not: another slot of the ring, another level, another sign."""
    step = translate(trace.source(STALE, "huber", "gap", "advance"), 1, 3)
    assert step.registers == (0, 1, 2, 3, 4) and step.ring
    if change:
        start, *words = change
        lines = tuple(line.replace(*words) if line.startswith(start) else line for line in step.lines)
        assert lines != step.lines
        step = replace(step, lines=lines)
    found = on_numpy(step, sampler(LAWS["stable"]), 23, 40, 3)
    expected = simulate(STALE, PROBLEM, LAWS["stable"], hp=HP, steps=23, runs=40, seed=7, delay=3).last_values
    size = abs(found)
    clipped = np.minimum(size, PROBLEM.nu)
    assert np.array_equal(PROBLEM.L * (clipped * (size - clipped / 2)), expected) == (change is None)


@pytest.mark.parametrize("kind", ["nothing", "table", "atoms", "planned"])
def test_every_literal_is_a_float64(kind):
    """A bare 0.1 is a float32 to Triton; -1 is exact in both."""
    for method in (METHODS | VARIANTS).values():
        for geometry, dim in (("line", 1), ("radial", 3)):
            step = translate(trace.source(method, "well", "gap", "advance", geometry=geometry), dim, 2)
            text = kernel_source(step, kind, dim if geometry == "radial" else 0)
            rest = re.sub(r"tl\.full\(\(\), -?[\d.e-]+, tl\.float64\)", "", text).replace("* -1.0", "")
            assert not re.search(r"\d\.|\.\d", rest)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_and_metric_has_a_kernel(shape):
    for metric in METRICS:
        source = trace.source(STALE, shape, metric, "advance", also=tuple(name for name in KEPT if name != metric))
        compile(kernel_source(translate(source, 1, 2), "table"), shape, "exec")


def test_a_delay_of_one_needs_no_ring():
    source = trace.source(STALE, "huber", "gap", "advance")
    assert "tl.load" not in "".join(translate(source, 1, 1).lines)
    assert "".join(translate(source, 1, 2).lines).count("tl.store") == 2


HEAD = "def f(S, X, C, a, delay, t0):\n    for s in range(X.shape[0]):\n        for i in range(S.shape[1]):\n"


def test_nested_operations_keep_their_order():
    (line,) = translate(f"{HEAD}            b = a - (a - a * (a + a))\n", 1, 1).lines
    assert line == "b = a - (a - (a * (a + a)))"


@pytest.mark.parametrize("line", ["b = exp(a)", "b = a ** 2", "S[0, i] -= a", "print(a)"])
def test_what_emit_does_not_write_is_refused(line):
    with pytest.raises(ValueError, match=r"^expected an? (line|expression) of a generated loop, got"):
        translate(f"{HEAD}            {line}\n", 1, 1)


def test_without_triton_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "verify.simulate.backends.fused", None)
    with pytest.raises(ValueError, match=r"^engine: triton is not installed; try pip install 'tailcert\[gpu\]'"):
        simulate(CLIP_ADAGRAD_NORM, PROBLEM, LAWS["none"], hp=HP, steps=1, runs=1, seed=0, engine="triton")
    found = CliRunner().invoke(bound_check, ["--alpha", "1.5", "--engine", "triton"])
    assert found.exit_code == 2 and "engine: triton is not installed" in found.output
    other = CliRunner().invoke(bound_check, ["--alpha", "1.5", "--engine", "reference", "--device", "cuda"])
    assert other.exit_code == 2 and "the engine reference runs on the cpu only, got 'cuda'" in other.output


def test_the_benchmark_refuses_without_a_gpu(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "verify.simulate.backends.fused", None)
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    assert gpu.main() == 2
    assert capsys.readouterr().err == "gpu.py: engine: triton is not installed; try pip install 'tailcert[gpu]'\n"
