"""Why Caffe refuses a training, as its user sees it: the place in a file of theirs, and what lint knows of it.

Caffe names lines of the probe's own files, or nothing but a check of its C++. What it read and which layer it was
setting up is in the probe's log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from autofix.debuginfo import Trace, read_trace
from autofix.errors import InputError
from autofix.health import Finding
from autofix.health.static import stops_caffe, tells_of_stop
from autofix.model import Layer, Training
from autofix.model.probe import NET, SOLVER
from autofix.prototxt import Document, Field, Node, shown
from autofix.search.failure import brief, said_by
from autofix.search.folder import LOG

PARSING = re.compile(r"Error parsing text-format caffe\.(?P<what>Solver|Net)Parameter: (?P<line>\d+):\d+: ")
LAYER = re.compile(r"\(layer '([^']+)'|for layer (\S+)$")
NAMES = re.compile(r"[\"']([^\"']{2,})[\"']|Unknown [a-z ]+: (\S+)|got: (\S+)")  # that Caffe complains of
FIELD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
MACHINE = re.compile(r"(?i)memory|bad_alloc|cuda|cublas|cudnn|CPU-only|GPU")  # nothing of the files
FATAL = re.compile(r"^F\d{4,8} [^\]]+\] (.+)$", re.MULTILINE)
CREATED, READY = re.compile(r"\] Creating [Ll]ayer (.+)$"), re.compile(r"\] Setting up (.+)$")


@dataclass(frozen=True)
class Refusal:
    """What stopped Caffe before the first iteration.

    Args:
        why: where and what, in a line.
        hint: what to do, and what Caffe said if that is not in ``why``.
        findings: what lint knows to be wrong and may be why, the cause first.
    """

    why: str
    hint: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Place:
    file: str
    line: int
    layer: str = ""

    @classmethod
    def of(cls, node: Node | Layer) -> _Place:
        if isinstance(node, Layer):
            return cls(str(shown(node.path)), node.line, node.name)
        return cls(str(shown(node.source.path or Path("-"))), node.line)


def refusal(training: Training, probe: Path, findings: Sequence[Finding], why: str, hint: str) -> Refusal:
    """Tell why Caffe refused a training.

    Args:
        probe: the folder of the training as written.
        findings: of lint.
        why, hint: what is told where neither the log nor lint knows more.
    """
    try:
        trace, log = read_trace(str(probe / LOG)), (probe / LOG).read_text(errors="replace")
    except (InputError, OSError):
        return Refusal(why, hint, ())
    if MACHINE.search(why):
        return Refusal(why, hint, ())
    said = said_by(trace)
    elsewhere = FATAL.findall(log) if not said else []  # by a thread that reads data: the others go on for a while
    if elsewhere:
        said = elsewhere[-1].strip()
        why = f"Caffe cannot run this training: {brief(said)}"
    place = next(_places(training, probe, said, log), None)
    wrong = [finding for finding in findings if stops_caffe(finding)]
    cause = _cause(findings, place, said)  # what else is wrong, in the tests for one, need not be why
    others = tuple(finding for finding in wrong if finding is not cause)
    if cause is not None and cause.remedy is not None:
        told = f"{cause.file}:{cause.line}: {cause.explanation}"
        return Refusal(told, f"{cause.remedy.advice} (Caffe said: {_sentence(brief(said))})", (cause, *others))
    if place is None:
        return Refusal(why, hint, others)
    layer = f"layer {place.layer}: " if place.layer else ""
    shapes = _shapes(training, trace, place) if said else ""  # an import that failed is not about them
    return Refusal(f"{place.file}:{place.line}: {layer}{why}", hint + shapes, others)


def _sentence(said: str) -> str:
    """The first sentence of several."""
    first, stop, _ = said.partition(". ")
    return first + stop.rstrip()


def _cause(findings: Iterable[Finding], place: _Place | None, said: str) -> Finding | None:
    """What lint saw of that which Caffe complains of: at the same line, of the same name, of the layer, of a field."""
    names = _names(said)
    ways = (
        lambda one: place is not None and (one.file, one.line) == (place.file, place.line),
        lambda one: _speaks(one, names),
        lambda one: place is not None and place.layer == one.layer != "",
        lambda one: _speaks(one, FIELD.findall(said)),
    )
    stopping = [one for one in findings if tells_of_stop(one)]  # warnings, too
    return next((one for way in ways for one in stopping if way(one)), None)


def _names(said: str) -> list[str]:
    """What Caffe complains of by name."""
    return [name for found in NAMES.findall(said) for name in found if name]


def _speaks(finding: Finding, names: Iterable[str]) -> bool:
    """Whether a finding has one of these words in it."""
    words = (re.escape(name.strip(".")) for name in names)
    return any(re.search(rf"(?<!\w){word}(?!\w)", finding.explanation) for word in words)


def _places(training: Training, probe: Path, said: str, log: str) -> Iterator[_Place]:
    """Where in the user's files that is which Caffe complains of; the surest first."""
    parsing = PARSING.match(said)
    if parsing is not None:
        yield from _line(training, probe, parsing["what"], int(parsing["line"]), said)
        return
    root = training.solver.root
    for name, word in (("lr_policy", "Unknown learning rate policy"), ("type", "Unknown solver type")):
        if word in said:
            yield _Place.of(root.get(name) or root)
    kind = re.search(r"Unknown layer type: (\S+)", said)
    layers = training.train.layers
    if kind is not None:
        yield from (_Place.of(_typed(layer)) for layer in layers if layer.type == kind[1])
    named = LAYER.search(said)
    wanted = [next(filter(None, named.groups()))] if named is not None else []
    for name in (*wanted, *_being_made(log)):
        yield from (_Place.of(layer) for layer in layers if layer.name == name)


