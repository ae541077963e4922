"""The test passes in a log: the means that they put out, and the forward pass that is being read."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from autofix.debuginfo.outputs import label
from autofix.debuginfo.trace import BlobKey

_MAX_TESTS = 10_000


class TestPasses:
    """Takes what a log prints while a net is tested.

    Attributes:
        forward: the blobs of the forward pass that is being read, in order.
    """

    def __init__(self) -> None:
        self.forward: dict[BlobKey, float] = {}
        self._test: tuple[int, int] | None = None
        self._results: dict[tuple[int, int], dict[str, float]] = {}

    @property
    def first_of_forward(self) -> BlobKey | None:
        """The blob that was printed first in the forward pass that is being read."""
        return next(iter(self.forward), None)

    def add_forward(self, key: BlobKey, value: float) -> None:
        """Take a blob of a test net."""
        if key == self.first_of_forward:
            self.forward.clear()  # the next of the test's batches
        self.forward[key] = value

    def start(self, iteration: int, net: int) -> None:
        """Note that a test begins."""
        self.add_whole(iteration, net, {})

    def add_whole(self, iteration: int, net: int, outputs: dict[str, float]) -> None:
        """Take a test with all its means, by the labels they have; of very many tests, every second one is dropped."""
        self.forward.clear()
        self._test = test = (iteration, net)
        if len(self._results) >= _MAX_TESTS:
            self._results = dict(list(self._results.items())[::2])
        self._results.pop(test, None)  # of an earlier run
        self._results[test] = outputs

    def add_output(self, name: str, value: float) -> None:
        """Take a mean that the test has put out; a blob with several values has several."""
        self.forward.clear()
        if self._test is None:
            return
        results = self._results[self._test]
        results[_free_label(name, results)] = value

    def results(self) -> Mapping[tuple[int, int], Mapping[str, float]]:
        """Return (iteration, test net) to outputs (name to value)."""
        return {test: dict(results) for test, results in self._results.items()}


def distinct_labels(names: Iterable[str]) -> list[str]:
    """Return the labels of one test's outputs, which may have the same name."""
    labels = dict[str, None]()
    for name in names:
        labels[_free_label(name, labels)] = None
    return list(labels)


def _free_label(name: str, taken: Container[str]) -> str:
    count = 0
    while label(name, count) in taken:
        count += 1
    return label(name, count)
