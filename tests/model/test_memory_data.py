"""A net fed by a program, which ``caffe train`` cannot do: pycaffe trains it, and patched it sees scaled data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from model_cases import CASES

from autofix.caffe import Caffe
from autofix.model import patch, patched_files
from autofix.prototxt import write

SCRIPT = """
import sys, caffe, numpy as np
random = np.random.default_rng(1)
images = random.integers(0, 256, (8, 3, 24, 24)).astype(np.float32)
given, labels = images.copy(), random.integers(0, 4, 8).astype(np.float32)
solver = caffe.SGDSolver(sys.argv[1])
solver.net.set_input_arrays(images, labels)
before = solver.net.params["skip"][0].data.copy()
solver.step(2)
np.testing.assert_allclose(solver.net.blobs["image_scaled"].data, given * 0.0078125, rtol=1e-6)
np.testing.assert_array_equal(images, given)
assert 0.008 < before.std() < 0.012, "the filler"
assert (solver.net.params["skip"][0].data != before).any(), "it learns"
print("trained")
"""


@pytest.mark.caffe
def test_memory_data_is_scaled_where_it_is_read_and_the_programs_own_memory_is_not(
    pycaffe: Caffe, tmp_path: Path
) -> None:
    case = next(case for case in CASES if case.folder.name == "memory-data")
    training = case.copied_to(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    for path, document in patched_files(training, patch(training, case.candidate), out).items():
        write(document, path)
    command = [sys.executable, "-c", SCRIPT, "out/solver.prototxt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "trained\n", done.stderr[-3000:]
