"""One search at a time is at work in an output folder, and nobody's result is moved from under it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autofix.errors import InputError
from autofix.search import Settings
from autofix.search.folder import PROBES, clear, prepared


@pytest.mark.parametrize("resume", [True, False])
def test_a_second_search_is_refused_while_the_first_is_at_work(tmp_path: Path, resume: bool) -> None:
    """Its trials were ended by the second one, or its study was moved away: a traceback, or a disk I/O error."""
    settings = Settings(tmp_path / "out")
    with prepared(settings):
        with pytest.raises(InputError, match="another autofix is at work"), prepared(replace(settings, resume=resume)):
            pytest.fail("it was let in")
        assert (settings.out / PROBES).is_dir()
    with prepared(replace(settings, resume=resume)) as moved:
        assert (moved is None) == resume


def test_where_an_earlier_result_was_moved_aside_nobody_else_gets_in_either(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "out")
    (settings.out / PROBES).mkdir(parents=True)
    with prepared(settings) as moved:
        assert moved == tmp_path / "out.1"
        with pytest.raises(InputError, match="another autofix is at work"), prepared(settings):
            pytest.fail("it was let in")


def test_only_what_trainings_left_that_were_cut_short_is_removed(tmp_path: Path) -> None:
    for name in ("000", "000-rates", "001-seed2", "002", "002-long-seed3", "003", "notes", "1000-faster"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "caffe.log").touch()
    clear(tmp_path, [0], {"003", "002-long-seed3"})
    assert {folder.name for folder in tmp_path.iterdir()} == {"000", "000-rates", "002-long-seed3", "003", "notes"}
