"""A scratch package outside the repository: its three-line test fails for the buggy optimizer, with the report."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = '''
import torch
from verify.optimizers.reference import ClipAdaGradNorm

class Mine(ClipAdaGradNorm):
    """Somebody's own."""

class Buggy(torch.optim.Optimizer):
    """Clips by value and forgets the delay."""
    def __init__(self, params, lr, max_norm, eta, b0):
        super().__init__(params, dict(lr=lr)); self.lam, self.eta, self.b_sq = max_norm, eta, b0 ** 2
    @torch.no_grad()
    def step(self, closure=None):
        for p in self.param_groups[0]["params"]:
            g = p.grad.clamp(-self.lam, self.lam)
            self.b_sq = self.b_sq + self.eta * (g * g).sum()
            p -= self.param_groups[0]["lr"] / self.b_sq ** 0.5 * g
'''
TESTS = """
import pytest
from scratch import Buggy, Mine

OPTIONS = {"lr": "gamma", "max_norm": "lam", "eta": "eta", "b0": "b0"}
CLAIM = pytest.mark.claims(method="clip-adagrad-norm-delayed", steps=20, delta="0.5", level="0.1", runs=512)

@CLAIM
def test_mine(check_optimizer):
    check_optimizer(Mine, options=OPTIONS | {"delay": 1})

@CLAIM
def test_buggy(check_optimizer):
    check_optimizer(Buggy, options=OPTIONS)

@pytest.mark.claims("clip-adagrad-norm-delayed", steps=20, delta="0.5", level="0.1", runs=512)
def test_nameless(check_optimizer):
    check_optimizer(Mine, options=OPTIONS | {"delay": 1})
"""


def test_the_fixture_passes_the_true_one_and_fails_the_buggy_one(tmp_path):
    (tmp_path / "scratch.py").write_text(PACKAGE, encoding="utf-8")
    (tmp_path / "test_scratch.py").write_text(TESTS, encoding="utf-8")
    own = ["-p", "no:tailcert", "-p", "verify.pytest_plugin"]  # this copy, not an installed one
    options = ["-q", "--strict-markers", "-p", "no:cacheprovider", *own]
    command = [sys.executable, "-m", "pytest", *options, "test_scratch.py"]
    found = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300
    )
    assert found.returncode == 1 and "1 failed, 1 passed, 1 error" in found.stdout, found.stdout + found.stderr
    nameless = "claims: expected names and numbers such as method=\"clip-sgd\", got 'clip-adagrad-norm-delayed' without"
    assert found.stdout.count(f"\n{nameless} a name\n") == 1
    assert "DEPARTS from clip-adagrad-norm-delayed at step" in found.stdout and "verdict: VIOLATED" in found.stdout


def test_the_entry_point_names_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"tailcert": "verify.pytest_plugin"}
    assert (ROOT / "verify" / "pytest_plugin.py").exists()
