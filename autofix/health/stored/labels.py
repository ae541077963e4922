"""What is wrong with the labels of a data set, by themselves and for the net that is to learn them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.caffe.tops import Labels
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.stored.nets import Target
from autofix.health.stored.words import listed, share

RARE, FEWEST = 0.1, 50  # as rule S411 has them: changes of the label as a share of those in random order; records
MOSTLY = 0.9  # share of one label from which "always that one" looks like learning


def judge_labels(name: str, labels: Labels, targets: Sequence[Target], whole: bool = True) -> Iterator[Finding]:
    """Yield what is wrong with ``labels``.

    Args:
        name: of their column.
        targets: the losses that compare them with outputs; may be empty.
        whole: whether these are all; what some records do not hold, others may.
    """
    yield from _spread(name, labels, whole)
    for target in targets:
        yield from _against(name, labels, target, whole)
    if not targets:
        yield from _alone(name, labels, whole)


def _spread(name: str, labels: Labels, whole: bool) -> Iterator[Finding]:
    total, seen = sum(labels.counts.values()), "" if whole else " that was looked at"
    if labels.classes == 1 and total > 1:
        yield Finding(
            "R203",
            "one class",
            Severity.ERROR if whole else Severity.WARNING,
            f"Every label of {name}{seen} is {labels.minimum}: there is nothing to tell apart.",
            blob=name,
            remedy=Remedy("mend the labels", searchable=False),
        )
        return
    changes = total - sum(count * count for count in labels.counts.values()) / total
    if total >= FEWEST and labels.runs - 1 <= RARE * changes:
        yield Finding(
            "R204",
            "sorted by label",
            Severity.WARNING,
            f"The records are sorted: {name} changes {labels.runs - 1:,} times in {total:,} records, so that a batch "
            "holds one class, which the net learns to answer always.",
            blob=name,
            evidence=(Evidence("changes", labels.runs - 1), Evidence("in random order", round(changes))),
            remedy=Remedy("write them in random order (convert_imageset -shuffle)", searchable=False),
        )
    often = max(labels.counts, key=lambda label: labels.counts[label])
    if labels.counts[often] >= MOSTLY * total and labels.classes > 1:
        yield Finding(
            "R205",
            "one class in most records",
            Severity.INFO,
            f"Always to answer {often} is right in {share(labels.counts[often], total)} of the records: an accuracy "
            "that high proves nothing.",
            blob=name,
        )


def _against(name: str, labels: Labels, target: Target, whole: bool) -> Iterator[Finding]:
    bad = [label for label in labels.counts if not 0 <= label < target.classes and label != target.ignored]
    if bad:
        told = str(bad[0]) if len(bad) == 1 else f"{min(bad)} to {max(bad)}"
        hint = "count classes from 0" if min(labels.counts) == 1 else "mend the labels"
        yield Finding(
            "R201",
            "labels out of range",
            Severity.ERROR,
            f"{target.prediction} has {target.classes} outputs, for labels from 0 to {target.classes - 1}; {name} "
            f"holds {told}. Caffe then reads memory that is not its own: it crashes, goes NaN, or learns nonsense.",
            layer=target.layer,
            blob=name,
            evidence=(Evidence("such records", sum(labels.counts[label] for label in bad)),),
            remedy=Remedy(f"write  num_output: {max(labels.counts) + 1}, or {hint}", searchable=False),
        )
    missing = [str(label) for label in range(target.classes) if label not in labels.counts]
    if missing and whole and not bad:
        yield Finding(
            "R202",
            "labels that never occur",
            Severity.WARNING,
            f"{target.prediction} has {target.classes} outputs, but {name} never is {listed(missing, 'labels')}.",
            layer=target.layer,
            blob=name,
            evidence=(Evidence("labels missing", len(missing)),),
        )


def _alone(name: str, labels: Labels, whole: bool) -> Iterator[Finding]:
    """What labels tell where no net is known."""
    if labels.minimum < 0:
        yield Finding(
            "R206",
            "negative labels",
            Severity.WARNING,
            f"{name} holds {labels.minimum}, which no class has: it takes an ignore_label in loss_param.",
            blob=name,
        )
    elif whole and labels.minimum == 1 and labels.classes > 1:
        yield Finding(
            "R207",
            "labels from 1",
            Severity.WARNING,
            f"{name} runs from 1 to {labels.maximum}, and Caffe counts classes from 0: a net with {labels.classes} "
            "outputs has none for the last.",
            blob=name,
            remedy=Remedy(f"count from 0, or write  num_output: {labels.maximum + 1}", searchable=False),
        )
