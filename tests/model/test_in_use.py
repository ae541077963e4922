"""What the report says of the net in use is so: pycaffe gives the same answers as the patched training net."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autofix.caffe import Caffe
from autofix.model import Candidate, load, patch, patched_files
from autofix.prototxt import write

DATA = """
layer {
  name: "images" type: "ImageData" top: "data" top: "label"
  image_data_param { source: "list.txt" batch_size: 1 }
  transform_param { mean_value: 10 mean_value: 20 mean_value: 30 scale: 0.5 }
}
"""
INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 6 dim: 5 } } }\n'
IP = """
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 1 } }
}
"""
FACTOR = 0.01  # on top of the 0.5 that is there
SCRIPT = """
import sys, caffe, numpy as np
net = caffe.Net(sys.argv[1], caffe.TEST)
wanted = net.forward()["ip"].copy()
net.save("trained.caffemodel")
pixels = np.load("pixels.npy")  # [height, width, channel], BGR as Caffe reads images
for deploy, scale in zip(sys.argv[2::2], sys.argv[3::2]):
    used = caffe.Net(deploy, caffe.TEST, weights="trained.caffemodel")
    transformer = caffe.io.Transformer({"data": used.blobs["data"].data.shape})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_mean("data", np.array([10, 20, 30]))
    transformer.set_input_scale("data", float(scale))
    used.blobs["data"].data[0] = transformer.preprocess("data", pixels)
    used.forward()
    np.testing.assert_allclose(used.blobs["ip"].data, wanted, rtol=1e-4, atol=1e-4)
print("the same")
"""


@pytest.mark.caffe
def test_scaling_in_use(pycaffe: Caffe, tmp_path: Path) -> None:
    """Unpatched, the deploy net wants the whole scale; patched, the one it had before."""
    pixels = np.random.default_rng(1).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    np.save(tmp_path / "pixels.npy", pixels.astype(float))
    (tmp_path / "image.ppm").write_bytes(b"P6\n5 6\n255\n" + pixels[:, :, ::-1].tobytes())  # PPM is RGB
    (tmp_path / "list.txt").write_text("image.ppm 0\n")
    (tmp_path / "solver.prototxt").write_text('net: "net.prototxt"\n')
    (tmp_path / "net.prototxt").write_text(DATA + IP)
    (tmp_path / "deploy.prototxt").write_text(INPUT + IP)
    training = load(tmp_path / "solver.prototxt", cwd=tmp_path, deploy=Path("deploy.prototxt"))
    (tmp_path / "out").mkdir()
    result = patch(training, Candidate(input_scale=FACTOR))
    for path, document in patched_files(training, result, tmp_path / "out").items():
        write(document, path)

    ways = ["deploy.prototxt", str(0.5 * FACTOR), "out/deploy.prototxt", "0.5"]
    command = [sys.executable, "-c", SCRIPT, "out/net.prototxt", *ways]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "the same\n", done.stderr[-3000:]
