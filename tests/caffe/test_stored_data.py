"""Whole data sets, streamed: the numbers are NumPy's, and nothing in the user's folder changes."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import h5py
import lmdb
import numpy as np
import plyvel
import pytest
from PIL import Image
from trainings import digest

from autofix.caffe import Caffe
from autofix.caffe.datasets import write_lmdb
from autofix.caffe.schema import Datum
from autofix.caffe.stored import DataSet, Form, read_stored
from autofix.errors import InputError

RNG = np.random.default_rng(2)
IMAGES = RNG.integers(0, 256, (300, 3, 6, 5), dtype=np.uint8)
LABELS = RNG.integers(0, 4, 300)
FLOATS = RNG.standard_normal((300, 2, 3, 3)).astype(np.float32)


def read(path: Path, most: int | None = None) -> DataSet:
    found = read_stored(path, most=most)
    assert isinstance(found, DataSet)
    return found


def put(folder: Path, *records: bytes) -> Path:
    """An LMDB of ``records``."""
    with lmdb.open(str(folder)) as environment, environment.begin(write=True) as transaction:
        for index, record in enumerate(records):
            transaction.put(f"{index:08d}".encode(), record)
    return folder


def png(image: np.ndarray) -> bytes:
    """An image [channels, height, width] as the bytes of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def encoded(data: bytes, label: int = 0) -> bytes:
    return Datum(data=data, label=label, encoded=True).SerializeToString()


def agree(found: DataSet, values: np.ndarray, labels: np.ndarray) -> None:
    """The numbers are those of all ``values`` at once."""
    data, label = found.column("data"), found.column("label")
    assert (found.records, found.looked_at) == (len(values), len(values))
    assert data.shapes == {values.shape[1:]: len(values)}
    assert data.dtype == str(values.dtype)
    assert (data.stats.count, data.stats.zeros) == (values.size, np.count_nonzero(values == 0))
    assert (data.stats.minimum, data.stats.maximum) == (values.min(), values.max())
    assert data.stats.mean == pytest.approx(values.mean(dtype=float), rel=1e-6, abs=1e-6)
    assert data.stats.std == pytest.approx(values.std(dtype=float), rel=1e-5)
    assert label.labels.counts == {int(value): int((labels == value).sum()) for value in np.unique(labels)}
    assert label.labels.runs == 1 + np.count_nonzero(np.diff(labels))


@pytest.mark.parametrize("values", [IMAGES, FLOATS], ids=["bytes", "floats"])
def test_lmdb_numbers_are_those_of_numpy(values, tmp_path):
    write_lmdb(tmp_path / "db", values, LABELS)
    before = digest(tmp_path)
    found = read(tmp_path / "db")
    agree(found, values, LABELS)
    assert (found.form, found.encoded, found.troubles) == (Form.LMDB, 0, ())
    assert digest(tmp_path) == before
    assert read(tmp_path / "db" / "data.mdb").column("data").stats == found.column("data").stats


def test_images_are_decoded(tmp_path):
    put(tmp_path / "db", *(encoded(png(image), label) for image, label in zip(IMAGES, LABELS.tolist(), strict=True)))
    found = read(tmp_path / "db")
    agree(found, IMAGES, LABELS)
    assert (found.encoded, found.decoded) == (300, True)


def test_grey_images_have_one_channel(tmp_path):
    found = read(put(tmp_path / "db", *(encoded(png(image[:1])) for image in IMAGES[:3])))
    assert found.column("data").shapes == {(1, 6, 5): 3}


def test_images_that_do_not_decode_are_counted_and_named(tmp_path):
    whole = png(IMAGES[0])
    broken = [encoded(whole), encoded(whole[:40]), encoded(b"no image at all"), encoded(b""), encoded(whole[:-30])]
    found = read(put(tmp_path / "db", *broken))
    (trouble,) = found.troubles
    assert (trouble.kind, trouble.count, found.encoded) == ("undecodable", 4, 5)
    assert [key for key, _ in trouble.first] == ["00000001", "00000002", "00000003", "00000004"]
    assert all("\n" not in why and "0x" not in why for _, why in trouble.first)
    assert found.column("data").stats.count == IMAGES[0].size


