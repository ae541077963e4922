#!/usr/bin/env python3
"""Draw two classes of 80 x 80 colour images as LMDBs: 1,500 to train, 300 to validate.

Every image holds 25 long, soft blobs of random colour, place and size on a noisy ground. In class 0 they lie,
in class 1 they stand, give or take 20 degrees; mirroring an image does not change its class. The classes
alternate.

Usage: make_data.py [FOLDER]   (FOLDER: where to write; default: dataset/ beside this script)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from autofix.caffe.datasets import write_lmdb

SIZE = 80  # pixels
BLOBS = 25  # in each image
TILT = np.radians(20)  # the furthest a blob leans from its class's direction
NOISE = 8.0  # standard deviation, in grey levels
SEED = 0


def draw(label: int, rng: np.random.Generator) -> np.ndarray:
    """One image, [3, SIZE, SIZE] uint8."""
    y, x = np.mgrid[:SIZE, :SIZE]
    image = rng.uniform(60, 196, (3, 1, 1)) + rng.normal(0, NOISE, (3, SIZE, SIZE))
    for _ in range(BLOBS):
        angle = label * np.pi / 2 + rng.uniform(-TILT, TILT)
        dx, dy = x - rng.uniform(0, SIZE), y - rng.uniform(0, SIZE)
        along, across = np.cos(angle) * dx + np.sin(angle) * dy, np.cos(angle) * dy - np.sin(angle) * dx
        width = rng.uniform(1.5, 3.0)
        blob = np.exp(-((along / (4 * width)) ** 2 + (across / width) ** 2) / 2)
        image += rng.uniform(-120, 120, (3, 1, 1)) * blob
    return image.clip(0, 255).astype(np.uint8)


def main(folder: Path) -> None:
    rng = np.random.default_rng(SEED)
    for name, count in (("train_db", 1500), ("val_db", 300)):
        labels = np.arange(count) % 2
        write_lmdb(folder / name, np.stack([draw(label, rng) for label in labels]), labels)
        print(f"{count} images in {folder / name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "dataset")
