"""Fixtures over all laws and all methods."""

import pytest
from instances import LAWS, UNCLIPPED

from bounds.methods import METHODS


@pytest.fixture(params=LAWS)
def law(request):
    return LAWS[request.param]


@pytest.fixture(params=METHODS | UNCLIPPED)
def method(request):
    return (METHODS | UNCLIPPED)[request.param]
