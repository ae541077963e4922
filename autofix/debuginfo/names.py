"""Names of layers and blobs, as sentences have them."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 6  # names in a sentence


def quoted(name: str) -> str:
    """Return ``name``, in quotation marks if blanks in it would make it look like words of the sentence."""
    return f'"{name}"' if any(character.isspace() for character in name) else name


def listed(names: Iterable[str]) -> str:
    """Return at most `MOST` of some names (at least one), which are quoted already, and how many more there are."""
    every = list(names)
    shown = every if len(every) <= MOST else [*every[: MOST - 1], f"{len(every) - MOST + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
