"""What the tests of the studies share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A folder of data sets, shared by all tests."""
    return tmp_path_factory.mktemp("data sets")
