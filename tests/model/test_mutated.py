"""Broken and odd versions of the cases' trainings: values, one clear line, or edits that fit; never a traceback.

``AUTOFIX_MUTATIONS=100000 pytest tests/model/test_mutated.py`` tries more of them; each is made from its number alone.
"""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path

from model_cases import CASES

from autofix.errors import AutofixError
from autofix.health.static import lint
from autofix.model import (
    Candidate,
    ProbeSettings,
    Training,
    load,
    patch,
    patched_files,
    probe_documents,
    rate,
)
from autofix.prototxt import parse

MUTATIONS = int(os.environ.get("AUTOFIX_MUTATIONS", "2000"))
FOLDERS = [case.folder for case in CASES]
TEXTS = [path.read_bytes() for folder in FOLDERS for path in sorted(folder.rglob("*.prototxt"))]
TOKENS = [re.findall(rb"\s+|\w+|.", text, re.DOTALL) for text in TEXTS]
BYTES = [
    b"",
    b"{",
    b"}",
    b"<",
    b">",
    b"[",
    b"]",
    b'"',
    b"'",
    b"\\",
    b"#",
    b":",
    b"-",
    b"\x00",
    b"\xff",
    b"nan",
    b"1e999",
]


def mutated(text: bytes, chance: random.Random) -> bytes:
    """The text with some tokens, single characters or a whole piece lost, replaced or added."""
    if chance.random() < 0.3:
        start, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        end = min(end, start + chance.choice([0, 1, 3, 200]))
        return text[:start] + chance.choice([*BYTES, text[start:end] * 2]) + text[end:]
    tokens = re.findall(rb"\s+|\w+|.", text, re.DOTALL)
    if chance.random() < 0.5:  # a word for a word, which the parser as a rule lets pass
        words = [place for place, token in enumerate(tokens) if token.isalnum()]
        for place in chance.sample(words, min(len(words), chance.randint(1, 5))):
            tokens[place] = chance.choice([token for token in chance.choice(TOKENS) if token.isalnum()] or [b"0"])
        return b"".join(tokens)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(tokens) + 1)
        stranger = chance.choice(chance.choice(TOKENS))
        tokens[place : place + chance.randint(0, 2)] = chance.choice([[], [stranger], [stranger, b" "]])
    return b"".join(tokens)


def read_and_edit(training: Training, out: Path) -> None:
    """All that is done to prototxts without Caffe."""
    broke = [finding for finding in lint(training) if "itself broke" in finding.title]
    assert not broke, broke[0].explanation
    for net in (training.train, *training.tests):
        assert {id(layer) for layer in net.refillable} <= {id(layer) for layer in net.learnable}
        assert all(set(data.targets) <= set(data.features) <= set(data.tops) for data in net.inputs)
        assert all(loss.weight != 0 for loss in net.losses)
    train = training.train
    stds = {layer.name: 0.1 for layer in train.refillable if train.layer(layer.name) is layer}
    weights = {loss.layer.name: 0.5 for loss in train.losses if loss.layer.version}
    fillers = {layer.name: layer.bias_filler for layer in train.layers if train.layer(layer.name) is layer}
    biases = {name: 0.1 for name, each in fillers.items() if each and each.written and each.type == "constant"}
    result = patch(training, Candidate(0.1, 0.5, stds, 0.5, 35, weights, 0.1, 0.0005, biases))
    probed = probe_documents(training, result, ProbeSettings(mode="CPU", batch_share=0.5), out)
    for document in (*patched_files(training, result, out).values(), *probed.values()):
        assert str(parse(document.text)) == document.text
    assert rate(training.solver, training.solver.max_iter // 2) is not False


def test_mutated_trainings(tmp_path: Path) -> None:
    whole, complaints = 0, list[str]()
    for number in range(MUTATIONS):
        chance = random.Random(number)
        folder = tmp_path / str(number % 10)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(chance.choice(FOLDERS), folder)
        victim = chance.choice(sorted(folder.rglob("*.prototxt")))
        victim.write_bytes(mutated(victim.read_bytes(), chance))
        try:
            read_and_edit(load(folder / "solver.prototxt", cwd=folder), folder / "out")
            whole += 1
        except AutofixError as error:
            complaints.append(f"mutation {number}: {error}")
        except Exception as error:
            raise AssertionError(f"mutation {number} of {victim.name}: {victim.read_bytes()!r}") from error
    assert not [complaint for complaint in complaints if "\n" in complaint]
    assert whole > MUTATIONS / 10
