"""Data that is far from unit size when it reaches the net, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot

from autofix.caffe.stored import Column, DataSet, Form
from autofix.health.finding import Evidence, Finding, Remedy, Severity
from autofix.health.static.graph import Origin, normalised, seen
from autofix.health.static.rules.s406_raw_input import PIXEL_SCALE, RawInput
from autofix.health.stored.nets import Feed
from autofix.prototxt import shown

LARGE = RawInput.large  # root mean square, as for the rule of lint that asks the same of a net


def judge_scales(data: DataSet, columns: Sequence[Column], feeds: Sequence[Feed]) -> Iterator[Finding]:
    """Yield what is so large that a net learns badly from it.

    Args:
        columns: those of ``data`` that are no labels.
        feeds: the data layers that read ``data``; where there are none, it is told what a net would have to do.
    """
    in_base = data.form in (Form.LMDB, Form.LEVELDB)
    for column in columns:
        if not feeds:
            yield from _alone(column, not in_base)
        for feed in feeds:
            blob = feed.data.tops[0] if in_base else column.name
            after = seen(feed.net, feed.data, blob) if blob in feed.data.features else None
            found = _fed(column, feed, blob, after) if after is not None else None
            if found is not None:
                yield found
                break  # the other phase reads it likewise, or S404 of lint says so


def _alone(column: Column, hdf5: bool) -> Iterator[Finding]:
    size = hypot(column.stats.mean, column.stats.std)
    if not size > LARGE:
        return
    what = f"Values of {column.name} run from {column.stats.minimum:.4g} to {column.stats.maximum:.4g}"
    block = "a Power layer behind it" if hdf5 else "the transform_param of its data layer"
    yield Finding(
        "R402",
        "values far from unit size",
        Severity.INFO,
        f"{what}, their root mean square is {size:.3g}; nets learn best from input of about 1.",
        blob=column.name,
        evidence=(Evidence("root mean square", size),),
        remedy=Remedy(f"see that the net scales them:  scale: {_scale(column, size)}  in {block}; --net NET looks"),
    )


def _fed(column: Column, feed: Feed, blob: str, after: Origin) -> Finding | None:
    """What is wrong with the size of a blob that the net reads."""
    layer, mean = feed.data.layer, 0.0 if feed.data.mean_file else column.stats.mean
    size = hypot(after.of(mean), after.scale * column.stats.std)
    if layer is None or not size > LARGE or normalised(feed.net, blob):
        return None
    scale = _scale(column, size) if after.scale == 1 else f"{after.scale / size:.1g}"
    where = f"layer {layer.name} ({shown(layer.path)}:{layer.line})"
    if feed.data.transforms:
        advice = f"write  scale: {scale}  into the transform_param of {where}, and of the data layers of other phases"
    else:
        advice = f"write smaller values into the file, or scale them by  {scale}  in a Power layer behind {where}"
    how = "not scaled" if after.scale == 1 else f"scaled by {after.scale:g}"
    return Finding(
        "R401",
        "raw input",
        Severity.INFO if feed.data.mean_subtracted else Severity.WARNING,  # many nets are made for it
        f"The net reads {blob} {how}: its root mean square is {size:.3g}, where about 1 is usual. The gradient of the "
        "first layer grows with it, and a base_lr that is right for scaled input makes such a training diverge.",
        layer=layer.name,
        blob=blob,
        evidence=(Evidence("root mean square", size),),
        remedy=Remedy(advice, input_scale_factor=float(scale) / after.scale),
    )


def _scale(column: Column, size: float) -> str:
    """What brings the values to about unit size: 1/256 for pixels."""
    pixels = column.stats.minimum >= 0 and 100 < column.stats.maximum <= 255
    return f"{PIXEL_SCALE}" if pixels else f"{1 / size:.1g}"
