"""The pytest plugin: the fixture ``check_optimizer`` and the marker ``claims``.

@pytest.mark.claims(method="clip-adagrad-norm-delayed", alpha="1.5", steps=200)
def test_my_optimizer(check_optimizer):
    check_optimizer(MyOptimizer, options={"lr": "gamma", "max_norm": "lam"})
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "claims(**numbers): what verify.check_optimizer is asked by check_optimizer")


@pytest.fixture
def check_optimizer(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """``verify.check_optimizer`` with the numbers of the marker ``claims``; anything but SUPPORTED fails the test, with
    the report as the message."""
    marker = request.node.get_closest_marker("claims")
    if marker is not None and marker.args:
        got = ", ".join(map(repr, marker.args))
        pytest.fail(f'claims: expected names and numbers such as method="clip-sgd", got {got} without a name', False)
    claimed = dict(marker.kwargs) if marker is not None else {}

    def check(obj: Any, **numbers: Any) -> Any:
        import verify
        from verify.optimizers.report import lines

        found = verify.check_optimizer(obj, **{**claimed, **numbers})
        if found.status != "SUPPORTED":
            pytest.fail("\n".join(lines(found)), pytrace=False)
        return found

    return check
