"""The container's recipes say the same; scripts/check-container runs the steps themselves, in half an hour."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "scripts/check-container"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    loader = SourceFileLoader("check_container", str(SCRIPT))
    spec = spec_from_loader("check_container", loader)
    assert spec is not None
    module = sys.modules["check_container"] = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_dockerfile_is_read_whole(script: ModuleType) -> None:
    read = script.instructions()
    assert {word for word, _ in read} == {"ARG", "FROM", "ENV", "RUN", "COPY", "USER", "ENTRYPOINT"}
    assert ("USER", "autofix") in read
    assert not any(rest.endswith("\\") for _, rest in read)


def test_what_the_dockerfile_copies_is_there_and_not_ignored(script: ModuleType) -> None:
    kept = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for word, rest in script.instructions():
        if word == "COPY" and not rest.startswith("--from="):
            for name in rest.split()[:-1]:
                assert (REPOSITORY / name).exists()
                assert name.partition("/")[0] in kept


def test_apptainer_takes_the_same_steps_as_docker(script: ModuleType) -> None:
    recipe = re.sub(r"\s+", " ", (REPOSITORY / "scripts/container/autofix.def").read_text())
    for word, rest in script.instructions():
        if word == "RUN" and "useradd" not in rest:
            for step in rest.split("&&"):
                assert step.strip() in recipe


def test_no_argument_of_apptainer_is_empty() -> None:
    """It refused `CUDA=` (apptainer issue 1584): a default is a word that stands for none."""
    recipe = (REPOSITORY / "scripts/container/autofix.def").read_text()
    arguments = recipe.partition("%arguments\n")[2].partition("%files")[0].split()
    for argument in arguments:
        name, _, value = argument.partition("=")
        assert f'{name}="{{{{ {name} }}}}"' in recipe
        assert f'[ "${name}" != {value} ] || {name}=\n' in recipe
    assert len(arguments) == 2


def test_the_devcontainer_is_valid_but_for_its_comment() -> None:
    text = (REPOSITORY / ".devcontainer/devcontainer.json").read_text()
    assert "make setup" in json.loads(re.sub(r"(?m)^//.*$", "", text))["postCreateCommand"]


@pytest.mark.caffe
def test_a_caffe_is_collected_with_the_packages_it_needs(caffe, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", REPOSITORY / "scripts/container/collect", caffe.path, tmp_path / "caffe"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = (tmp_path / "caffe/packages").read_text().split()
    assert "caffe version" in done.stdout
    assert (tmp_path / "caffe/lib/libcaffe.so").is_file()
    assert any(name.startswith("libgoogle-glog") for name in packages)
    assert not any(name.endswith("-dev") for name in packages)