def test_records_that_are_no_use_are_counted_and_named(tmp_path):
    good = Datum(channels=1, height=1, width=2, data=b"ab").SerializeToString()
    short = Datum(channels=1, height=1, width=3, data=b"ab").SerializeToString()
    found = read(put(tmp_path / "db", good, b"\xff\xff\xff", short, Datum(label=1).SerializeToString()))
    (trouble,) = found.troubles
    assert (trouble.kind, trouble.count) == ("malformed", 3)
    assert trouble.first[0] == ("00000001", "not a Datum, which is what Caffe's Data layer reads")
    assert trouble.first[1][1] == "2 values where channels x height x width is (1, 1, 3)"


def test_records_with_nan_are_counted_and_the_first_is_named(tmp_path):
    values = FLOATS[:8].copy()
    values[3, 0, 0, 0], values[5, 1, 2, 2], values[5, 0, 0, 0] = np.nan, np.inf, np.nan
    write_lmdb(tmp_path / "db", values, [0] * 8)
    data = read(tmp_path / "db").column("data")
    assert (data.bad_records, data.first_bad, data.stats.nan, data.stats.inf) == (2, "00000003", 2, 1)
    assert data.stats.mean == pytest.approx(values[np.isfinite(values)].mean(dtype=float))


def test_blank_records_and_shapes_are_counted(tmp_path):
    blank = Datum(channels=1, height=1, width=3, data=b"\x07\x07\x07").SerializeToString()
    other = Datum(channels=1, height=1, width=2, data=b"ab").SerializeToString()
    data = read(put(tmp_path / "db", blank, other, blank, blank)).column("data")
    assert data.constant_records == 3
    assert list(data.shapes.items()) == [((1, 1, 3), 3), ((1, 1, 2), 1)]


