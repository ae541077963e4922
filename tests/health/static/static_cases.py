"""The cases of static rules: ``cases/CODE/sick-what/`` and ``well-what/``.

A case holds solver.prototxt, net.prototxt or both (``cases/`` has those that it leaves out), ``data.json`` where it
needs data sets, and, if it is sick, ``expected.txt``: what the rule says of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import lmdb
import numpy as np

from autofix.caffe.schema import Datum
from autofix.health import Finding
from autofix.model import Training, load

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One training that is sick or well in the eyes of one rule."""

    folder: Path

    @property
    def code(self) -> str:
        return self.folder.parent.name

    @property
    def sick(self) -> bool:
        return self.folder.name.startswith("sick-")

    @property
    def id(self) -> str:
        return f"{self.code}-{self.folder.name}"

    @property
    def expected(self) -> str:
        return (self.folder / "expected.txt").read_text()

    def load(self, folder: Path) -> Training:
        """The training in a folder of its own, with its data."""
        for name in ("solver.prototxt", "net.prototxt"):
            shutil.copy(FOLDER / name, folder)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        spec = folder / "data.json"
        for name, wish in json.loads(spec.read_text()).items() if spec.exists() else ():
            make_hdf5(folder / name, wish) if name.endswith(".txt") else make_lmdb(folder / name, wish)
        return load(folder / "solver.prototxt", cwd=folder)


CASES = [Case(folder) for folder in sorted(FOLDER.glob("S*/*"))]


def told(findings: tuple[Finding, ...], code: str) -> str:
    """What one rule says, in the form of ``expected.txt``."""
    lines = []
    for finding in findings:
        if finding.code == code:
            where = f"{Path(finding.file).name}:{finding.line}"
            lines.append(f"{where}: {finding.severity.value} {finding.explanation}\n")
            lines += [f"    {finding.remedy.advice}\n"] if finding.remedy else []
    return "".join(lines)


def _labels(wish: Mapping[str, Any], records: int) -> np.ndarray[Any, Any]:
    classes = wish.get("labels", [0, 1])
    labels = np.array([classes[index % len(classes)] for index in range(records)])
    return np.sort(labels) if wish.get("sorted") else labels


def make_lmdb(path: Path, wish: Mapping[str, Any]) -> None:
    """Random images, every other one of ``other_shape`` where that is given."""
    random, records = np.random.default_rng(1), wish.get("records", 12)
    shapes = [wish["shape"], wish.get("other_shape", wish["shape"])]
    labels = _labels(wish, records)
    with lmdb.open(str(path), map_size=2**26) as env, env.begin(write=True) as transaction:
        for index in range(records):
            channels, height, width = shapes[index % 2]
            image = random.integers(*wish.get("values", (0, 256)), (channels, height, width), dtype=np.uint8)
            datum = Datum(channels=channels, height=height, width=width, data=image.tobytes(), label=labels[index])
            transaction.put(b"%08d" % index, datum.SerializeToString())


def make_hdf5(listing: Path, wish: Mapping[str, Any]) -> None:
    """Standardised columns times ``size``; labels are classes, or numbers around ``label_size``."""
    random, records = np.random.default_rng(1), wish.get("records", 12)
    with h5py.File(listing.with_suffix(".h5"), "w") as file:
        for name, shape in wish["shapes"].items():
            values = random.normal(0, wish.get("size", 1), (records, *shape))
            if name == "label":
                size = wish.get("label_size")
                values = _labels(wish, records) if size is None else random.normal(size, size / 5, (records, *shape))
            elif "spoiled" in wish:
                values[3] = float(wish["spoiled"])
            file[name] = values.astype(np.float32)
    listing.write_text(f"{listing.with_suffix('.h5').name}\n")
