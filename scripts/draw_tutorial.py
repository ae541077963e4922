"""Draw the pictures of docs/tutorial.md anew, from real runs of the three examples.

    python scripts/draw_tutorial.py [lenet] [mlp] [alexnet]

LeNet and the deep net are repaired by Autofix as a user would; of AlexNet, whose iterations take seconds, plain Caffe
trains the first 40 as written. Everything happens in a temporary folder; only docs/pictures changes. It takes some
minutes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from autofix import api
from autofix.caffe import Job, ProcessRunner, find
from autofix.health import Facts, Verdict
from autofix.report.drawings import Drawings, draw
from autofix.report.html import style
from autofix.report.page import gather
from autofix.report.plots import Picture, Series, common_scale, heat_map, loss_plot
from autofix.report.runs import read_run

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
ITERATIONS = 40  # of AlexNet: enough to see it learn, blow up and fall back


def prepare(example: str, folder: Path) -> Path:
    """Copy an example, make its data, and return its solver."""
    for file in (ROOT / "examples" / example).glob("*.p*"):
        shutil.copy(file, folder)
    subprocess.run([sys.executable, folder / "make_data.py"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "solver.prototxt"


def repaired(example: str, folder: Path) -> Drawings:
    """The plots of the report on an example."""
    outcome, report = api.run(prepare(example, folder), listen=print)
    assert report.verdict == "fixed", report.why
    return draw(gather(outcome, report))


def lenet(folder: Path) -> dict[str, Picture | None]:
    """The loss before and after, and where it explodes."""
    drawn = repaired("lenet-raw-input", folder)
    return {
        "lenet-loss": drawn.loss.picture,
        "lenet-before": drawn.data[0].picture,
        "lenet-after": drawn.data[1].picture,
    }


def mlp(folder: Path) -> dict[str, Picture | None]:
    """The gradient that fades, and the gains that let it."""
    drawn = repaired("deep-mlp-vanishing", folder)
    return {
        "mlp-before": drawn.diff[0].picture,
        "mlp-after": drawn.diff[1].picture,
        "mlp-gains": drawn.gains.picture,
        "mlp-loss": drawn.loss.picture,
    }


def alexnet(folder: Path) -> dict[str, Picture | None]:
    """It begins to learn and blows up."""
    solver = prepare("alexnet-two-class", folder)
    kept = re.sub(
        r"^(test_\w+|display|max_iter|snapshot\w*|solver_mode):.*\n", "", solver.read_text(), flags=re.MULTILINE
    )
    solver.write_text(
        f"{kept}\nmax_iter: {ITERATIONS}\ndisplay: 1\ndebug_info: true\nsnapshot_after_train: false\nrandom_seed: 1\n"
        'solver_mode: CPU\nsnapshot_prefix: "unused"\n'
    )
    job = Job(solver, folder, folder / "caffe.log")
    ProcessRunner(find()).run(job, lambda lines: False)  # noqa: ARG005
    run = read_run(job.log, "as written", Verdict.INCONCLUSIVE, "", Facts(constant=0.6931))
    assert run.data is not None
    heat = heat_map("data", "Outputs and weights", run.data, common_scale([run.data]))
    return {"alexnet-loss": loss_plot([Series(run, "before")], Facts(constant=0.6931)), "alexnet-before": heat}


EXAMPLES: dict[str, Callable[[Path], dict[str, Picture | None]]] = {"lenet": lenet, "mlp": mlp, "alexnet": alexnet}


def main() -> None:
    """Draw those that are named, or all."""
    PICTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or EXAMPLES:
        with tempfile.TemporaryDirectory(prefix=f"tutorial-{name}-") as folder:
            for key, picture in EXAMPLES[name](Path(folder)).items():
                assert picture is not None, key
                (PICTURES / f"{key}.svg").write_text(picture.alone(style("plot.css")) + "\n", encoding="utf-8")
                print(f"docs/pictures/{key}.svg")


if __name__ == "__main__":
    main()
