"""The whole way of `autofix fix` on an example, timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from studies.gpu import machine
from studies.gpu.trainings import EXAMPLES


def measure(caffe: Path, out: Path, name: str, device: str, seconds: float) -> dict[str, Any]:
    """Run ``autofix fix`` on an example for ``seconds`` at most, and tell how it went."""
    folder = out / f"fix-{name}-{device}"
    command = [
        *(sys.executable, "-m", "autofix", "fix", str(EXAMPLES / name / "solver.prototxt"), "--budget", "20"),
        *("--device", device, "--caffe", str(caffe), "--out", str(folder), "--timeout", str(seconds), "--json"),
    ]
    begun = time.time()
    with machine.watching() as busy:
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    took = time.time() - begun
    (out / f"fix-{name}-{device}.stderr").write_text(done.stderr)
    found = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return {
        "example": name,
        "device": device,
        "exit_code": done.returncode,
        "seconds": round(took, 1),
        "caffe_seconds": found.get("caffe_seconds"),
        "busy_percent": busy.share(begun, begun + took),
        "memory_mib": busy.peak,
        **{key: found.get(key) for key in ("verdict", "why", "trials_used", "iterations_run", "fix")},
        "trials": [
            {key: trial[key] for key in ("origin", "params", "verdict", "reason", "iterations", "seconds")}
            for trial in found.get("trials", [])
        ],
    }
