"""Draw the pictures of docs/tutorial.md anew, from real runs of the examples.

    python scripts/draw_tutorial.py [lenet] [mlp] [alexnet FOLDER]

The examples are repaired by Autofix as by a user, in a temporary folder; only docs/pictures changes. AlexNet takes over
an hour on a CPU, so its pictures come from a FOLDER in which it was repaired before.
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


def repaired(solver: Path, resume: bool = False) -> Drawings:
    """The plots of the report on a repair."""
    outcome, report = api.run(solver, listen=print, resume=resume)
    assert report.verdict == "fixed", report.why
    return draw(gather(outcome, report))


def lenet(folder: Path) -> dict[str, Picture | None]:
    """The loss before and after, and where it explodes."""
    drawn = repaired(prepare("lenet-raw-input", folder))
    return {
        "lenet-loss": drawn.loss.picture,
        "lenet-before": drawn.data[0].picture,
        "lenet-after": drawn.data[1].picture,
    }


def mlp(folder: Path) -> dict[str, Picture | None]:
    """The gradient that fades, and the gains that let it."""
    drawn = repaired(prepare("deep-mlp-vanishing", folder))
    return {
        "mlp-before": drawn.diff[0].picture,
        "mlp-after": drawn.diff[1].picture,
        "mlp-gains": drawn.gains.picture,
        "mlp-loss": drawn.loss.picture,
    }


def alexnet(folder: Path) -> dict[str, Picture | None]:
    """Learning that is not kept, and the proof of the fix."""
    drawn = repaired(folder / "solver.prototxt", resume=True)
    return {"alexnet-loss": drawn.loss.picture, "alexnet-gains": drawn.gains.picture}


QUICK: dict[str, Callable[[Path], dict[str, Picture | None]]] = {"lenet": lenet, "mlp": mlp}


def keep(pictures: dict[str, Picture | None]) -> None:
    """Write pictures into the manual."""
    PICTURES.mkdir(exist_ok=True)
    for key, picture in pictures.items():
        assert picture is not None, key
        (PICTURES / f"{key}.svg").write_text(picture.alone(style("plot.css")) + "\n", encoding="utf-8")
        print(f"docs/pictures/{key}.svg")


def main() -> None:
    """Draw those that are named, or all that are quick."""
    match sys.argv[1:]:
        case ["alexnet", folder]:
            keep(alexnet(Path(folder).resolve()))
        case names:
            for name in names or QUICK:
                with tempfile.TemporaryDirectory(prefix=f"tutorial-{name}-") as folder:
                    keep(QUICK[name](Path(folder)))


if __name__ == "__main__":
    main()
