"""Draw the pictures of docs/tutorial.md anew, from real runs of the examples.

    python scripts/draw_tutorial.py [lenet] [mlp]

The examples are repaired by Autofix as by a user. Everything happens in a temporary folder; only docs/pictures changes.
AlexNet is left out: on a CPU it takes hours.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from autofix import api
from autofix.report.drawings import Drawings, draw
from autofix.report.html import style
from autofix.report.page import gather
from autofix.report.plots import Picture

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


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


EXAMPLES: dict[str, Callable[[Path], dict[str, Picture | None]]] = {"lenet": lenet, "mlp": mlp}


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
