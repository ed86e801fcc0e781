"""Fixtures over all laws and all methods."""

import pytest
from instances import LAWS, UNCLIPPED, VARIANTS

from bounds.methods import METHODS


@pytest.fixture(params=LAWS)
def law(request):
    return LAWS[request.param]


ALL = METHODS | VARIANTS | UNCLIPPED


@pytest.fixture(params=ALL)
def method(request):
    return ALL[request.param]
