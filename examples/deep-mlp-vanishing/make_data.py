#!/usr/bin/env python3
"""Write scikit-learn's digits (8 x 8 pixels) as HDF5 files: 1,437 to train, 360 to test.

Usage: make_data.py [FOLDER]   (FOLDER: where to write; default: data/ beside this script)
"""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 0


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pixels, labels = load_digits(return_X_y=True)  # [1797, 64] in 0..16, [1797] in 0..9
    images = (pixels / 16).astype("float32")  # HDF5Data has no transform_param: the scale is in the file
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=360, stratify=labels, random_state=SEED
    )
    for name, data, label in (("train", train_x, train_y), ("test", test_x, test_y)):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file["data"] = data
            file["label"] = label.astype("float32")
        (folder / f"{name}.txt").write_text(f"{folder.name}/{name}.h5\n")  # as seen from where Caffe is started
        print(f"{len(data)} digits in {folder / name}.h5")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
