"""What a training reads is told by its content: a copy is the same, and a changed file is another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trainings

from autofix.errors import InputError
from autofix.model import load
from autofix.search import Settings
from autofix.search.sources import BLOCK, BLOCKS, sampled_digest, sources
from autofix.search.study import open_study

SOLVER = 'net: "net.prototxt"\nweights: "a.caffemodel"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 10\n'
NET = """
layer { name: "d" type: "HDF5Data" top: "data" hdf5_data_param { source: "list.txt" batch_size: 1 } }
layer { name: "i" type: "ImageData" top: "image" top: "label"
  transform_param { mean_file: "mean.binaryproto" } image_data_param { source: "images.txt" batch_size: 1 } }
"""
LARGE = BLOCK * BLOCKS * 3


def test_every_file_that_a_training_reads_is_looked_at(tmp_path: Path) -> None:
    named = {"solver.prototxt": SOLVER, "net.prototxt": NET, "list.txt": "one.h5\n", "images.txt": "a.png 0\n"}
    read = ("one.h5", "mean.binaryproto", "a.caffemodel", "b.caffemodel", "c.solverstate")
    for name, text in (*named.items(), *((name, name) for name in read)):
        (tmp_path / name).write_text(text)
    given = Settings(tmp_path / "out", weights=Path("b.caffemodel"), snapshot=Path("c.solverstate"))
    training = load(tmp_path / "solver.prototxt", tmp_path)
    assert set(sources(training, given)) == {"list.txt", "images.txt", *read}


def test_an_lmdb_is_told_by_its_data_alone(tmp_path: Path) -> None:
    """Whoever reads one writes into its lock file."""
    training = load(trainings.broken(tmp_path), tmp_path)
    assert set(sources(training, Settings(tmp_path / "out"))) == {"train_lmdb/data.mdb"}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: b"x" + data[1:],
        lambda data: data[:-1] + b"x",
        lambda data: bytes(reversed(data)),
    ],
    ids=["shorter", "another start", "another end", "another order"],
)
@pytest.mark.parametrize("size", [10, BLOCK * 2 + 1, LARGE])
def test_a_file_that_was_changed_is_another(tmp_path: Path, size: int, change: Callable[[bytes], bytes]) -> None:
    before, copy, changed = (tmp_path / name for name in ("before", "copy", "changed"))
    data = bytes(range(251)) * (size // 251 + 1)
    before.write_bytes(data[:size])
    copy.write_bytes(data[:size])
    changed.write_bytes(change(data[:size]))
    assert sampled_digest(before) == sampled_digest(copy)
    assert sampled_digest(before) != sampled_digest(changed)


def test_a_study_is_about_the_files_it_began_with(tmp_path: Path) -> None:
    study = open_study(Settings(tmp_path))
    study.claim("net", {"a.mdb": "1", "b.mdb": "2"})
    again = open_study(replace(Settings(tmp_path), resume=True))
    again.claim("net", {"a.mdb": "1", "b.mdb": "2"})
    with pytest.raises(InputError, match=r"about another b\.mdb, or about this one before it was changed"):
        again.claim("net", {"a.mdb": "1", "b.mdb": "3"})
    with pytest.raises(InputError, match="about other prototxts"):
        again.claim("another net", {"a.mdb": "1", "b.mdb": "2"})


def test_a_study_from_before_that_was_kept_goes_on(tmp_path: Path) -> None:
    study = open_study(Settings(tmp_path))
    study._study.set_user_attr("autofix:training", "net")
    study.claim("net", {"a.mdb": "1"})
    with pytest.raises(InputError, match="about another"):
        study.claim("net", {"a.mdb": "2"})
