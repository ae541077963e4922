"""What is no training, however large, deep or twisted: one clear line, and the memory is not filled."""

from __future__ import annotations

import random
import resource
from pathlib import Path

import pytest

from autofix.errors import AutofixError
from autofix.health.static import lint
from autofix.model import Candidate, load, patch

SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 10\n'
MIB = 2**20
REFUSED = {
    "100 MB of garbage": (random.Random(1).randbytes(MIB) * 100, "a binary file, not a prototxt"),
    "100 MB of words": (b"layer { name: 'x' }\n" * (5 * MIB), "too large for a prototxt (100 MB)"),
    "garbage in letters": (b"yhj%$ {{ 8fd}]" * 200_000, "net.prototxt:1:4: "),
    "deep nesting": (b"layer {" * 500_000, "blocks are nested more than 100 deep"),
    "deep nesting in angles": (b"a:<" * 1_000_000, "blocks are nested more than 100 deep"),
    "lists in lists": (b"a: [" * 1_000_000, "']' missing"),
    "no line ends": (b"a" * 4_000_000, "':' or '{' is missing"),
    "an open quote": (b'name: "' + b"x" * 4_000_000, 'closing " is missing'),
    "a number of a million digits": (b"layer { name: " + b"9" * MIB + b" }", "a name is needed here, not 9999"),
    "a value on many lines": (b'layer { loss_weight: "a"\n"b"\n"c" }', "a number is needed here"),
    "trained weights": (b"\x0a\x08CaffeNet\x13\x00\x00", "a binary file, not a prototxt"),
    "nothing": (b"", "a net without layers"),
    "only comments": (b"# later\n" * 1000, "a net without layers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, told = REFUSED[name]
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_bytes(content)
    before = peak()
    with pytest.raises(AutofixError) as caught:
        lint(load(tmp_path / "solver.prototxt", cwd=tmp_path))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))
    assert peak() - before < 500 * MIB, "bytes"


def peak() -> int:
    """The most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_solver_that_names_itself(tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text(SOLVER.replace("net.prototxt", "solver.prototxt"))
    with pytest.raises(AutofixError, match="a solver, where a net is needed"):
        load(tmp_path / "solver.prototxt", cwd=tmp_path)


def test_links_that_lead_to_each_other(tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").symlink_to("net.prototxt")
    (tmp_path / "net.prototxt").symlink_to("solver.prototxt")
    with pytest.raises(AutofixError, match="cannot be read"):
        load(tmp_path / "solver.prototxt", cwd=tmp_path)


CYCLES = {
    "two layers feed each other": """
        layer { name: "d" type: "DummyData" top: "y" dummy_data_param { shape { dim: 1 } } }
        layer { name: "a" type: "InnerProduct" bottom: "b" top: "a" inner_product_param { num_output: 1 } }
        layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 1 } }
        layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "y" top: "l" }
        """,
    "a layer feeds itself": """
        layer { name: "p" type: "Power" bottom: "p" top: "p" }
        layer { name: "l" type: "EuclideanLoss" bottom: "p" bottom: "l" top: "l" }
        """,
    "weights share each other": """
        layer { name: "d" type: "DummyData" top: "x" top: "y" dummy_data_param { shape { dim: 1 } } }
        layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "b" } param { name: "b" } }
        layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "a" } param { name: "b" } }
        layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "y" top: "l" }
        """,
}


@pytest.mark.parametrize("net", CYCLES.values(), ids=CYCLES)
def test_names_in_a_circle_are_found_and_nothing_hangs(net: str, tmp_path: Path) -> None:
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    (tmp_path / "net.prototxt").write_text(net)
    training = load(tmp_path / "solver.prototxt", cwd=tmp_path)
    assert lint(training)
    patch(training, Candidate(input_scale=0.5, target_scale=0.5))
