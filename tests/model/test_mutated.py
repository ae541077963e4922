"""Broken and odd versions of the cases' files: values, one clear line, or edits that fit; never a traceback."""

from __future__ import annotations

import random
import re
from contextlib import suppress

from model_cases import FOLDER

from autofix.errors import AutofixError
from autofix.model import Net, Solver
from autofix.model.refilling import refill
from autofix.model.scaling import scale_inputs
from autofix.prototxt import Document, apply, parse

MUTATIONS = 2000
TOKENS = [
    re.findall(r"\s+|\w+|.", path.read_bytes().decode(), re.DOTALL) for path in sorted(FOLDER.rglob("*.prototxt"))
]


def mutated(chance: random.Random) -> str:
    """One of the files with some tokens lost, replaced or added from another one."""
    tokens = list(chance.choice([each for each in TOKENS if len(each) < 1500]))
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(tokens))
        stranger = chance.choice(chance.choice(TOKENS))
        tokens[place : place + chance.randint(0, 2)] = chance.choice([[], [stranger], [stranger, " "]])
    return "".join(tokens)


def read_and_edit(document: Document) -> None:
    Solver.read(document)
    net = Net.read(document)
    for read in (net, net.for_phase("TRAIN"), net.for_phase("TEST")):
        assert {id(layer) for layer in read.refillable} <= {id(layer) for layer in read.learnable}
        assert all(set(data.targets) <= set(data.features) <= set(data.tops) for data in read.inputs)
        assert all(loss.weight != 0 for loss in read.losses)
    fillers = [change.edit for layer in net.refillable for change in refill(layer, 0.1, "because")]
    apply(document, fillers + [change.edit for change in scale_inputs(net, 0.5, "because")])


def test_mutated_files() -> None:
    chance, parsed = random.Random(1), 0
    for _ in range(MUTATIONS):
        text = mutated(chance)
        with suppress(AutofixError):
            document = parse(text)
            parsed += 1
            assert str(document) == text
            read_and_edit(document)
    assert parsed > MUTATIONS / 10
