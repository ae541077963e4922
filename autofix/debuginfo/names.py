"""Names of layers and blobs, as sentences have them."""

from __future__ import annotations


def quoted(name: str) -> str:
    """Return ``name``, in quotation marks if blanks in it would make it look like words of the sentence."""
    return f'"{name}"' if any(character.isspace() for character in name) else name
