"""The studies are not installed: they are imported from the checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """A folder of data sets, shared by all tests."""
    return tmp_path_factory.mktemp("data sets")