def _typed(layer: Layer) -> Field | Layer:
    return layer.inner.get("type") or layer


def _being_made(log: str) -> Iterator[str]:
    """The layers that Caffe had begun to make and not finished, the last first."""
    begun: list[str] = []
    for line in log.splitlines():
        if (made := CREATED.search(line)) and made[1] not in begun:  # told by the factory, then by the net
            begun.append(made[1])
        elif (ready := READY.search(line)) and ready[1] in begun:
            begun.remove(ready[1])
    yield from reversed(begun)


def _line(training: Training, probe: Path, what: str, line: int, said: str) -> Iterator[_Place]:
    """The line of the user's file that a line of the probe's was made of; protobuf may name the one behind it."""
    solver = what == "Solver" or training.net.path == training.solver.path
    document = training.documents[training.solver.path if solver else training.net.path]
    own = (probe / (SOLVER if solver else NET)).read_text(errors="replace").splitlines()
    names = _names(said)
    while line > 1 and names and not any(name in own[line - 1] for name in names):
        line -= 1
    theirs = _same_line(own, document, line)
    if theirs is not None:
        yield _Place(str(shown(document.path or Path("-"))), theirs)


def _same_line(own: list[str], document: Document, line: int) -> int | None:
    """The line of ``document`` that line ``line`` of its changed copy is, where it was not changed itself."""
    matcher = SequenceMatcher(None, own, document.text.splitlines(), autojunk=False)
    for block in matcher.get_matching_blocks():
        if block.a <= line - 1 < block.a + block.size:
            return block.b + line - block.a
    return None


def _shapes(training: Training, trace: Trace, place: _Place) -> str:
    """What the layer reads, as Caffe has it."""
    layer = next((layer for layer in training.train.layers if layer.name == place.layer), None)
    made = {blob: shape for (_, blob), shape in trace.shapes.items()}
    known = [blob for blob in (layer.bottoms if layer is not None else ()) if blob in made]
    told = [f"{blob} ({' x '.join(map(str, made[blob]))})" for blob in known]
    return f"; it reads {' and '.join(told)}" if told else ""
