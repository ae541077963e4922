"""docs/health.md and its pictures are what the checks say of themselves and see in recorded trainings."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_manual_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("document_checks", ROOT / "scripts" / "document_checks.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    pages = script.pages()
    stale = [path.name for path, text in pages.items() if not path.exists() or path.read_text() != text]
    assert stale == [], "python scripts/document_checks.py"
    assert set((ROOT / "docs" / "pictures" / "health").iterdir()) == {path for path in pages if path.suffix == ".svg"}
