"""What tests of every package share: the Caffe of this machine."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from pathlib import Path
from types import ModuleType

import pytest

from autofix.caffe import Caffe, find

# Under nohup or in the background of a script these are ignored, and what the tests start would ignore them too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
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


@pytest.fixture(scope="session")
def caffe_proto(caffe: Caffe) -> ModuleType:
    """Caffe's own declarations, from beside the executable; protobuf takes a file of this name only once."""
    places = [folder / "python" / "caffe" / "proto" / "caffe_pb2.py" for folder in caffe.path.resolve().parents[:4]]
    spec = importlib.util.spec_from_file_location("caffe_pb2", next(place for place in places if place.is_file()))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
