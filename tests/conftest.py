"""What tests of every package share: the Caffe of this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from autofix.caffe import Caffe, find

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nets this small only lose time with more


@pytest.fixture(scope="session")
def caffe() -> Caffe:
    """The ``caffe`` tool. A test that needs it fails where it is missing."""
    found = find()
    assert found.kind == "executable", f"only {found} was found; scripts/install-caffe builds the caffe tool"
    return found


@pytest.fixture(scope="session")
def pycaffe(caffe: Caffe) -> Caffe:
    """The pycaffe that scripts/install-caffe gives to this Python."""
    return find(Path(sys.executable))
