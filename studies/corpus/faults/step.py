"""What a step is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from studies.corpus.draft import Draft

Step: TypeAlias = Callable[[Draft, str, str], Draft]
"""From a draft, the step's value and the beginning of the names of the layers it is for (both may be empty)."""
