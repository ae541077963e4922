"""A machine without Caffe, as far as environment variables can make one."""

from __future__ import annotations

import os
from pathlib import Path


def no_caffe(folder: Path) -> dict[str, str]:
    """Return what to set in the environment so that no Caffe is found; ``folder`` takes a module that will not load."""
    (folder / "caffe.py").write_text('raise ImportError("hidden by a test")\n')
    folders = os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(name for name in folders if not (Path(name) / "caffe").exists())
    return {
        "PATH": path,
        "PYTHONPATH": str(folder),
        "CAFFE_ROOT": "",
        "XDG_CACHE_HOME": str(folder),
        "HOME": str(folder),
    }
