"""The train net's outputs while a log is read: their names in the trace, and the weights of those that are losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from autofix.debuginfo.events import Output
from autofix.debuginfo.rows import Rows


class Outputs:
    """Puts outputs into the last row.

    Attributes:
        loss_weights: by name, as last printed.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._labels: dict[int, str] = {}  # of the last row's outputs
        self._counts: Counter[str] = Counter()
        self.loss_weights: dict[str, float] = {}

    def begin_row(self) -> None:
        """Note that the outputs that follow are another row's."""
        self._labels, self._counts = {}, Counter()

    def repeat(self, events: Sequence[Output]) -> None:
        """Note that the last row's outputs were printed as these were."""
        self.begin_row()
        for event in events:
            self.column(event)

    def add(self, event: Output) -> None:
        """Set an output of the last row."""
        column = self.column(event)
        self.set_weights(self.weights_of([event]))
        if column is not None:
            self._rows.outputs.set(len(self._rows) - 1, column, event.value)

    def column(self, event: Output) -> int | None:
        """Return an output's column, None if there are too many; a blob with several values has several."""
        if event.index not in self._labels:
            self._labels[event.index] = label(event.name, self._counts[event.name])
            self._counts[event.name] += 1
        return self._rows.output_column(self._labels[event.index], event.loss_weight is not None)

    def weights_of(self, events: Sequence[Output]) -> dict[str, float]:
        """Return the weights of those of the last row's outputs that are losses, by their names in the trace."""
        weights = ((self._labels[event.index], event.loss_weight) for event in events)
        return {name: weight for name, weight in weights if weight is not None}

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Note the weights that losses have from here on."""
        self.loss_weights.update(weights)


def label(name: str, count: int) -> str:
    """Return the name of an output blob's value number ``count``."""
    return f"{name}[{count}]" if count else name
