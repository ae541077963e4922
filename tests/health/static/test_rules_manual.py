"""docs/lint.md is what the rules say of themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_manual_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "document_rules.py")]
    page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert page == (ROOT / "docs" / "lint.md").read_text(), "python scripts/document_rules.py > docs/lint.md"
