"""What is wrong with a data set: NaN, records that Caffe cannot use, labels that fit no net."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.caffe.stored import Column, DataSet
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.stored.labels import judge_labels
from autofix.health.stored.nets import Target, Targets
from autofix.health.stored.scales import judge_scales
from autofix.health.stored.words import listed


def judge_data(data: DataSet, targets: Targets | None = None) -> tuple[Finding, ...]:
    """Return what is wrong with a data set, the worst first.

    Args:
        targets: of the net that is to learn from it, if it is known.
    """
    labels = label_columns(data)
    features = [column for column in data.columns if column not in labels]
    feeds = targets.feeding(data) if targets is not None else ()
    found = [*_values(data), *_records(data), *judge_scales(data, features, feeds)]
    for column in labels:
        assert column.labels is not None
        asking = [target for target in targets.of(data) if _asks(target, column, data)] if targets is not None else []
        found += judge_labels(column.name, column.labels, asking, whole=data.looked_at == data.records)
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def label_columns(data: DataSet) -> tuple[Column, ...]:
    """The columns that hold class labels: those called so or, in HDF5 without any, whole numbers from 0 or 1."""
    whole = [column for column in data.columns if column.labels is not None]
    named = [column for column in whole if "label" in column.name.lower()]
    return tuple(named or [column for column in whole if column.labels is not None and column.labels.minimum in (0, 1)])


def _asks(target: Target, column: Column, data: DataSet) -> bool:
    """Whether a loss takes its labels from ``column``: the second top of a Data layer, whatever its name there."""
    return column.name == target.label or data.form.value in ("lmdb", "leveldb")


def _values(data: DataSet) -> Iterator[Finding]:
    for column in data.columns:
        if column.bad_records:
            yield Finding(
                "R101",
                "not finite",
                Severity.ERROR,
                f"{column.bad_records:,} of {data.looked_at:,} records hold NaN or infinity in {column.name} (the "
                f"first: {column.first_bad}): one in a batch makes the loss NaN, and no setting can help.",
                blob=column.name,
                evidence=(Evidence("NaN", column.stats.nan), Evidence("infinite", column.stats.inf)),
                remedy=Remedy("mend the data set, or write it without these records", searchable=False),
            )
        elif column.stats.constant and column.stats.count > 1 and column.labels is None:
            yield Finding(
                "R301",
                "constant",
                Severity.ERROR,
                f"All values of {column.name} are {column.stats.minimum:.6g}: there is nothing to learn from.",
                blob=column.name,
                remedy=Remedy("mend what writes the data set", searchable=False),
            )
        elif column.constant_records:
            yield Finding(
                "R302",
                "blank records",
                Severity.WARNING,
                f"{column.constant_records:,} of {data.looked_at:,} records hold one and the same value throughout, as "
                "blank images do.",
                blob=column.name,
            )
        if len(column.shapes) > 1:
            shapes = [f"{count:,} of {' x '.join(map(str, shape))}" for shape, count in column.shapes.items()]
            yield Finding(
                "R303",
                "shapes differ",
                Severity.WARNING,
                f"Records of {column.name} differ in shape: {listed(shapes, 'shapes')}. Without crop_size in "
                "transform_param Caffe stops at the first that is not like the one it began with.",
                blob=column.name,
                remedy=Remedy("give a crop_size that fits the smallest, or write all in one size", searchable=False),
            )


def _records(data: DataSet) -> Iterator[Finding]:
    for trouble in data.troubles:
        undecodable = trouble.kind == "undecodable"
        key, why = trouble.first[0]
        told = f"{trouble.count:,} of {data.looked_at:,} records"
        what = f"{told} hold an image that does not decode" if undecodable else f"{told} are no use to Caffe"
        then = "Caffe stops there, or learns from what is left of it." if undecodable else "Caffe stops there."
        yield Finding(
            "R102" if undecodable else "R103",
            trouble.kind,
            Severity.ERROR,
            f"{what} (the first: {key}, {why}). {then}",
            evidence=(Evidence("records", trouble.count),),
            remedy=Remedy("write the data set without them", searchable=False),
        )
