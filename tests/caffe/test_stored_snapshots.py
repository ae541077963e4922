"""Snapshots as real Caffe writes them, read without it: the numbers are pycaffe's."""

from __future__ import annotations

import math
import resource
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from snapshots import FATAL, SOUND, as_pycaffe_has_it, train

from autofix.caffe import Caffe
from autofix.caffe.stored import Form, StoredSnapshot, read_stored
from autofix.errors import InputError

NUMBERS = ("count", "nan", "inf", "zeros")


@pytest.fixture(scope="module")
def runs(caffe: Caffe, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with snapshots: of a sound and of a diverged training, and a sound one in HDF5."""
    top = tmp_path_factory.mktemp("snapshots")
    return {
        "sound": train(caffe, top / "sound", SOUND, diff=True),
        "nan": train(caffe, top / "nan", FATAL),
        "adam": train(caffe, top / "adam", SOUND, kind="Adam"),
    }


def read(path: Path) -> StoredSnapshot:
    found = read_stored(path)
    assert isinstance(found, StoredSnapshot)
    return found


def blobs(found: StoredSnapshot, role: str = "data") -> dict:
    pairs = zip(found.snapshot.blobs, found.stats, strict=True)
    return {(blob.layer, blob.index): (blob, stats) for blob, stats in pairs if blob.role == role}


@pytest.mark.caffe
@pytest.mark.parametrize("run", ["sound", "nan"])
def test_the_numbers_are_those_of_pycaffe(run, runs, pycaffe):
    weights = runs[run] / "tiny_iter_6.caffemodel"
    expected = as_pycaffe_has_it(pycaffe, runs[run], weights)
    found = blobs(read(weights))
    assert {layer for layer, _ in found} == set(expected) == {"inception/conv", "norm", "ip"}
    for (layer, index), (blob, stats) in found.items():
        theirs = expected[layer][index]
        assert list(blob.shape) == theirs["shape"]
        assert {name: getattr(stats, name) for name in NUMBERS} == {name: theirs[name] for name in NUMBERS}
        for name in ("mean_abs", "std"):
            number = math.nan if theirs[name] is None else theirs[name]
            assert getattr(stats, name) == pytest.approx(number, rel=1e-5, abs=1e-9, nan_ok=True)
    assert any(stats.nan for _, stats in found.values()) is (run == "nan")


@pytest.mark.caffe
def test_a_snapshot_says_what_it_is(runs):
    found = read(runs["sound"] / "tiny_iter_4.caffemodel").snapshot
    assert (found.what, found.form, found.name, found.iteration) == ("caffemodel", Form.BINARY, "tiny", 4)
    assert found.layers == 6  # with those that have no weights, and the split Caffe adds is none
    assert {blob.type for blob in found.blobs} == {"Convolution", "BatchNorm", "InnerProduct"}


@pytest.mark.caffe
def test_gradients_are_told_apart_from_weights(runs):
    found = read(runs["sound"] / "tiny_iter_4.caffemodel")
    gradients = blobs(found, "diff")
    assert gradients.keys() == blobs(found).keys()
    assert gradients["ip", 0][1].mean_abs > 0
    assert not blobs(read(runs["nan"] / "tiny_iter_4.caffemodel"), "diff")


@pytest.mark.caffe
@pytest.mark.parametrize(("run", "times"), [("sound", 1), ("adam", 2)])
def test_a_solverstate_has_the_names_of_its_weights(run, times, runs):
    found = read(runs[run] / "tiny_iter_6.solverstate")
    assert (found.snapshot.what, found.snapshot.iteration) == ("solverstate", 6)
    assert found.snapshot.learned_net.endswith("tiny_iter_6.caffemodel")
    names = [(blob.layer, blob.index) for blob in found.snapshot.blobs]
    assert names == list(blobs(read(runs[run] / "tiny_iter_6.caffemodel"))) * times
    assert all(blob.history for blob in found.snapshot.blobs)


@pytest.mark.caffe
def test_a_solverstate_alone_has_numbered_histories(runs, tmp_path):
    shutil.copy(runs["sound"] / "tiny_iter_6.solverstate", tmp_path)
    moved = tmp_path / "moved"
    (runs["sound"] / "tiny_iter_6.caffemodel").rename(moved)
    try:
        found = read(tmp_path / "tiny_iter_6.solverstate")
    finally:
        moved.rename(runs["sound"] / "tiny_iter_6.caffemodel")
    assert [(blob.layer, blob.index) for blob in found.snapshot.blobs] == [("", index) for index in range(7)]


@pytest.mark.caffe
def test_hdf5_snapshots_have_the_same_numbers(runs, caffe, tmp_path):
    flat = (runs["sound"] / "net.prototxt").read_text().replace("inception/conv", "inception_conv")
    folder = train(caffe, tmp_path, SOUND, "HDF5", net=flat)  # Caffe cannot write names with a slash into HDF5
    binary = blobs(read(runs["sound"] / "tiny_iter_6.caffemodel"))
    found = read(folder / "tiny_iter_6.caffemodel.h5")
    assert (found.snapshot.what, found.snapshot.form, found.snapshot.iteration) == ("caffemodel", Form.HDF5, 6)
    hdf5 = blobs(found)
    assert {(layer.replace("_", "/"), index) for layer, index in hdf5} == set(binary)
    for (layer, index), (blob, stats) in hdf5.items():
        theirs, numbers = binary[layer.replace("_", "/"), index]
        assert blob.shape == theirs.shape
        assert stats == numbers
    state = read(folder / "tiny_iter_6.solverstate.h5").snapshot
    assert (state.what, state.iteration, len(state.blobs)) == ("solverstate", 6, 7)
    assert state.learned_net.endswith("tiny_iter_6.caffemodel.h5")


def test_names_with_slashes_in_hdf5_are_put_together(tmp_path):
    """Forks write them so, as groups within groups."""
    with h5py.File(tmp_path / "fork.caffemodel.h5", "w") as file:
        file["data/inception/1x1/0"] = np.ones((2, 3), np.float32)
        file["data/inception/1x1/1"] = np.zeros(2, np.float32)
        file.create_group("data/relu")
    found = blobs(read(tmp_path / "fork.caffemodel.h5"))
    assert list(found) == [("inception/1x1", 0), ("inception/1x1", 1)]
    assert found["inception/1x1", 0][1].constant


@pytest.mark.caffe
def test_nets_of_the_old_formats(caffe_proto, tmp_path):
    values = np.arange(6, dtype=np.float32)
    net = caffe_proto.NetParameter(name="old")
    one = net.layers.add(name="conv1", type=caffe_proto.V1LayerParameter.CONVOLUTION)
    one.blobs.add(num=1, channels=2, height=3, width=1, data=values)
    net.layers.add(name="relu1", type=caffe_proto.V1LayerParameter.RELU)
    oldest = net.layers.add().layer
    oldest.name, oldest.type = "fc", "innerproduct"
    oldest.blobs.add(num=1, channels=1, height=2, width=3, data=-values)
    (tmp_path / "old.caffemodel").write_bytes(net.SerializeToString())
    found = read(tmp_path / "old.caffemodel")
    assert (found.snapshot.name, found.snapshot.layers) == ("old", 3)
    assert [(blob.layer, blob.type, blob.shape) for blob in found.snapshot.blobs] == [
        ("conv1", "4", (1, 2, 3, 1)),
        ("fc", "innerproduct", (1, 1, 2, 3)),
    ]
    assert [stats.mean for stats in found.stats] == [2.5, -2.5]


@pytest.mark.caffe
def test_doubles_and_mean_images(caffe_proto, tmp_path):
    mean = caffe_proto.BlobProto(num=1, channels=3, height=1, width=1, data=[104.0, 117.0, 123.0])
    (tmp_path / "mean.binaryproto").write_bytes(mean.SerializeToString())
    found = read(tmp_path / "mean.binaryproto")
    assert (found.snapshot.what, found.snapshot.blobs[0].shape, found.stats[0].maximum) == ("mean", (1, 3, 1, 1), 123)
    shaped = caffe_proto.BlobProto(shape=caffe_proto.BlobShape(dim=[2]), double_data=[1e300, -1e300])
    (tmp_path / "other.binaryproto").write_bytes(shaped.SerializeToString())
    found = read(tmp_path / "other.binaryproto")
    assert (found.snapshot.blobs[0].dtype, found.stats[0].maximum, found.stats[0].bad) == ("float64", 1e300, 0)


# --- what other programs write: wire bytes put together by hand ---


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(value: int) -> bytes:
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def net(*blob: bytes) -> bytes:
    return field(1, b"net") + field(100, field(1, b"ip") + field(2, b"InnerProduct") + field(7, b"".join(blob)))


VALUES = np.array([1.5, -2.0, np.nan, 0.0], "<f4")
SHAPE = field(7, field(1, b"\x02\x02"))
WRITTEN = {
    "half floats of NVIDIA's fork": net(SHAPE, b"\x50\x02", field(12, VALUES.astype("<f2").tobytes())),
    "raw floats of NVIDIA's fork": net(SHAPE, b"\x50\x01", field(12, VALUES.tobytes())),
    "unpacked": net(*(b"\x2d" + value.tobytes() for value in VALUES), SHAPE),
    "packed in two parts": net(field(5, VALUES[:1].tobytes()), SHAPE, field(5, VALUES[1:].tobytes())),
    "an unpacked shape": net(field(7, b"\x08\x02\x08\x02"), field(5, VALUES.tobytes())),
    "fields of a fork": net(field(5, VALUES.tobytes()), SHAPE, field(200, b"mine"), b"\xf8\x10\x01")
    + field(300, b"\x00" * 40),
}


@pytest.mark.parametrize("wire", WRITTEN.values(), ids=WRITTEN)
def test_what_others_write(wire, tmp_path):
    (tmp_path / "x.caffemodel").write_bytes(wire)
    found = read(tmp_path / "x.caffemodel")
    (blob,), (stats,) = found.snapshot.blobs, found.stats
    assert (blob.layer, blob.shape, blob.count) == ("ip", (2, 2), 4)
    assert (stats.nan, stats.zeros, stats.minimum, stats.maximum) == (1, 1, -2.0, 1.5)


def test_a_blob_past_two_gigabytes_is_read_and_memory_stays_small(tmp_path):
    """No protobuf library reads such a message. The file has a hole, so that it takes no room and no time to write."""
    count = (1 << 29) + 5  # floats: 20 bytes past 2 GiB
    tail = field(7, field(1, varint(count)))
    inner = varint(5 << 3 | 2) + varint(4 * count)
    blob_size = len(inner) + 4 * count + len(tail)
    layer = field(1, b"fc6") + varint(7 << 3 | 2) + varint(blob_size) + inner
    head = varint(100 << 3 | 2) + varint(len(layer) + 4 * count + len(tail)) + layer
    with (tmp_path / "large.caffemodel").open("wb") as file:
        file.write(head)
        file.seek(4 * count - 4, 1)
        file.write(np.float32(np.inf).tobytes() + tail)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(tmp_path / "large.caffemodel")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert found.snapshot.blobs[0].shape == (count,)
    assert (found.stats[0].count, found.stats[0].inf, found.stats[0].zeros) == (count, 1, count - 1)


# --- what is no snapshot, or not a whole one ---

WHOLE = net(field(5, VALUES.tobytes()), SHAPE)
BROKEN = {
    "empty": (b"", "this file is empty"),
    "noise": (b"\xff\xfe\x00\x01" * 50, "neither a snapshot nor a data set"),
    "cut off": (WHOLE[:-3], "cut off: at least 3 bytes are missing"),
    "a prototxt": (b'name: "x"\nlayer { }\n', "neither a snapshot nor a data set"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "pointer of Git LFS"),
    "a web page": (b"<!DOCTYPE html><html>", "a web page"),
    "half an HDF5 file": (b"\x89HDF\r\n\x1a\n" + b"\x00" * 50, "not a readable HDF5 file"),
}


@pytest.mark.parametrize(("wire", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told(wire, says, tmp_path):
    (tmp_path / "x.caffemodel").write_bytes(wire)
    with pytest.raises(InputError, match=says):
        read(tmp_path / "x.caffemodel")


@pytest.mark.parametrize("keep", range(1, len(WHOLE), 3))
def test_a_snapshot_cut_off_anywhere_is_refused_or_told(keep, tmp_path):
    (tmp_path / "x.caffemodel").write_bytes(WHOLE[:keep])
    with pytest.raises(InputError, match=r"cut off|damaged|neither"):
        read(tmp_path / "x.caffemodel")


def test_there_is_nothing(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "gone.caffemodel")
    with pytest.raises(InputError, match="neither an LMDB nor a LevelDB"):
        read(tmp_path)


def test_of_a_folder_it_is_told_what_there_is(tmp_path):
    for name in ("a_iter_2.caffemodel", "a_iter_2.solverstate", "notes.txt"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="a folder") as caught:
        read(tmp_path)
    assert caught.value.hint == (
        f"it holds {tmp_path}/a_iter_2.caffemodel, {tmp_path}/a_iter_2.solverstate: name what is to be read"
    )
