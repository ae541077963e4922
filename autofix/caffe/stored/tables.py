"""The numbers of data sets in HDF5, one file or a list of them as Caffe's HDF5Data layer takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from autofix.caffe.stored.columns import DataSet, Gathering, LabelCount
from autofix.caffe.stored.formats import Form
from autofix.caffe.stored.hdf5 import opened, parts
from autofix.caffe.stored.measure import in_order
from autofix.caffe.stored.moments import Moments
from autofix.caffe.tops import Array
from autofix.errors import InputError


def survey_hdf5(path: Path, form: Form, advance: Callable[[int, int], None]) -> DataSet:
    """Read every value of the data sets in HDF5 files.

    Args:
        form: HDF5 for one file, or a list of them.
        advance: is told how many bytes were read of how many.

    Raises:
        InputError: a file is missing, damaged, or holds no data set.
    """
    files = [path] if form is Form.HDF5 else _listed(path)
    size = sum(file.stat().st_size for file in files)
    gathered: dict[str, tuple[Gathering, LabelCount]] = {}
    rows: dict[str, int] = {}
    for file in files:
        with opened(file) as source:
            for name, dataset in _numbers(source):
                one = gathered.setdefault(name, (Gathering(name), LabelCount()))
                _read(dataset, f"{file.name}, row" if len(files) > 1 else "row", *one, partial(_told, advance, size))
                rows[name] = rows.get(name, 0) + (len(dataset) if dataset.shape else 1)
    if not gathered:
        raise InputError(f"{path}: holds no data set of numbers")
    columns = tuple(gathering.column(labels.labels()) for gathering, labels in gathered.values())
    records = max(rows.values())
    return DataSet(path, form, size, records, records, 0, True, columns, ())


def _told(advance: Callable[[int, int], None], size: int, count: int) -> None:
    advance(count, size)


def _listed(path: Path) -> list[Path]:
    """The files that a list names, which Caffe looks for from the folder it is started in; or beside the list."""
    names = path.read_text(errors="surrogateescape").split()
    found = []
    for name in names:
        place = next((place for place in (Path(name), path.parent / name) if place.is_file()), None)
        if place is None:
            raise InputError(f"{path}: {name}: no such file here or beside the list")
        found.append(place)
    return found


def _numbers(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """The data sets of numbers below ``group`` by their names."""
    for name in list(group):  # h5py holds its lock as long as it goes over the items itself
        found = group[name]
        if isinstance(found, h5py.Group):
            yield from ((f"{name}/{below}", dataset) for below, dataset in _numbers(found))
        elif isinstance(found, h5py.Dataset) and found.dtype.kind in "biuf" and found.size:
            yield name, found


def _read(
    dataset: h5py.Dataset, where: str, gathering: Gathering, labels: LabelCount, advance: Callable[[int], None]
) -> None:
    rows, shape = (len(dataset), dataset.shape[1:]) if dataset.shape else (1, ())
    gathering.shapes[shape] += rows
    gathering.dtypes.add(dataset.dtype.name)
    each_one, last = dataset.size == rows, -1
    jobs = (partial(_look, dataset, part) for part in parts(dataset.shape, dataset.dtype.itemsize))
    for values, moments, bad in in_order(jobs):
        gathering.moments.merge(moments)
        for row in bad:  # a large row comes in several pieces
            gathering.bad_records += row > last
            gathering.first_bad = gathering.first_bad or f"{where} {row}"
            last = max(row, last)
        if each_one:
            labels.add(values)
        advance(values.nbytes)


def _look(dataset: h5py.Dataset, part: tuple[slice, ...]) -> tuple[Array, Moments, list[int]]:
    """One piece, its numbers, and its rows that hold a NaN or an infinity."""
    values, moments = np.asarray(dataset[part]), Moments()
    moments.add(values)
    if not moments.stats().bad:
        return values, moments, []
    bad = np.flatnonzero(~np.isfinite(values).reshape(values.shape[0] if part else 1, -1).all(axis=1))
    return values, moments, [int(row) + (part[0].start if part else 0) for row in bad]
