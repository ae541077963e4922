"""An inspection for the terminal: the numbers first, then what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autofix.health import Finding, Severity
from autofix.health.stored import DAMAGE
from autofix.report.inspection.facts import BlobFacts, ColumnFacts, FileFacts, Inspection
from autofix.report.saying import say, show_trimmed
from autofix.report.words import number, sentence

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
MOST_LABELS = 20  # that are counted one by one
UNITS = ("B", "kB", "MB", "GB", "TB")
WIDE = 72  # columns from which a table has room for everything


def show_inspection(inspection: Inspection, console: Console) -> None:
    """Print an inspection. Of several snapshots, the blobs of the first that is damaged are shown, or of none."""
    series, files = inspection.series, inspection.files
    for file in files:
        if series is None or file.file not in series.order or file.file == series.first_damaged:
            _show_file(file, console)
            console.print()
    if series is not None:
        _show_series(files, series.order, console)
        show_trimmed(Text(series.sentence, style="bold red" if series.first_damaged else "bold green"), console)
    for unreadable in inspection.unreadable:
        console.print(Text.assemble(("cannot be read ", "red"), unreadable.error), soft_wrap=True)
        if unreadable.hint:
            console.print(f"    {unreadable.hint}", markup=False, soft_wrap=True, style="dim")


def _show_file(file: FileFacts, console: Console) -> None:
    console.print(_headline(file), soft_wrap=True)
    if file.layers:
        _show_layers(file, console)
    if file.columns:
        _show_columns(file.columns, console)
        for column in file.columns:
            _show_labels(column, console)
    for note in file.notes:
        say(note, console)
    for finding in file.findings:
        _show_finding(finding, console)
    if not file.findings:
        console.print(Text("Nothing wrong.", style="green"))


def _headline(file: FileFacts) -> Text:
    parts = [f"{file.kind} ({file.format})" if file.kind != "data" else file.format]
    if file.net:
        parts.append(f'net "{file.net}"')
    if file.iteration is not None:
        parts.append(f"iteration {file.iteration:,}")
    if file.learned_net:
        parts.append(f"goes with {file.learned_net}")
    if file.records is not None:
        looked = f", {file.looked_at:,} looked at" if file.looked_at != file.records else ""
        parts.append(f"{file.records:,} records{looked}")
    if file.encoded:
        parts.append(f"{file.encoded:,} encoded images")
    values = sum(blob.count for layer in file.layers for blob in layer.blobs)
    if values:
        parts.append(f"{values:,} values")
    return Text.assemble((file.file, "bold"), f": {', '.join([*parts, size(file.size)])}")


def _show_layers(file: FileFacts, console: Console) -> None:
    blobs = [blob for layer in file.layers for blob in layer.blobs]
    table = _table("", "shape", "mean |w|", "std", *(["largest |w|"] if console.width >= WIDE else []))
    with_bad, with_zeros = any(blob.nan or blob.inf for blob in blobs), any(blob.zeros for blob in blobs)
    extra = [name for name, wanted in (("NaN", with_bad), ("Inf", with_bad), ("zeros", with_zeros)) if wanted]
    for name in extra:
        table.add_column(name, justify="right", overflow="fold")
    for layer in file.layers:
        for blob in layer.blobs:
            name = layer.layer if layer.layer.startswith("history ") else f"{layer.layer}[{blob.index}]"
            marked = Text(f"{name} diff" if blob.role == "diff" else name, style="red" if blob.nan or blob.inf else "")
            cells = {"NaN": _count(blob.nan), "Inf": _count(blob.inf), "zeros": _share(blob.zeros, blob.count)}
            largest = [number(_largest(blob))] if console.width >= WIDE else []
            table.add_row(
                marked,
                _shape(blob.shape),
                number(blob.mean_abs),
                _same(blob),
                *largest,
                *(cells[name] for name in extra),
            )
    show_trimmed(Padding(table, (0, 0, 0, 2), expand=False), console)


def _show_columns(columns: Sequence[ColumnFacts], console: Console) -> None:
    table = _table("", "shape", "type", "range", "mean", "std")
    with_bad = any(column.nan or column.inf for column in columns)
    if with_bad:
        table.add_column("NaN", justify="right")
        table.add_column("Inf", justify="right")
    for column in columns:
        shape = _shape(column.shape) + (f" and {column.shapes - 1} more" if column.shapes > 1 else "")
        table.add_row(
            Text(column.name, style="red" if column.bad_records else ""),
            shape,
            column.dtype,
            f"{number(column.minimum)} to {number(column.maximum)}",
            number(column.mean),
            number(column.std),
            *((_count(column.nan), _count(column.inf)) if with_bad else ()),
        )
    show_trimmed(Padding(table, (0, 0, 0, 2), expand=False), console)


def _show_labels(column: ColumnFacts, console: Console) -> None:
    if column.labels is None or not ("label" in column.name.lower() or len(column.labels.counts) <= MOST_LABELS):
        return
    counts = column.labels.counts
    if len(counts) <= MOST_LABELS:
        told = ", ".join(f"{count:,} of {label}" for label, count in counts.items())
    else:
        some = f"from {min(counts.values()):,} to {max(counts.values()):,} records each"
        told = f"{len(counts):,} different, {min(counts)} to {max(counts)}, {some}"
    say(f"{column.name}: {told}", console)


def _show_finding(finding: Finding, console: Console) -> None:
    head = Text(f"{finding.severity.value} {finding.code} ", style=COLOURS[finding.severity])
    show_trimmed(head.append(finding.explanation, style="default"), console)
    if finding.remedy is not None and finding.remedy.advice not in finding.explanation:
        say(sentence(finding.remedy.advice), console, indent=4, style="dim")


def _show_series(files: Sequence[FileFacts], order: Sequence[str], console: Console) -> None:
    by_name = {file.file: file for file in files}
    is_wide = console.width >= WIDE
    table = _table("snapshot", *(["iteration"] if is_wide else []), "mean |w|", "largest |w|", "NaN, Inf", "")
    table.columns[0].no_wrap = is_wide
    for name in order:
        file = by_name[name]
        blobs = [blob for layer in file.layers for blob in layer.blobs if blob.role == "data"]
        finite = sum(blob.count - blob.nan - blob.inf for blob in blobs)
        total = sum(blob.mean_abs * (blob.count - blob.nan - blob.inf) for blob in blobs if blob.mean_abs >= 0)
        harmed = [finding for finding in file.findings if finding.code in DAMAGE]
        when = f"{file.iteration:,}" if file.iteration is not None else "–"
        table.add_row(
            *((Path(name).name, when) if is_wide else (when if file.iteration is not None else Path(name).name,)),
            number(total / finite if finite else None),
            number(max((_largest(blob) for blob in blobs if finite), default=None)),
            _count(sum(blob.nan + blob.inf for blob in blobs)),
            Text(harmed[0].title, style="red") if harmed else Text("sound", style="green"),
        )
    show_trimmed(table, console)


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for index, name in enumerate(names):
        table.add_column(name, justify="left" if index < 2 or not name else "right", overflow="fold")
    return table


def size(count: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    value = float(count)
    for unit in UNITS:
        if value < 1000 or unit == UNITS[-1]:
            break
        value /= 1000
    return f"{value:.3g} {unit}"


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one value"


def _largest(blob: BlobFacts) -> float:
    return max(abs(blob.minimum), abs(blob.maximum))


def _same(blob: BlobFacts) -> str:
    return "constant" if blob.constant and blob.count > 1 else number(blob.std)


def _count(count: int) -> str:
    return f"{count:,}" if count else ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g} %" if part else ""
