"""Whether a net can start from a snapshot: Caffe copies weights by the layers' names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autofix.caffe.stored import Blob, StoredSnapshot
from autofix.health.finding import Finding, Remedy, Severity
from autofix.health.stored.words import listed
from autofix.model import Layer


def judge_fit(stored: StoredSnapshot, layers: Sequence[Layer]) -> Iterator[Finding]:
    """Yield the layers of a net that find no weights in a .caffemodel, or weights of another size."""
    if stored.snapshot.what != "caffemodel":
        return
    blobs = {blob.layer: blob for blob in stored.snapshot.blobs if blob.role == "data" and blob.index == 0}
    learning = [layer for layer in layers if layer.learnable and not any(param.name for param in layer.params)]
    for layer in learning:
        blob = blobs.get(layer.name)
        outputs = _outputs(blob) if blob is not None and layer.type in ("Convolution", "InnerProduct") else None
        if outputs is not None and layer.num_output is not None and outputs != layer.num_output:
            yield Finding(
                "W501",
                "another size",
                Severity.ERROR,
                f"{layer.name} has num_output {layer.num_output} in the net, but {outputs} in this file: Caffe refuses "
                "to start from it.",
                layer=layer.name,
                blob="0",
                remedy=Remedy("give the layer a name of its own in the net: then its weights are drawn anew"),
            )
    missing = [layer.name for layer in learning if layer.name not in blobs]
    if missing:
        whole = "none of the net's layers" if len(missing) == len(learning) else f"no {listed(missing, 'layers')}"
        yield Finding(
            "W502",
            "layers without weights",
            Severity.WARNING,
            f"This file holds {whole}: those start from their weight_filler.",
            layer=missing[0],
        )


def _outputs(blob: Blob) -> int | None:
    """How many outputs a layer has by its weights; older files have an InnerProduct's as 1 x 1 x N x K."""
    if len(blob.shape) == 4 and blob.shape[:2] == (1, 1):
        return blob.shape[2]
    return blob.shape[0] if len(blob.shape) > 1 else None
