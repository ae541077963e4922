"""``autofix inspect``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autofix.cli.exits import UNPROVED, WELL, WRONG_USE

if TYPE_CHECKING:
    from autofix.report.inspection import Reading

BAR = "{desc}: {percentage:3.0f} % |{bar}| {n_fmt}B of {total_fmt}B, {remaining} left"


@click.command(epilog="Example:  autofix inspect snapshot_iter_*.caffemodel")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--net",
    type=click.Path(path_type=Path),
    metavar="NET",
    help="A net or a solver: do labels and weights fit its num_output?",
)
@click.option(
    "--records",
    type=click.IntRange(1),
    metavar="N",
    show_default="all",
    help="Records of an LMDB or LevelDB to look at, spread evenly.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def inspect(files: tuple[Path, ...], net: Path | None, records: int | None, as_json: bool, quiet: bool) -> int:
    """Look into snapshots and data sets: NaN, infinity, zeros, ranges, labels. No Caffe is needed.

    FILES are .caffemodel, .solverstate and .binaryproto files (in protobuf or HDF5, of any size), LMDB and LevelDB
    folders, HDF5 files and lists of them. Of several snapshots of one training it tells in which the damage begins.
    Exit code: 0 no error (warnings are allowed), 1 at least one error, 2 something cannot be read.
    """
    from autofix.report import to_json  # noqa: PLC0415 -- heavy imports wait until a command runs
    from autofix.report.inspection import inspect as inspected  # noqa: PLC0415

    with _bar(quiet) as listen:
        found = inspected(files, net, records, listen)
    if as_json:
        print(to_json(found))
    else:
        from rich.console import Console  # noqa: PLC0415

        from autofix.report.inspection.terminal import show_inspection  # noqa: PLC0415

        show_inspection(found, Console(highlight=False, emoji=False))
    if found.unreadable:
        return WRONG_USE
    return UNPROVED if found.has_error else WELL


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Reading], None] | None]:
    """A progress bar for each file, on a terminal."""
    from tqdm import tqdm  # noqa: PLC0415

    if quiet or not sys.stderr.isatty():
        yield None
        return
    bars: dict[Path, tqdm[Any]] = {}

    def show(reading: Reading) -> None:
        if reading.file not in bars:
            for bar in bars.values():
                bar.close()
            bars[reading.file] = tqdm(
                total=reading.total,
                desc=reading.file.name,
                bar_format=BAR,
                unit_scale=True,
                leave=False,
                dynamic_ncols=True,
                delay=0.5,
            )
        bars[reading.file].update(min(reading.more, max(reading.total - bars[reading.file].n, 0)))

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()