def test_some_records_spread_evenly(tmp_path):
    write_lmdb(tmp_path / "db", np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1), range(100))
    found = read(tmp_path / "db", most=10)
    assert (found.records, found.looked_at) == (100, 10)
    assert [label // 10 for label in found.column("label").labels.counts] == list(range(10))


def test_some_records_of_classes_that_take_turns_are_not_all_of_one_class(tmp_path):
    """Each 50th of them once was, and the data set was said to hold one class only."""
    write_lmdb(tmp_path / "db", np.zeros((1000, 1, 1, 1), np.uint8), [index % 10 for index in range(1000)])
    assert len(read(tmp_path / "db", most=20).column("label").labels.counts) > 5


@pytest.mark.parametrize("values", [IMAGES, FLOATS], ids=["bytes", "floats"])
def test_leveldb_numbers_are_those_of_numpy_and_its_folder_stays_as_it_was(values, tmp_path):
    database = plyvel.DB(str(tmp_path / "db"), create_if_missing=True)
    for index, (image, label) in enumerate(zip(values, LABELS.tolist(), strict=True)):
        datum = Datum(channels=image.shape[0], height=image.shape[1], width=image.shape[2], label=label)
        if image.dtype == np.uint8:
            datum.data = image.tobytes()
        else:
            datum.float_data.extend(image.ravel().tolist())
        database.put(f"{index:08d}".encode(), datum.SerializeToString())
    database.close()
    before = digest(tmp_path)
    found = read(tmp_path / "db")
    agree(found, values, LABELS)
    assert found.form is Form.LEVELDB
    assert read(tmp_path / "db", most=30).looked_at == 30
    assert digest(tmp_path) == before


@pytest.mark.caffe
@pytest.mark.parametrize("backend", ["lmdb", "leveldb"])
@pytest.mark.parametrize("flags", [[], ["--encoded", "--encode_type=png"]], ids=["raw", "encoded"])
def test_what_caffe_writes_itself(backend, flags, caffe: Caffe, tmp_path):
    tool = caffe.path.with_name("convert_imageset")
    assert tool.is_file(), f"{tool} belongs to every build of Caffe"
    for index, image in enumerate(IMAGES[:40]):
        (tmp_path / f"{index:02d}.png").write_bytes(png(image))
    lines = [f"{index:02d}.png {label}\n" for index, label in enumerate(LABELS[:40])]
    (tmp_path / "list.txt").write_text("".join(lines))
    command = [tool, f"--backend={backend}", *flags, f"{tmp_path}/", tmp_path / "list.txt", tmp_path / "db"]
    subprocess.run(command, check=True, capture_output=True)
    agree(read(tmp_path / "db"), IMAGES[:40], LABELS[:40])


def test_hdf5_numbers_are_those_of_numpy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = FLOATS.copy()
    values[7, 0, 0, 0] = values[7, 1, 2, 2] = values[200, 0, 0, 0] = np.nan
    for name, half in (("a.h5", slice(0, 150)), ("b.h5", slice(150, 300))):
        with h5py.File(name, "w") as file:
            file.create_dataset("data", data=values[half], chunks=(10, 2, 3, 3), compression="gzip")
            file["label"] = LABELS[half].astype(np.float32)
            file["name"] = "a text is no number"
    Path("list.txt").write_text("a.h5\nb.h5\n")
    found = read(Path("list.txt"))
    data, label = found.columns
    finite = values[np.isfinite(values)]
    assert (found.form, found.records, data.shapes) == (Form.LIST, 300, {(2, 3, 3): 300})
    assert (data.stats.count, data.stats.nan, data.bad_records) == (values.size, 3, 2)
    assert data.first_bad == "a.h5, row 7"
    assert data.stats.std == pytest.approx(finite.std(dtype=float), rel=1e-5)
    assert label.labels.counts == {int(value): int((value == LABELS).sum()) for value in np.unique(LABELS)}
    assert label.labels.runs == 1 + np.count_nonzero(np.diff(LABELS))
    assert read(Path("b.h5")).columns[0].first_bad == "row 50"


def test_hdf5_rows_larger_than_a_piece_are_read_in_several(tmp_path):
    values = RNG.standard_normal((3, 700, 900)).astype(np.float32)
    values[1, 2, 3] = values[1, 600, 3] = np.inf
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["data"] = values
    (data,) = read(tmp_path / "x.h5").columns
    assert (data.stats.count, data.stats.inf, data.bad_records, data.first_bad) == (values.size, 2, 1, "row 1")


BROKEN = {
    "an empty LMDB": (lambda folder: put(folder / "db") / "data.mdb", "this LMDB is empty"),
    "a list of a missing file": (lambda folder: _write(folder / "list.txt", "gone.h5\n"), "gone.h5: no such file"),
    "an HDF5 file of texts": (lambda folder: _texts(folder / "x.h5"), "no data set of numbers"),
    "a damaged LevelDB": (lambda folder: _damaged_leveldb(folder / "db"), "LevelDB"),
    "a cut LMDB": (lambda folder: _cut_lmdb(folder / "db"), "truncated LMDB"),
}


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _texts(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["data"] = "text"
    return path


def _damaged_leveldb(folder: Path) -> Path:
    with plyvel.DB(str(folder), create_if_missing=True, write_buffer_size=1 << 16) as database:
        for index in range(2000):
            database.put(f"{index:08d}".encode(), RNG.bytes(100))
    for table in folder.glob("*.ldb"):
        content = bytearray(table.read_bytes())
        content[: len(content) // 2] = bytes(len(content) // 2)
        table.write_bytes(content)
    return folder


def _cut_lmdb(folder: Path) -> Path:
    write_lmdb(folder, IMAGES, LABELS)
    content = (folder / "data.mdb").read_bytes()
    (folder / "data.mdb").write_bytes(content[: len(content) // 2])
    return folder


@pytest.mark.parametrize(("made", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_data_set_is_told(made, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=says):
        read(made(tmp_path))


def test_a_leveldb_without_plyvel_says_how_to_get_it(tmp_path, monkeypatch):
    plyvel.DB(str(tmp_path / "db"), create_if_missing=True).close()
    monkeypatch.setitem(__import__("sys").modules, "plyvel", None)
    with pytest.raises(InputError, match="takes plyvel") as caught:
        read(tmp_path / "db")
    assert caught.value.hint == "pip install 'caffe-autofix[inspect]'"
