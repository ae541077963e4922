"""The way from blob to blob through the layers of a net."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from autofix.model import kinds
from autofix.model.layer import Layer


@dataclass(frozen=True, eq=False)
class Blobs:
    """Who makes and who reads each blob.

    Attributes:
        layers: in the order of the net.
        given: the blobs of the net's old ``input:`` fields, which no layer makes.
    """

    layers: tuple[Layer, ...]
    given: tuple[str, ...] = ()

    def consumers(self, blob: str) -> Iterator[tuple[Layer, int]]:
        """The layers that read ``blob``, with the position of the bottom."""
        return iter(self._readers.get(blob, ()))

    def producers(self, blob: str) -> Iterator[Layer]:
        """The layers that write ``blob``, in-place ones included."""
        return iter(self._makers.get(blob, ()))

    def root(self, blob: str) -> str:
        """The blob whose values ``blob`` holds, laid out anew."""
        passed = {blob}
        while True:
            maker = next((layer for layer in self.producers(blob) if layer.type in kinds.KEEPING), None)
            if maker is None or not maker.bottoms or maker.bottoms[0] in passed:
                return blob
            blob = maker.bottoms[0]
            passed.add(blob)

    def computed(self, blob: str) -> bool:
        """Whether layers with weights take part in making ``blob``; what a Python layer reads is not followed."""
        seen, queue = {blob}, [blob]
        while queue:
            for layer in self.producers(queue.pop()):
                if layer.learnable:
                    return True
                fresh = [bottom for bottom in layer.bottoms if bottom not in seen and layer.type != "Python"]
                seen.update(fresh)
                queue += fresh
        return False

    def first_readers(self, blob: str) -> list[Layer]:
        """The layers that read ``blob`` as its maker leaves it: up to one that works on it in place in every phase."""
        found = []
        for layer, _ in self.consumers(blob):
            found.append(layer)
            if blob in layer.tops and not {"include", "exclude"} & {field.name for field in layer.message}:
                break
        return list(dict.fromkeys(found))

    def powers(self, blob: str) -> tuple[Layer, ...]:
        """The Power layers, one behind the other, by which alone ``blob`` comes to all that reads it."""
        found: list[Layer] = []
        while True:
            readers = self.first_readers(blob)
            if not readers or any(layer.type != "Power" for layer in readers) or not readers[0].tops:
                break
            found.append(readers[0])
            if readers[0].tops[0] == blob or readers[0] in found[:-1]:  # in place, or in a circle
                break
            blob = readers[0].tops[0]
        return tuple(found)

    def downstream(self, blob: str, passes: Callable[[Layer], bool]) -> Iterator[Layer]:
        """The layers that ``blob`` comes to as a signal, by way of layers that let it pass."""
        seen, queue = {blob}, [blob]
        while queue:
            for layer, index in self.consumers(queue.pop()):
                if index in kinds.INDEX_INPUTS.get(layer.type, ()):
                    continue
                yield layer
                if passes(layer) and not kinds.is_sink(layer.type):
                    queue += [top for top in layer.tops if top not in seen]
                    seen.update(layer.tops)

    @cached_property
    def _readers(self) -> Mapping[str, list[tuple[Layer, int]]]:
        found: dict[str, list[tuple[Layer, int]]] = {}
        for layer in self.layers:
            for index, bottom in enumerate(layer.bottoms):
                found.setdefault(bottom, []).append((layer, index))
        return found

    @cached_property
    def _makers(self) -> Mapping[str, list[Layer]]:
        found: dict[str, list[Layer]] = {}
        for layer in self.layers:
            for top in dict.fromkeys(layer.tops):
                found.setdefault(top, []).append(layer)
        return found
