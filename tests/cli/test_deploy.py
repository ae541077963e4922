"""``--deploy``: the net for use after training gets the input scale of the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import Run, autofix
from trainings import broken, healthy

DEPLOY = """\
name: "tiny"
input: "data"  # as pycaffe fills it
input_shape { dim: 1 dim: 1 dim: 4 dim: 4 }
layer {
  name: "ip1" type: "InnerProduct" bottom: "data" top: "ip1"
  inner_product_param { num_output: 16 }
}
"""


def fixed(make, folder: Path, **settings: float) -> Run:
    make(folder, **settings)
    (folder / "deploy.prototxt").write_text(DEPLOY)
    done = autofix("solver.prototxt", "--deploy", "deploy.prototxt", "--json", "--quiet", cwd=folder)
    assert (folder / "deploy.prototxt").read_text() == DEPLOY
    return done


@pytest.mark.caffe
def test_a_fix_of_the_input_reaches_the_deploy_net(tmp_path: Path) -> None:
    report = fixed(broken, tmp_path).report
    fix, out = report["fix"], tmp_path / "solver.autofix"
    assert "solver.autofix/deploy.prototxt" in fix["files"]
    assert any(change["file"].startswith("deploy.prototxt:") for change in fix["changes"])
    assert any("deploy.prototxt multiplies it too" in note for note in report["notes"])
    assert f"scale: {fix['params']['input_scale']:.6g}" in (out / "deploy.prototxt").read_text()
    assert "+++ b/deploy.prototxt" in (out / "autofix.diff").read_text()


@pytest.mark.caffe
@pytest.mark.parametrize("settings", [{}, {"base_lr": 1000}], ids=["already-stable", "base_lr-alone"])
def test_a_deploy_net_that_needs_nothing_is_left_and_told_of(tmp_path: Path, settings: dict[str, float]) -> None:
    report = fixed(healthy, tmp_path, **settings).report
    assert any("deploy.prototxt serves as it is" in note for note in report["notes"])
    assert not (tmp_path / "solver.autofix" / "deploy.prototxt").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "deploy.prototxt: no such file"), ("layer {", "deploy.prototxt:1:8: '}' missing")],
)
def test_a_deploy_net_that_cannot_be_read_stops_at_once(tmp_path: Path, text: str | None, told: str) -> None:
    broken(tmp_path)
    if text is not None:
        (tmp_path / "deploy.prototxt").write_text(text)
    done = autofix("solver.prototxt", "--deploy", "deploy.prototxt", cwd=tmp_path)
    assert done.code == 2
    assert told in done.err.splitlines()[0]
    assert not (tmp_path / "solver.autofix").exists()
