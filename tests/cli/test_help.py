"""Help texts, their page in the manual, and completion in the shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from commandline import COMMAND

import autofix
from autofix.cli.main import cli, main

MANUAL = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
SECTIONS = dict(re.findall(r"^## autofix (\w+)\n(.*?)(?=^## )", MANUAL, re.DOTALL | re.MULTILINE))
NAMES = list(cli.commands)
HEAVY = ("numpy", "optuna", "h5py", "lmdb", "rich", "tqdm", "jinja2", "cattrs", "google.protobuf", "wsgiref")


def options(name: str) -> dict[str, click.Option]:
    found = (param for param in cli.commands[name].params if isinstance(param, click.Option))
    return {option.opts[0]: option for option in found}


@pytest.mark.parametrize("name", [None, *NAMES])
def test_every_help_text_has_an_example(name, capsys):
    assert main([*([name] if name else []), "--help"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^  Example:  (autofix|caffe train) ", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80


def test_every_command_is_in_the_manual_and_no_other():
    assert set(SECTIONS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_in_the_manual_and_no_other(name):
    rows = re.findall(r"^\| `(--[\w-]+)`(?: [A-Z]+)? \|", SECTIONS[name], re.MULTILINE)
    assert rows == list(options(name))


@pytest.mark.parametrize("name", NAMES)
def test_what_an_option_takes_and_its_default_are_those_of_the_manual(name):
    for option, declared in options(name).items():
        (row,) = (line for line in SECTIONS[name].splitlines() if line.startswith(f"| `{option}`"))
        if declared.metavar and declared.metavar.isupper():
            assert row.startswith(f"| `{option}` {declared.metavar} |"), row
        default = declared.default
        if isinstance(default, (str, int)) and not isinstance(default, bool):
            assert row.endswith(f"| {default} |"), row


def test_help_imports_nothing_heavy():
    """It answers in about a tenth of a second of CPU: whatever takes longer waits until a command runs."""
    code = (
        "import sys\nfrom autofix.cli.main import main\nmain(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("words", "answers"),
    {
        ("ins",): {"plain,inspect", "file,ins"},  # a command, or a solver whose name starts so
        ("solver.prototxt", "--bud"): {"plain,--budget"},
        ("fix", "--study"): {"plain,--study-name"},
        ("diagnose", "--stop-on", ""): {"plain,error", "plain,warning"},
        ("inspect", "snap"): {"file,snap"},
    }.items(),
)
def test_the_shell_completes(words, answers, tmp_path):
    asked = {
        "_AUTOFIX_COMPLETE": "bash_complete",
        "COMP_WORDS": f"autofix {' '.join(words)}",
        "COMP_CWORD": str(len(words)),
    }
    installed = Path(sys.executable).with_name("autofix")
    done = subprocess.run([installed], env=os.environ | asked, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert set(done.stdout.split()) == answers


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert re.fullmatch(r"autofix, version \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_the_module_runs_as_the_command(tmp_path):
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("autofix, version ")


def test_python_has_what_the_manual_shows():
    (example,) = re.findall(r"^```python\n(.*?)^```", MANUAL, re.DOTALL | re.MULTILINE)
    for name in re.findall(r"autofix\.(\w+)\(", example):
        assert callable(getattr(autofix, name))
    compile(example, "commands.md", "exec")
