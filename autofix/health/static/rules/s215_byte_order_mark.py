"""S215: a mark that an editor put before the text."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.health.finding import Finding
from autofix.health.static.rule import Rule
from autofix.health.static.subject import Subject


class ByteOrderMark(Rule):
    """A file begins with a byte order mark.

    Sick: three invisible bytes before the text (EF BB BF), as some editors on Windows write them: Caffe cannot read
    the file.
    Well: the file is saved as UTF-8 without such a mark.
    """

    code = "S215"
    title = "a byte order mark"

    def examine(self, subject: Subject) -> Iterator[Finding]:
        """Yield the first line of each such file."""
        for document in subject.training.documents.values():
            if document.text.startswith("\ufeff"):
                what = "The file begins with a byte order mark (EF BB BF): Caffe cannot read this file."
                yield self.finding(document.root, what, 'save it as "UTF-8", not as "UTF-8 with BOM"')
