"""What a trained net answers, by plain ``caffe test``."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from autofix import prototxt
from autofix.prototxt import Document, Edit
from studies.corpus.draft import Draft, blobs, has_data, put_text
from studies.truth.constant import goals, scale_of
from studies.truth.training import Run, running

MEAN_LOSS = re.compile(r"\] Loss: (\S+)")  # the last line but a few of ``caffe test``


def deployed(caffe: Path, folder: Path, made: Draft, run: Run, records: int = 2000) -> float | None:
    """The trained net's loss on the data it was trained on, in its TEST phase.

    A BatchNorm layer computes otherwise there: by the means that it kept of the batches of the training.

    Args:
        records: so many are looked at, a batch more at most.

    Returns:
        None if the net has no such layer, or there are no trained weights; else a loss, nan if it is not finite.
    """
    snapshots = sorted(folder.glob("*.caffemodel"))
    if not snapshots or all(layer.text("type") != "BatchNorm" for layer in made.layers()):
        return None
    (folder / "deployed.prototxt").write_text(testing_on_training_data(made).text)
    batches = f"--iterations={-(-min(records, made.records) // made.batch)}"
    command = [str(caffe), "test", "--model=deployed.prototxt", f"--weights={snapshots[-1].name}", batches]
    with running(command, folder, run) as log:
        found = [float(match[1]) for line in log if (match := MEAN_LOSS.search(line))]
    if not found:
        raise ValueError(f"{folder}: caffe test told no loss")
    return found[-1]


def testing_on_training_data(made: Draft) -> Document:
    """The net with its TRAIN data in its TEST phase."""
    edits: list[Edit] = []
    for written, layer in zip(made.net.root.all("layer"), made.net.root.messages("layer"), strict=True):
        include = layer.message("include")
        if not has_data(layer) or include is None:
            continue
        if include.text("phase") == "TEST":
            edits.append(prototxt.remove(written, "another is in its place"))
        else:
            edits.append(put_text(include, "phase", "phase: TEST"))
    return prototxt.apply(made.net, edits)


def spread(caffe: Path, folder: Path, made: Draft, run: Run) -> float | None:
    """How much the trained net's answers differ from record to record of a TEST batch.

    Returns:
        The standard deviation over the records, as a mean over the outputs, in units that the loss can feel (1 for
        scores, the targets' own for a regression); nan if an answer is not finite; None if there are no trained
        weights.
    """
    snapshots = sorted(folder.glob("*.caffemodel"))
    if not snapshots:
        return None  # it did not come to its end
    goal = goals(made)[0]
    (folder / "answers.prototxt").write_text(answering(made.net, goal.prediction).text)
    command = [str(caffe), "test", "--model=answers.prototxt", f"--weights={snapshots[-1].name}", "--iterations=1"]
    with running(command, folder, run) as log:
        pattern = re.compile(rf"Batch 0, {re.escape(goal.prediction)} = (\S+)")
        values = np.array([float(match[1]) for line in log if (match := pattern.search(line))])
    outputs = _outputs(made, goal.prediction)
    if not len(values) or len(values) % outputs:
        raise ValueError(f"{folder}: {len(values)} numbers in answers of {outputs}")
    return float(values.reshape(-1, outputs).std(axis=0).mean() / scale_of(goal))


def answering(net: Document, prediction: str) -> Document:
    """The net without the layers that judge its prediction, so that ``caffe test`` prints it."""
    edits, gone = [], {prediction}  # blobs that may not be read any more
    for written, layer in zip(net.root.all("layer"), net.root.messages("layer"), strict=True):
        if gone & set(blobs(layer, "bottom")) and prediction not in blobs(layer, "top"):
            gone.update(blobs(layer, "top"))
            edits.append(prototxt.remove(written, "to see the answers"))
    return prototxt.apply(net, edits)


def _outputs(made: Draft, prediction: str) -> int:
    """Numbers in one answer: num_output of the layer that gives it."""
    layer = next(layer for layer in made.layers() if prediction in blobs(layer, "top"))
    block = layer.message("inner_product_param")
    if block is None:
        raise ValueError(f"{prediction}: not from an InnerProduct layer")
    return block.integer("num_output", 1)
