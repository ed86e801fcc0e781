"""The direction of imports, and what the trusted files may import: bounds <- counterexamples <- verify <- tests."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.build import build_wheel

import verify

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bounds", "counterexamples", "verify")
FORBIDDEN_IN_BOUNDS = {"torch", "numba", "scipy", "click", "numpy", "flint"}
HEAVY = ("numpy", "sympy", "torch", "scipy", "numba", "flint", "mpmath", "rich", "llvmlite")


def imported(tree: ast.AST, package: str = "") -> set[str]:
    """Full names of all imported modules; relative ones are resolved in ``package``."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            found.add(".".join([*parts, *filter(None, [node.module])]))
    return found


def roots(tree: ast.AST, package: str = "") -> set[str]:
    return {name.partition(".")[0] for name in imported(tree, package)}


def sources(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


def above(package: str) -> set[str]:
    """What a package may not import."""
    order = ("bounds", "counterexamples", "verify", "tests")
    return set(order[order.index(package) + 1 :])


def parse(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_downwards(package):
    for path in sources(package):
        wrong = roots(parse(path), package) & above(package)
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_an_upward_import_is_seen():
    """Negative twin: every way of writing the forbidden import is noticed."""
    for line in ("import verify.prove", "from verify import prove", "def f():\n    from verify.kernel import rules"):
        assert roots(ast.parse(line)) & above("bounds") == {"verify"}
    assert imported(ast.parse("from ..kernel import x"), "verify.cli") == {"verify.kernel"}


def test_bounds_stays_light():
    for path in sources("bounds"):
        wrong = roots(parse(path)) & FORBIDDEN_IN_BOUNDS
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def allowed_in_kernel(path: Path) -> set[str]:
    return {"bounds", "verify", *sys.stdlib_module_names} | ({"flint"} if path.name == "balls.py" else set())


def test_the_kernel_imports_the_standard_library_and_bounds():
    for path in sources("verify/kernel"):
        tree = parse(path)
        wrong = roots(tree, "verify.kernel") - allowed_in_kernel(path)
        wrong |= {m for m in imported(tree, "verify.kernel") if m.startswith("verify") and "kernel" not in m}
        wrong |= {m for m in imported(tree) if m.startswith(("bounds.lemmas", "bounds.theorems", "bounds.script"))}
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_the_rechecker_imports_the_standard_library_alone():
    files = sorted((ROOT / "verify").glob("recheck*.py"))
    names = {f"verify.{f.stem}" for f in files} | {f.stem for f in files}
    assert len(files) >= 1
    for path in files:
        wrong = {
            m for m in imported(parse(path)) if m not in names and m.partition(".")[0] not in sys.stdlib_module_names
        }
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


@pytest.mark.parametrize("package", PACKAGES)
def test_shipped_code_raises_and_never_asserts(package):
    for path in sources(package):
        asserts = [node.lineno for node in ast.walk(parse(path)) if isinstance(node, ast.Assert)]
        assert not asserts, f"{path.relative_to(ROOT)} asserts in lines {asserts}"


def loaded_by(arguments: str) -> set[str]:
    """The modules a command line loads, by running it in a fresh interpreter."""
    code = (
        "import sys\nfrom verify.cli import run\n"
        f"run({arguments.split()!r})\n"
        "print(*sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", ["--help", "--version", "theorems", "bound-check --help", "show convex-clip-sgd"])
def test_light_commands_import_nothing_heavy(arguments):
    assert not loaded_by(arguments) & set(HEAVY)


def test_a_heavy_import_is_seen():
    """Negative twin."""
    assert "flint" in loaded_by("bound-check --alpha 1.5 --theorem convex-clip-sgd --runs 0")


def test_import_of_the_packages_is_light():
    code = "import sys, bounds, counterexamples, verify, verify.simulate, verify.statistics; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {m.partition(".")[0] for m in done.stdout.split()} & set(HEAVY)


def test_the_wheel_holds_the_three_packages_and_nothing_else(tmp_path, monkeypatch):
    """Build the wheel with the backend itself and look inside."""
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        names = wheel.namelist()
    assert {n.partition("/")[0] for n in names if ".dist-info/" not in n} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(n.endswith("/licenses/LICENSE") for n in names)


def test_the_project_file_agrees_with_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == verify.__version__
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)
    core = {d.partition(">")[0] for d in project["project"]["dependencies"]}
    assert "torch" not in core
