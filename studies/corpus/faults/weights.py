"""Steps in how weights and biases start, and whether they learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from autofix import prototxt
from autofix.prototxt import Edit, Message
from studies.corpus.draft import WHY, Draft, put_text, weights
from studies.corpus.faults.step import Step


def filler(name: str, text: str) -> Step:
    """Another weight_filler or bias_filler; ``{v}`` in its text is the step's value, and no text takes it out."""

    def step(draft: Draft, value: str, prefix: str) -> Draft:
        block_text = f"{name} {{ {text.format(v=value)} }}" if text else ""

        def edits(layer: Message) -> Iterator[Edit]:
            for block in weights(layer, prefix):
                yield put_text(block, name, block_text)

        return draft.edit(edits)

    return step


def frozen(draft: Draft, _: str, prefix: str) -> Draft:
    """``lr_mult: 0`` for weights and biases."""

    def edits(layer: Message) -> Iterator[Edit]:
        if any(weights(layer, prefix)):
            still = ("param", [("lr_mult", 0)])
            yield from (prototxt.remove(field, WHY) for field in layer.all("param"))
            yield prototxt.insert(layer, [still, still], WHY, after=layer.get("type"))

    return draft.edit(edits)


STEPS: Mapping[str, Step] = {
    "std": filler("weight_filler", 'type: "gaussian" std: {v}'),
    "default-std": filler("weight_filler", 'type: "gaussian"'),
    "constant": filler("weight_filler", 'type: "constant" value: {v}'),
    "no-filler": filler("weight_filler", ""),
    "xavier": filler("weight_filler", 'type: "xavier"'),
    "msra": filler("weight_filler", 'type: "msra"'),
    "bias": filler("bias_filler", 'type: "constant" value: {v}'),
    "frozen": frozen,
}
