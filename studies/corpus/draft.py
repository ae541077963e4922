"""A training not yet written to a folder: its two prototxts and its data, and how to change a value of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from autofix import prototxt
from autofix.prototxt import Document, Edit, Field, Message, Plain
from studies.corpus.datasets import Tables

Phase = Literal["TRAIN", "TEST"]
WEIGHTS = ("convolution_param", "inner_product_param", "recurrent_param")
WHY = "step of a study"


@dataclass(frozen=True)
class Draft:
    """A training in memory.

    Args:
        solver, net: the two files.
        tables: what it reads.
        spoiled: names of the steps that changed ``tables``; empty for a data set as it was built.
    """

    solver: Document
    net: Document
    tables: Tables
    spoiled: tuple[str, ...] = ()

    def layers(self, phase: Phase | None = None) -> Iterator[Message]:
        """The layers, of one phase if that is given."""
        for layer in self.net.root.messages("layer"):
            include = layer.message("include")
            if phase is None or include is None or include.text("phase") == phase:
                yield layer

    @property
    def batch(self) -> int:
        """Records that one iteration is of."""
        sizes = (
            block.integer("batch_size", 1)
            for layer in self.layers("TRAIN")
            for name in ("data_param", "hdf5_data_param")
            if (block := layer.message(name)) is not None
        )
        return next(sizes, 1) * self.solver.root.integer("iter_size", 1)

    @property
    def records(self) -> int:
        """Records to train on."""
        return len(next(iter(self.tables.train.values())))

    def solve(self, **values: Plain) -> Draft:
        """The same with other values in the solver; None takes a field out."""
        return replace(self, solver=put_all(self.solver, values))

    def without(self, *names: str) -> Draft:
        """The same with these fields taken out of the solver."""
        edits = [prototxt.remove(field, WHY) for field in self.solver.root.all(*names)]
        return replace(self, solver=prototxt.apply(self.solver, edits))

    def edit(self, edits: Callable[[Message], Iterable[Edit]], phase: Phase | None = None) -> Draft:
        """The same with the edits that a function finds for each layer. Nothing to edit is a mistake in the case."""
        found = [edit for layer in self.layers(phase) for edit in edits(layer)]
        if not found:
            raise ValueError("this step finds nothing to change in this net")
        return replace(self, net=prototxt.apply(self.net, found))

    def spoil(self, name: str, tables: Tables) -> Draft:
        """The same with other data; ``name`` tells it from every other change of that data set."""
        return replace(self, tables=tables, spoiled=(*self.spoiled, name))


def put(block: Message, name: str, value: Plain) -> Edit:
    """An edit that gives a field of ``block`` a value, whether it is there yet or not."""
    old = block.scalar(name)
    return prototxt.insert(block, [(name, value)], WHY) if old is None else prototxt.replace(old, value, WHY)


def put_all(document: Document, values: Mapping[str, Plain]) -> Document:
    """The document with values for fields of its root, whether these are there yet or not."""
    for name, value in values.items():
        document = prototxt.apply(document, [put(document.root, name, value)])
    return document


def put_text(block: Message, name: str, text: str) -> Edit:
    """The same for a field of any kind, given as it is to be written; empty text takes it out."""
    old = block.get(name)
    if old is not None:
        return Edit(old.start, old.end, text, WHY)
    return Edit(block.body_end, block.body_end, f"{text} ", WHY)


def weights(layer: Message, prefix: str) -> Iterator[Message]:
    """The block that draws the weights of ``layer``, if it has one and its name begins with ``prefix``."""
    if layer.text("name").startswith(prefix):
        yield from (block for name in WEIGHTS if (block := layer.message(name)) is not None)


def blobs(layer: Message, side: Literal["bottom", "top"]) -> list[str]:
    """The names of the layer's bottoms or tops."""
    return [blob.string for blob in layer.scalars(side)]


def has_data(layer: Message) -> bool:
    """Whether the layer reads an LMDB or an HDF5 file."""
    return layer.text("type") in ("Data", "HDF5Data")


def field_of(layer: Message, block: str, name: str) -> Field | None:
    """A field within a block of the layer, if both are written."""
    found = layer.message(block)
    return found.get(name) if found is not None else None
